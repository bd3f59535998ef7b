/** What must hold for every codec: each law is an assertion that takes a codec and throws where the law is broken. */
import assert from 'node:assert/strict'
import { type Codec, decode, encode, openEnded, TlsAlert } from '@biopair/wire'
import fc from 'fast-check'
import { arbitraryOf } from './arbitrary.ts'
import { brokenOf, looseEncode } from './loose.ts'

/** What is written can be read, and is what the shape says; reading leaves the input alone and keeps no view of it. */
export function writtenCanBeRead(codec: Codec<unknown>, numRuns = 50): void {
  fc.assert(
    fc.property(arbitraryOf(codec), value => {
      const bytes = encode(codec, value)
      assert.deepEqual(bytes, looseEncode(codec.shape, value))
      const input = bytes.slice()
      const read = decode(codec, input)
      input.fill(0xff)
      assert.deepEqual(read, value)
    }),
    { numRuns },
  )
}

/** Every bound is refused just below and just above, by reader and writer. Returns how many readings were refused. */
export function boundsHold(codec: Codec<unknown>): number {
  const broken = brokenOf(codec.shape)
  for (const { where, value, reads, writes } of broken) {
    if (reads)
      assert.throws(() => decode(codec, looseEncode(codec.shape, value)), isDecodeError, where)
    if (writes) assert.throws(() => encode(codec, value), { code: 'ERR_OUT_OF_RANGE' }, where)
  }
  return broken.filter(({ reads }) => reads).length
}

/** Cut after any byte, an encoding is a `decode_error`, or, of an open-ended shape, exactly a shorter value. */
export function truncationIsRefused(codec: Codec<unknown>, numRuns = 8): void {
  fc.assert(
    fc.property(arbitraryOf(codec), value => {
      const bytes = encode(codec, value)
      for (let length = 0; length < bytes.length; length++) {
        const part = bytes.subarray(0, length)
        const read = attempt(codec, part)
        if (read instanceof TlsAlert) assert.equal(read.alert, 'decode_error')
        else {
          assert.ok(openEnded(codec.shape), `accepted ${length} of ${bytes.length} bytes`)
          assert.deepEqual(encode(codec, read.value), part)
        }
      }
    }),
    { numRuns },
  )
}

/** A byte more than a value is a `decode_error`, unless the shape takes all that is left. */
export function trailingBytesAreRefused(codec: Codec<unknown>, numRuns = 20): void {
  fc.assert(
    fc.property(
      arbitraryOf(codec),
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      (value, more) => {
        const bytes = encode(codec, value)
        const longer = Uint8Array.of(...bytes, ...more)
        const read = attempt(codec, longer)
        if (read instanceof TlsAlert) assert.equal(read.alert, 'decode_error')
        else {
          assert.ok(openEnded(codec.shape), 'accepted trailing bytes')
          assert.deepEqual(encode(codec, read.value), longer)
        }
      },
    ),
    { numRuns },
  )
}

/** Whatever comes, nothing but a `TlsAlert` is thrown; what is accepted is written back byte for byte. */
export function anythingIsJudged(codec: Codec<unknown>, numRuns = 100): void {
  const noise = fc.uint8Array({ maxLength: 200, size: 'max' })
  const almost = fc
    .tuple(arbitraryOf(codec), fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([value, at, flip]) => {
      const bytes = encode(codec, value)
      const place = at % Math.max(1, bytes.length)
      return bytes.map((byte, i) => (i === place ? byte ^ flip : byte))
    })
  fc.assert(
    fc.property(fc.oneof(noise, almost), bytes => {
      const read = attempt(codec, bytes)
      if (!(read instanceof TlsAlert)) assert.deepEqual(encode(codec, read.value), bytes)
    }),
    { numRuns },
  )
}

function attempt(codec: Codec<unknown>, bytes: Uint8Array): TlsAlert | { readonly value: unknown } {
  try {
    return { value: decode(codec, bytes) }
  } catch (error) {
    if (error instanceof TlsAlert) return error
    throw error
  }
}

function isDecodeError(error: unknown): boolean {
  return (
    error instanceof TlsAlert &&
    error.alert === 'decode_error' &&
    error.reason === 'DECODE_ERROR' &&
    error.section === '6.2'
  )
}
