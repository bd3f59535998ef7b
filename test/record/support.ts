/** What the tests of the record layer share: secrets, both ends of a key, feeding bytes in pieces, naming alerts. */
import { type CipherSuiteName, cipherSuites, type TrafficSecret } from '@biopair/crypto'
import {
  type ContentTypeName,
  type RecordCrypto,
  type RecordReader,
  RecordWriter,
  type RecordWriterOptions,
  readProtection13,
  type Sequence,
  writeProtection13,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { standIn } from './stand-in.ts'

export const suiteNames = Object.keys(cipherSuites) as CipherSuiteName[]

/** A traffic secret made of a number. */
export function secretOf(seed: number, name: CipherSuiteName = suiteNames[0] as CipherSuiteName) {
  const suite = cipherSuites[name]
  const { length } = standIn.hashes[suite.hash]
  return {
    suite,
    secret: Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7 + 1) & 0xff),
  } satisfies TrafficSecret
}

export function reading(seed: number, crypto: RecordCrypto = standIn, first?: Sequence) {
  return readProtection13(secretOf(seed), crypto, first)
}

export function writing(seed: number, crypto: RecordCrypto = standIn, first?: Sequence) {
  return writeProtection13(secretOf(seed), crypto, first)
}

/** A writer that seals under the key of `seed`. */
export function writerOf(seed: number, options?: RecordWriterOptions): RecordWriter {
  const writer = new RecordWriter(options)
  writer.protect(writing(seed))
  return writer
}

/** Everything that waits in the queue, taken. */
export function drain(writer: RecordWriter): Uint8Array<ArrayBuffer> {
  const bytes = writer.pending().slice()
  writer.sent(bytes.length)
  return bytes
}

/** One record in the clear. */
export function record(type: number, body: Uint8Array | number[], version = 0x0303) {
  const length = body.length
  return Uint8Array.of(type, version >> 8, version & 255, length >> 8, length & 255, ...body)
}

export interface Seen {
  readonly type: ContentTypeName
  readonly content: string
}

/** Feeds `bytes` in pieces of the given sizes, over and over, one way or the other, and says what came out. */
export function feed(
  reader: RecordReader,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
  way: 'offer' | 'room' | 'both' = 'offer',
): Seen[] {
  const seen: Seen[] = []
  let at = 0
  for (let turn = 0; ; turn++) {
    for (let opened = reader.next(); opened !== undefined; opened = reader.next())
      seen.push({ type: opened.type, content: Buffer.from(opened.fragment).toString('hex') })
    if (at >= bytes.length) return seen
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    const rooms = way === 'room' || (way === 'both' && turn % 2 === 1)
    if (rooms) {
      const room = reader.room()
      const count = Math.min(size, room.length, bytes.length - at)
      room.set(bytes.subarray(at, at + count))
      reader.filled(count)
      at += count
    } else {
      // A lent run: a copy, so that writing to it or reading it later would show.
      const run = new Uint8Array(bytes.subarray(at, at + size))
      const before = run.slice()
      at += reader.offer(run)
      if (Buffer.compare(run, before) !== 0) throw new Error('the lent run was changed')
      run.fill(0xee)
    }
  }
}

/** Asserts that feeding throws this alert for this reason, from `next`, then and again; nothing is wanted from then on. */
export function refuses(
  t: ExecutionContext,
  reader: RecordReader,
  bytes: Uint8Array,
  alert: string,
  reason: string,
): TlsAlert | undefined {
  const error = t.throws(() => feed(reader, bytes), { instanceOf: TlsAlert })
  t.is(error?.alert, alert as TlsAlert['alert'])
  t.is(error?.reason, reason)
  t.is(reader.wanted, 0)
  t.is(reader.offer(Uint8Array.of(22)), 0)
  t.is(reader.room().length, 0)
  t.is(
    t.throws(() => reader.next()),
    error,
  )
  return error
}

export const slices = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
  fc.array(fc.integer({ min: 1, max: 20000 }), { minLength: 1, maxLength: 8 }),
)

export const ways = fc.constantFrom('offer', 'room', 'both') satisfies fc.Arbitrary<
  'offer' | 'room' | 'both'
>

export function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 8) + seed) & 0xff)
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
