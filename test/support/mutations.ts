/** Streams that are changed one bit, byte or end at a time, and what an end that hears them may answer. */
import { TlsAlert } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import type { RecordedEnd, Replayed } from './recorded-handshake.ts'

/** A changed stream, and where it was changed. */
export interface Mutation {
  /** The byte that was changed, or the first that is not what it was. */
  readonly at: number
  readonly how: string
  readonly bytes: Uint8Array
  /** Whether the RFC has us ignore the change: the result is the original's. */
  readonly ignored: boolean
}

/** A record of a stream: where its header stands, how long it is with it, and whether it is in the clear. */
export interface RecordAt {
  readonly at: number
  readonly length: number
  readonly clear: boolean
}

/** The records of a stream. Protected are those of application data in TLS 1.3, and all behind change_cipher_spec in TLS 1.2. */
export function recordsOf(stream: Uint8Array, version: Version): readonly RecordAt[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length)
  const records: RecordAt[] = []
  let changed = false
  for (let at = 0; at < stream.length; ) {
    const length = 5 + view.getUint16(at + 3)
    const clear = version === 'TLSv1.2' ? !changed : stream[at] !== 23
    records.push({ at, length, clear })
    if (stream[at] === 20) changed = true
    at += length
  }
  return records
}

export type Version = 'TLSv1.2' | 'TLSv1.3'

/**
 * RFC 9846 §5.1: legacy_record_version "MUST be ignored for all purposes". That of a protected record is additional data
 * (§5.2), so it is not to be changed; and the first byte of a connection has to look like TLS.
 */
export function ignoredOffsets(stream: Uint8Array, version: Version): ReadonlySet<number> {
  const ignored = new Set<number>()
  for (const { at, clear } of recordsOf(stream, version)) {
    if (!clear) continue
    if (at > 0) ignored.add(at + 1)
    ignored.add(at + 2)
  }
  return ignored
}

/** Each bit that `bits` names. The bytes are the same array each time. */
export function* flips(
  stream: Uint8Array,
  bits: (at: number) => readonly number[],
  version: Version = 'TLSv1.3',
): Iterable<Mutation> {
  const ignored = ignoredOffsets(stream, version)
  const bytes = stream.slice()
  for (let at = 0; at < stream.length; at++)
    for (const bit of bits(at)) {
      bytes[at] = (stream[at] as number) ^ (1 << bit)
      yield { at, how: `bit ${bit} of byte ${at} flipped`, bytes, ignored: ignored.has(at) }
      bytes[at] = stream[at] as number
    }
}

/** Each byte twice. */
export function* doubles(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++) {
    const bytes = new Uint8Array(stream.length + 1)
    bytes.set(stream.subarray(0, at + 1))
    bytes.set(stream.subarray(at), at + 1)
    // RFC 9846 §6.1: data after a closure alert is ignored, and close_notify is the last word here. The stream is as it was,
    // and a byte longer, where every byte from here to its end is the same: one time in 256 the last two are.
    const ignored = stream.subarray(at).every(byte => byte === stream[at])
    yield { at, how: `byte ${at} doubled`, bytes, ignored }
  }
}

/** Each byte gone. */
export function* removals(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++) {
    const bytes = new Uint8Array(stream.length - 1)
    bytes.set(stream.subarray(0, at))
    bytes.set(stream.subarray(at + 1), at)
    yield { at, how: `byte ${at} removed`, bytes, ignored: false }
  }
}

/** An end at each byte. */
export function* cuts(stream: Uint8Array): Iterable<Mutation> {
  for (let at = 0; at < stream.length; at++)
    yield { at, how: `cut at ${at}`, bytes: stream.subarray(0, at), ignored: false }
}

/** What is wrong with the result of a mutation; undefined where nothing is. */
function fault(result: Replayed, original: Replayed, ignored: boolean): string | undefined {
  if (!original.data.startsWith(result.data)) return `altered data was accepted: ${result.data}`
  if (ignored) {
    const same =
      result.status === original.status &&
      result.data === original.data &&
      result.facts === original.facts
    return same ? undefined : `expected the original result, got ${describe(result)}`
  }
  if (result.status === 'truncated') return undefined
  const { error } = result
  if (error instanceof TlsAlert && error.alert !== 'internal_error') return undefined
  return `expected a TlsAlert or a truncation, got ${describe(result)}`
}

function describe({ status, error, data }: Replayed): string {
  return `${status} ${error ?? ''} ${data}`
}

/** One in `n`. */
export function* every(n: number, mutations: Iterable<Mutation>): Iterable<Mutation> {
  let i = 0
  for (const mutation of mutations) if (i++ % n === 0) yield mutation
}

/** Replays each mutation and checks its result; answers how often each came. `due` says more about the alert, where it is known. */
export function judge(
  t: ExecutionContext,
  end: RecordedEnd,
  mutations: Iterable<Mutation>,
  due: (mutation: Mutation) => RegExp | undefined = () => undefined,
): Record<string, number> {
  t.timeout(60_000)
  const seen: Record<string, number> = {}
  const faults: string[] = []
  for (const mutation of mutations) {
    const { how, bytes, ignored } = mutation
    let result: Replayed
    try {
      result = end.replay(bytes)
    } catch (error) {
      faults.push(`${how}: ${error instanceof Error ? error.stack : error} was thrown`)
      continue
    }
    const wrong = fault(result, end.original, ignored)
    if (wrong !== undefined) faults.push(`${how}: ${wrong}`)
    const { error } = result
    const name = error instanceof TlsAlert ? `${error.origin} ${error.alert}` : result.status
    seen[name] = (seen[name] ?? 0) + 1
    const expected = ignored ? undefined : due(mutation)
    if (expected && !expected.test(name)) faults.push(`${how}: ${name} instead of ${expected}`)
  }
  t.log(seen)
  t.deepEqual(faults.slice(0, 10), [])
  return seen
}

/** Every bit of a byte. */
export const everyBit = (): readonly number[] => [0, 1, 2, 3, 4, 5, 6, 7]
