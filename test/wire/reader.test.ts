import { Reader, TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'

const sample = Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a)

test('numbers are big-endian and unsigned', t => {
  const from = new Reader(Uint8Array.of(...sample, 0xff, 0xfe, 0xfd, 0xfc))
  t.is(from.uint8(), 0x01)
  t.is(from.uint16(), 0x0203)
  t.is(from.uint24(), 0x040506)
  t.is(from.uint32(), 0x0708090a)
  t.is(from.uint32(), 0xfffefdfc)
  t.is(from.left, 0)
})

test('a reader reads the same of a view as of a whole array', t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10 }), fc.nat(20), (bytes, shift) => {
      const shifted = new Uint8Array(bytes.length + shift)
      shifted.set(bytes, shift)
      const ones = [new Reader(bytes), new Reader(shifted.subarray(shift))].map(from => [
        from.uint32(),
        from.uint24(),
        from.uint16(),
        from.uint8(),
        from.take(from.left),
      ])
      t.deepEqual(ones[0], ones[1])
    }),
  )
})

test('take lends a view, copy gives bytes of its own', t => {
  const bytes = sample.slice()
  const from = new Reader(bytes)
  const lent = from.take(2)
  const copied = from.copy(2)
  bytes.fill(0)
  t.deepEqual(lent, Uint8Array.of(0, 0))
  t.deepEqual(copied, Uint8Array.of(3, 4))
})

test('what is taken and copied of a Buffer are plain arrays', t => {
  const from = new Reader(Buffer.from(sample))
  t.is(Object.getPrototypeOf(from.take(2)), Uint8Array.prototype)
  const copied = from.copy(2)
  t.is(Object.getPrototypeOf(copied), Uint8Array.prototype)
  t.is(copied.buffer.byteLength, 2)
})

test('a sub-reader ends where it was told, and its reader goes on behind it', t => {
  const from = new Reader(sample)
  const inner = from.sub(3)
  t.is(from.offset, 3)
  t.is(from.uint8(), 4)
  t.is(inner.left, 3)
  t.is(inner.uint24(), 0x010203)
  t.throws(() => inner.uint8(), { instanceOf: TlsAlert })
  t.notThrows(() => inner.finish())
})

test('every reading beyond the end is a decode_error that says what, how much and where', t => {
  const readings: [string, (from: Reader) => unknown][] = [
    ['1 byte', from => from.uint8()],
    ['2 bytes', from => from.uint16()],
    ['3 bytes', from => from.uint24()],
    ['4 bytes', from => from.uint32()],
    ['5 bytes', from => from.take(5)],
    ['5 bytes', from => from.copy(5)],
    ['5 bytes', from => from.sub(5)],
  ]
  for (const [wanted, read] of readings) {
    const from = new Reader(sample, 10, 10)
    from.field = 'random'
    const error = t.throws(() => read(from), { instanceOf: TlsAlert })
    t.is(error.alert, 'decode_error')
    t.is(error.reason, 'DECODE_ERROR')
    t.is(error.section, '6.2')
    t.is(error.why, `expected ${wanted} for random, got 0, at offset 10`)
  }
})

test('a huge length is refused before memory is asked for', t => {
  t.throws(() => new Reader(sample).copy(2 ** 40), { instanceOf: TlsAlert })
})

test('finish refuses bytes that are left', t => {
  const from = new Reader(sample)
  from.field = 'extensions'
  from.take(8)
  const error = t.throws(() => from.finish(), { instanceOf: TlsAlert })
  t.is(error.why, 'expected the end after extensions, got 2 more bytes, at offset 8')
})
