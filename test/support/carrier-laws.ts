/**
 * What every carrier has to keep, by itself and with TLS over it, whatever it carries bytes with: laws as plain async functions that throw, for any
 * test runner.
 */
import {
  type ByteCarrier,
  type ClientOptions,
  type ServerOptions,
  SslStream,
  sslFor,
  type Timers,
} from '@biopair/ssl/stream'

/** Two carriers that are each other's other side. */
export interface CarrierPair {
  readonly near: ByteCarrier
  readonly far: ByteCarrier
  /** The most bytes that the near one takes while nothing is taken of it. */
  readonly bound: number
  /** Makes nothing be taken of the near one; a carrier that its reader slows down needs none, as then nobody reads the far one. */
  readonly stall?: () => void
  /** Breaks what is below both, where that can be done: both sides then have this error as their cause. */
  readonly cut?: (error: Error) => void
  /** Whether a side can tell the other that it gave up: true unless given. */
  readonly tells?: boolean
}

/** Whom to believe and who to be. */
export interface CarrierIdentity {
  readonly client: ClientOptions
  readonly server: ServerOptions
}

export interface CarrierLaw {
  readonly title: string
  readonly keep: () => Promise<void>
}

export function carrierLaws(
  make: () => CarrierPair | Promise<CarrierPair>,
  identity: CarrierIdentity,
): readonly CarrierLaw[] {
  const law = (title: string, keep: (pair: CarrierPair) => Promise<void>): CarrierLaw => ({
    title,
    keep: async () => {
      const pair = await make()
      try {
        await keep(pair)
      } finally {
        for (const side of [pair.near, pair.far]) side.abort(new Error('the law is over'))
      }
    },
  })
  const ends = ({ near, far }: CarrierPair, more: Partial<CarrierIdentity> = {}) => ({
    client: over('client', near, { ...identity.client, ...more.client }),
    server: over('server', far, { ...identity.server, ...more.server }),
  })
  return [
    law(
      'what one side writes, the other reads: all of it, in order, both ways at once',
      async ({ near, far }) => {
        const [there, back] = [pieces(1), pieces(2)]
        await within(
          Promise.all([
            writeAll(near, there),
            writeAll(far, back),
            same(take(far, length(there)), there),
            same(take(near, length(back)), back),
          ]),
        )
      },
    ),
    law('a side that is closed gives all that was written, then an end', async ({ near, far }) => {
      const said = pieces(3)
      const heard = within(takeAll(far))
      await within(writeAll(near, said))
      await within(near.close())
      await same(heard, said)
      await within(far.close())
    }),
    law('a side that gives up ends the other one, with an error where it can tell', async pair => {
      const { near, far, tells = true } = pair
      const heard = settled(within(far.read()))
      near.abort(new Error('enough'))
      const { status } = await heard
      expect(!tells || status === 'rejected', 'the other side hears of an error')
    }),
    law('a call never runs what waits for another one', async ({ near, far }) => {
      const order: string[] = []
      const heard = within(far.read()).then(() => order.push('read'))
      const said = within(near.write(Uint8Array.of(1))).then(() => order.push('written'))
      order.push('returned')
      await Promise.all([heard, said])
      expect(order[0] === 'returned', `the call returned first: ${order}`)
    }),
    law('writes wait while nothing is taken: no more is held than was said', async pair => {
      const { near, far, bound, stall } = pair
      stall?.()
      const piece = 8192
      let taken = 0
      const writing = async () => {
        for (;;) {
          await near.write(new Uint8Array(piece))
          taken += piece
          if (taken > 64 * bound) return
        }
      }
      const all = settled(writing())
      await quiet(() => taken)
      expect(taken <= bound + piece, `at most ${bound} bytes and a write, got ${taken}`)
      near.abort(new Error('enough'))
      far.abort(new Error('enough'))
      await within(all)
    }),
    law(
      'TLS over it carries both ways at once, and half-close leaves the other way open',
      async pair => {
        const { client, server } = ends(pair)
        const [there, back] = [pieces(4), pieces(5)]
        await within(Promise.all([client.opened, server.opened]))
        const answer = async () => {
          await same(readAll(server), there)
          for (const piece of back) await server.write(piece)
          await server.end()
        }
        const ask = async () => {
          for (const piece of there) await client.write(piece)
          await client.end()
          await same(readAll(client), back)
        }
        await within(Promise.all([answer(), ask()]))
        await within(Promise.all([client.closed, server.closed]))
        expect((await client.read()) === null, 'a clean end stays one')
      },
    ),
    law('TLS over it says which alert ended the handshake, on both sides', async pair => {
      const { client, server } = ends(pair, {
        client: { ...identity.client, servername: 'x.test' },
      })
      const [ours, theirs] = await within(
        Promise.all([reason(client.opened), reason(server.opened)]),
      )
      expect(name(ours) === 'bad_certificate sent', `our own alert, got ${name(ours)}`)
      expect(name(theirs) === 'bad_certificate received', `the peer's alert, got ${name(theirs)}`)
      for (const end of [client, server]) {
        await within(settled(end.closed))
        await failed(end.read())
        await failed(end.write(Uint8Array.of(1)))
      }
    }),
    law('a carrier that ends without close_notify has cut what TLS carried', async pair => {
      const { near, muted, mute } = mutable(pair.near)
      const { client, server } = ends({ ...pair, near: muted })
      await within(Promise.all([client.opened, server.opened]))
      await within(client.write(Uint8Array.of(1, 2, 3)))
      const first = await within(server.read())
      expect(first?.length === 3, 'what came before is read')
      mute()
      await within(near.close())
      const error = await within(reason(server.read()))
      const { code } = error as { code?: unknown }
      expect(code === 'ERR_TRUNCATED' || code === 'ERR_CARRIER_BROKEN', `cut, got ${error}`)
      await failed(within(server.closed))
      await failed(within(server.write(Uint8Array.of(1))))
      client.abort()
    }),
    ...(['before', 'during', 'after'] as const).map(when =>
      law(
        `giving up ${when} the handshake ends everything that waits, on both sides`,
        async pair => {
          const controller = new AbortController()
          const enough = new Error('enough')
          if (when === 'before') controller.abort(enough)
          const signal = controller.signal
          const { client, server } = ends(pair, { client: { ...identity.client, signal } })
          if (when === 'after') await within(Promise.all([client.opened, server.opened]))
          const waiting: Promise<unknown>[] = [
            client.read(),
            client.closed,
            ...(when === 'after' ? [] : [client.opened]),
          ]
          const there: Promise<unknown>[] = [server.read(), server.closed]
          controller.abort(enough)
          for (const each of waiting)
            expect(
              (await within(reason(each))) === enough,
              'it rejects with the reason of the signal',
            )
          for (const each of there) await failed(within(each))
          await failed(client.write(Uint8Array.of(1)))
        },
      ),
    ),
    law(
      'nothing is delivered after close, and what was written before still arrives',
      async pair => {
        const { client, server } = ends(pair)
        await within(Promise.all([client.opened, server.opened]))
        const said = pieces(6)
        const heard = readAll(server)
        for (const piece of said) await within(client.write(piece))
        const waiting = reason(client.read())
        const closing = client.close()
        void settled(server.write(new Uint8Array(1000)))
        const { code } = (await within(waiting)) as { code?: unknown }
        expect(code === 'ERR_CLOSED', `a reader that waited hears of it, got ${code}`)
        await same(heard, said)
        await within(closing)
        await failed(client.read())
        await failed(client.write(Uint8Array.of(1)))
        await within(settled(server.close()))
      },
    ),
    law('both sides may close at the same moment', async pair => {
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      await within(Promise.all([client.write(Uint8Array.of(1)), server.read()]))
      // Nothing is said for a while, so that both begin with the same step.
      await quiet(() => client.buffered.writing + server.buffered.writing)
      await within(Promise.all([client.close(), server.close()]))
    }),
    law('TLS over it holds no more than its bounds while nobody reads', async pair => {
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      pair.stall?.()
      let taken = 0
      const most = 4 * (pair.bound + 4 * 65_536)
      const writing = async () => {
        for (; taken < most; taken += 8192) await client.write(new Uint8Array(8192))
      }
      const all = settled(writing())
      await quiet(() => taken)
      const bound = pair.bound + 65_536 * 3 + 16_384 * 4
      expect(taken <= bound, `at most ${bound} bytes were accepted, got ${taken}`)
      expect(client.buffered.writing <= 65_536 * 2, `held ${client.buffered.writing}`)
      expect(server.buffered.reading <= 65_536 + 16_384 * 2, `held ${server.buffered.reading}`)
      client.abort()
      server.abort()
      await within(all)
    }),
    law('what breaks below reaches reader and writer, with its cause', async pair => {
      if (!pair.cut) return
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      const waiting = [client.read(), server.read(), client.closed, server.closed]
      const cut = new Error('cut')
      pair.cut(cut)
      for (const each of waiting) {
        const error = (await within(reason(each))) as { code?: unknown; cause?: unknown }
        expect(error.code === 'ERR_CARRIER_BROKEN', `a broken carrier, got ${error}`)
        expect(error.cause === cut, `its cause, got ${error.cause}`)
      }
      await failed(client.write(Uint8Array.of(1)))
      await failed(server.write(Uint8Array.of(1)))
    }),
  ]
}

const timers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: timer => clearTimeout(timer as ReturnType<typeof setTimeout>),
}

function over(role: 'client', carrier: ByteCarrier, options: ClientOptions): SslStream
function over(role: 'server', carrier: ByteCarrier, options: ServerOptions): SslStream
function over(role: 'client' | 'server', carrier: ByteCarrier, options: object): SslStream {
  const { ssl, stream } = sslFor(role as 'client', options)
  return new SslStream(ssl, () => carrier, stream, timers)
}

/** A carrier that can be taken out of its program's hands, so that what is below can be ended without a word. */
function mutable(near: ByteCarrier) {
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
function pieces(seed: number): readonly Uint8Array<ArrayBuffer>[] {
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

function length(list: readonly Uint8Array[]): number {
  return list.reduce((sum, piece) => sum + piece.length, 0)
}

async function writeAll(
  carrier: ByteCarrier,
  list: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  // What is written is the carrier's to keep, or to hand over.
  for (const piece of list) await carrier.write(piece.slice())
}

/** So many bytes of a carrier. */
async function take(carrier: ByteCarrier, most: number): Promise<readonly Uint8Array[]> {
  const list: Uint8Array[] = []
  for (let got = 0; got < most; ) {
    const bytes = await carrier.read()
    if (bytes === null) throw new Error(`it ended after ${got} of ${most} bytes`)
    list.push(bytes.slice())
    got += bytes.length
  }
  return list
}

async function takeAll(carrier: {
  read(): Promise<Uint8Array | null>
}): Promise<readonly Uint8Array[]> {
  const list: Uint8Array[] = []
  for (;;) {
    const bytes = await carrier.read()
    if (bytes === null) return list
    list.push(bytes.slice())
  }
}

function readAll(stream: SslStream): Promise<readonly Uint8Array[]> {
  return within(takeAll(stream))
}

async function same(
  got: readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
  expected: readonly Uint8Array[],
): Promise<void> {
  const [a, b] = [joined(await got), joined(expected)]
  expect(a.length === b.length, `${b.length} bytes, got ${a.length}`)
  expect(
    a.every((byte, at) => byte === b[at]),
    'the same bytes',
  )
}

function joined(list: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(length(list))
  let at = 0
  for (const piece of list) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

function name(error: unknown): string {
  const { alert, origin } = error as { alert?: string; origin?: string }
  return alert === undefined ? String(error) : `${alert} ${origin}`
}

/** What a promise rejects with. */
async function reason(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await settled(promise)
  if (outcome.status === 'rejected') return outcome.reason
  throw new Error(`expected a rejection, got ${outcome.value}`)
}

async function failed(promise: Promise<unknown>): Promise<void> {
  await reason(promise)
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([promise])
  return outcome
}

/** A promise that does not settle is a failure, and not a test that hangs. */
async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing happened for 20 seconds')), 20_000)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Until a number has stood still for a while. */
async function quiet(number: () => number): Promise<void> {
  for (let before = -1; before !== number(); ) {
    before = number()
    await new Promise(resolve => setTimeout(resolve, 60))
  }
}

function expect(truth: boolean, what: string): void {
  if (!truth) throw new Error(`expected ${what}`)
}
