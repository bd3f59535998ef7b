/** What the laws of carriers are said with: bytes to say, ways to wait for them, and what promises come to. */
import type { ByteCarrier, SslStream, Timers } from '@biopair/ssl/stream'
import { joinedBytes } from '../joined-bytes.ts'
import { expect } from './law.ts'

/** A carrier that can be taken out of its program's hands, so that what is below can be ended without a word. */
export function mutable(near: ByteCarrier) {
  let silent = false
  const never = new Promise<never>(() => {})
  const muted: ByteCarrier = {
    read: () => near.read().then(bytes => (silent ? never : bytes)),
    write: bytes => (silent ? never : near.write(bytes)),
    close: () => (silent ? Promise.resolve() : near.close()),
    abort: reason => {
      if (!silent) near.abort(reason)
    },
  }
  const mute = () => {
    silent = true
  }
  return { near, muted, mute }
}

/** Pieces of many lengths, whose bytes differ from place to place. */
export function pieces(seed: number): readonly Uint8Array<ArrayBuffer>[] {
  let state = seed
  const next = (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % most
  }
  return [
    1,
    5,
    100,
    20_000,
    1,
    70_000,
    3000,
    ...Array.from({ length: 8 }, () => 1 + next(30_000)),
  ].map(size => Uint8Array.from({ length: size }, () => next(256)))
}

export function length(list: readonly Uint8Array[]): number {
  return list.reduce((sum, piece) => sum + piece.length, 0)
}

export async function writeAll(
  carrier: ByteCarrier,
  list: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  // What is written is the carrier's to keep, or to hand over.
  for (const piece of list) await carrier.write(piece.slice())
}

/** So many bytes of a carrier. */
export async function take(carrier: ByteCarrier, most: number): Promise<readonly Uint8Array[]> {
  const list: Uint8Array[] = []
  for (let got = 0; got < most; ) {
    const bytes = await carrier.read()
    if (bytes === null) throw new Error(`it ended after ${got} of ${most} bytes`)
    list.push(bytes.slice())
    got += bytes.length
  }
  return list
}

export async function takeAll(carrier: {
  read(): Promise<Uint8Array | null>
}): Promise<readonly Uint8Array[]> {
  const list: Uint8Array[] = []
  for (;;) {
    const bytes = await carrier.read()
    if (bytes === null) return list
    list.push(bytes.slice())
  }
}

export function readAll(stream: SslStream): Promise<readonly Uint8Array[]> {
  return takeAll(stream)
}

export async function same(
  got: readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
  expected: readonly Uint8Array[],
): Promise<void> {
  const [a, b] = [joinedBytes(await got), joinedBytes(expected)]
  expect(a.length === b.length, `${b.length} bytes, got ${a.length}`)
  expect(
    a.every((byte, at) => byte === b[at]),
    'the same bytes',
  )
}

export function name(error: unknown): string {
  const { alert, origin } = error as { alert?: string; origin?: string }
  return alert === undefined ? String(error) : `${alert} ${origin}`
}

/** What a promise rejects with. */
export async function reason(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await settled(promise)
  if (outcome.status === 'rejected') return outcome.reason
  throw new Error(`expected a rejection, got ${outcome.value}`)
}

export async function failed(promise: Promise<unknown>): Promise<void> {
  await reason(promise)
}

export async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([promise])
  return outcome
}

/** Something did not settle for as long as it was waited for. */
export class Late extends Error {}

/** Waiting with somebody's timers: a promise that does not settle is a failure, and not a test that hangs. */
export function waitingWith({ set, clear }: Timers) {
  const pause = (milliseconds: number) =>
    new Promise<void>(resolve => {
      set(resolve, milliseconds)
    })
  return {
    pause,

    /** Who does not wait for it is not told, and no runner of an unhandled rejection. */
    within<T>(promise: Promise<T>, what?: string, patience = 20_000): Promise<T> {
      let timer: unknown
      const why =
        what === undefined
          ? `nothing happened for ${patience / 1000} seconds`
          : `expected ${what}, and nothing happened for ${patience / 1000} seconds`
      const late = new Promise<never>((_, reject) => {
        timer = set(() => reject(new Late(why)), patience)
      })
      const first = Promise.race([promise, late]).finally(() => clear(timer))
      first.catch(() => {})
      return first
    },

    /** Until a number has stood still for a while. */
    async quiet(number: () => number): Promise<void> {
      for (let before = -1; before !== number(); ) {
        before = number()
        await pause(60)
      }
    },
  }
}

/** The platform's timers. */
export function timersHere(): Timers {
  const { setTimeout, clearTimeout } = globalThis as unknown as {
    setTimeout?: Timers['set']
    clearTimeout?: Timers['clear']
  }
  if (!setTimeout || !clearTimeout)
    throw new TypeError('carrierLaws: there are no timers here; give some')
  return {
    set: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clear: timer => clearTimeout(timer),
  }
}

/** A signal and whoever gives it, where nobody needs to wait for the event loop. */
export function givingUp() {
  const listeners = new Set<() => void>()
  let given: { readonly reason: unknown } | undefined
  return {
    abort(reason: unknown) {
      if (given) return
      given = { reason }
      for (const listener of listeners) listener()
    },
    signal: {
      get aborted() {
        return given !== undefined
      },
      get reason() {
        return given?.reason
      },
      addEventListener(_type: 'abort', listener: () => void) {
        listeners.add(listener)
      },
      removeEventListener(_type: 'abort', listener: () => void) {
        listeners.delete(listener)
      },
      throwIfAborted() {
        if (given) throw given.reason
      },
    },
  }
}
