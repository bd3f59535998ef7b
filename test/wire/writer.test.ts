import { Reader, Writer } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'

test('what a writer writes, a reader reads', t => {
  const width = fc.constantFrom(1, 2, 3, 4)
  const number = width.chain(width =>
    fc.record({
      width: fc.constant(width),
      value: fc.integer({ min: 0, max: 2 ** (8 * width) - 1 }),
    }),
  )
  fc.assert(
    fc.property(fc.array(number), fc.uint8Array(), fc.nat(8), (numbers, bytes, capacity) => {
      const to = new Writer(capacity)
      for (const { width, value } of numbers) to.uint(width, value)
      to.bytes(bytes)
      const from = new Reader(to.finish())
      for (const { width, value } of numbers) t.is(from.uint(width), value)
      t.deepEqual(from.copy(from.left), Uint8Array.from(bytes))
    }),
  )
})

test('a block is preceded by its length, also inside another', t => {
  const to = new Writer(1)
  const length = to.block(3, () => {
    to.uint8(7)
    to.block(2, () => to.bytes(Uint8Array.of(1, 2, 3)))
    to.block(1, () => {})
  })
  t.is(length, 7)
  t.deepEqual(to.finish(), Uint8Array.of(0, 0, 7, 7, 0, 3, 1, 2, 3, 0))
})

test('a number that does not fit its field is a RangeError with a stable code, and names the field', t => {
  const wrong = [-1, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY]
  for (const value of wrong) {
    const to = new Writer()
    to.field = 'new_session_count'
    const error = t.throws(() => to.uint8(value), {
      instanceOf: RangeError,
      code: 'ERR_OUT_OF_RANGE',
    })
    t.is(error.message, `new_session_count is a uint8, got ${value}`)
  }
  for (const [width, write] of [
    [2, (to: Writer, value: number) => to.uint16(value)],
    [3, (to: Writer, value: number) => to.uint24(value)],
    [4, (to: Writer, value: number) => to.uint32(value)],
  ] as const) {
    t.notThrows(() => write(new Writer(), 2 ** (8 * width) - 1))
    t.throws(() => write(new Writer(), 2 ** (8 * width)), { code: 'ERR_OUT_OF_RANGE' })
  }
})

test('a block too long for its length is a RangeError that names the block', t => {
  const to = new Writer()
  to.field = 'ticket_nonce'
  t.throws(
    () =>
      to.block(1, () => {
        to.field = 'something inside'
        to.bytes(new Uint8Array(256))
      }),
    { instanceOf: RangeError, message: 'ticket_nonce is a uint8, got 256' },
  )
})

test('what is not bytes is a TypeError', t => {
  const to = new Writer()
  to.field = 'cookie'
  t.throws(() => to.bytes('text' as unknown as Uint8Array), {
    instanceOf: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'cookie is a Uint8Array, got string',
  })
})

test('finish gives a copy: writing on does not change it', t => {
  const to = new Writer()
  to.uint16(0x0102)
  const bytes = to.finish()
  to.uint8(3)
  t.deepEqual(bytes, Uint8Array.of(1, 2))
  t.is(bytes.buffer.byteLength, 2)
  t.is(to.length, 3)
})
