import {
  type Codec,
  type Decoded,
  decode,
  empty,
  encode,
  enumerated,
  fixed,
  leastLength,
  named,
  opaque,
  openEnded,
  optionalTail,
  prefixWidth,
  rest,
  struct,
  TlsAlert,
  uint8,
  uint16,
  uint24,
  uint32,
  variant,
  vector,
} from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { arbitraryOf } from '../support/arbitrary.ts'
import {
  anythingIsJudged,
  boundsHold,
  trailingBytesAreRefused,
  truncationIsRefused,
  writtenCanBeRead,
} from '../support/codec-laws.ts'

const Color = enumerated(uint8, { red: 3, blue: 5, white: 7 }, { unknown: 'keep' })
const Taste = enumerated(
  uint16,
  { sweet: 1, sour: 2, bitter: 4 },
  { unknown: 'illegal_parameter', reason: 'BAD_VALUE', section: '3.5' },
)
const Fruit = variant(
  ['type', enumerated(uint8, { apple: 0, orange: 1 }, { unknown: 'keep' })],
  ['value', { apple: struct({ number: uint16, string: opaque(0, 10) }), orange: fixed(6) }],
  opaque(0, 300),
)

const codecs: Readonly<Record<string, Codec<unknown>>> = {
  uint8,
  uint16,
  uint24,
  uint32,
  empty,
  'fixed(9)': fixed(9),
  'opaque<300..400>': opaque(300, 400),
  'opaque<0..255>': opaque(0, 255),
  'opaque<1..2^16-1>': opaque(1, 2 ** 16 - 1),
  'opaque<2..2^24-1>': opaque(2, 2 ** 24 - 1),
  'uint16<0..800>': vector(uint16, 0, 800),
  'uint24<3..12>': vector(uint24, 3, 12),
  'a list of lists': vector(vector(opaque(1, 4), 2, 30), 3, 200),
  'an enumerated that keeps': Color,
  'an enumerated that refuses': struct({ color: Color, colors: vector(Color, 1, 4) }),
  'a struct': struct({ a: uint8, b: struct({ c: vector(uint32, 4, 8), d: fixed(2) }), e: uint24 }),
  'a variant': Fruit,
  'a list of variants': vector(Fruit, 0, 1000),
  'a struct with a rest': struct({ a: uint16, b: rest() }),
  'a struct with an optional tail': struct({
    a: opaque(1, 3),
    b: optionalTail(vector(uint8, 2, 5)),
  }),
  'a named type': named('Numbers', vector(named('Number', uint16), 2, 6)),
}

for (const [name, codec] of Object.entries(codecs)) {
  test(`what is written can be read: ${name}`, t => {
    writtenCanBeRead(codec)
    t.pass()
  })
  test(`lengths out of bounds and missing or additional bytes are decode_error: ${name}`, t => {
    boundsHold(codec)
    truncationIsRefused(codec)
    trailingBytesAreRefused(codec)
    t.pass()
  })
  test(`any bytes are read or refused by an alert: ${name}`, t => {
    anythingIsJudged(codec)
    t.pass()
  })
}

test('the bounds that are tested are those of the shape', t => {
  t.is(boundsHold(opaque(300, 400)), 2)
  t.is(boundsHold(opaque(0, 255)), 0)
  t.is(boundsHold(vector(uint16, 2, 254)), 3)
})

test('a length takes as many bytes as the ceiling needs', t => {
  t.deepEqual(
    [1, 254, 255, 256, 2 ** 16 - 2, 2 ** 16 - 1, 2 ** 16, 2 ** 24 - 1, 2 ** 24].map(prefixWidth),
    [1, 1, 1, 2, 2, 2, 3, 3, 4],
  )
})

test('no value is shorter than the least length of its shape', t => {
  for (const codec of Object.values(codecs))
    fc.assert(
      fc.property(
        arbitraryOf(codec),
        value => encode(codec, value).length >= leastLength(codec.shape),
      ),
      { numRuns: 20 },
    )
  t.pass()
})

test('at the bounds themselves, lengths are accepted', t => {
  const codec = opaque(300, 400)
  for (const length of [300, 400])
    t.is(decode(codec, encode(codec, new Uint8Array(length))).length, length)
})

test('an enumerated that refuses throws its own alert', t => {
  const error = t.throws(() => decode(struct({ taste: Taste }), Uint8Array.of(0, 3)), {
    instanceOf: TlsAlert,
  })
  t.is(error.alert, 'illegal_parameter')
  t.is(error.reason, 'BAD_VALUE')
  t.is(error.section, '3.5')
  t.is(error.why, 'expected sweet or sour or bitter for taste, got 3')
  t.throws(() => decode(Taste, Uint8Array.of(0)), {
    instanceOf: TlsAlert,
    message: /^decode_error/,
  })
  t.is(decode(Taste, Uint8Array.of(0, 4)), 'bitter')
})

test('a name that an enumerated does not have is a RangeError', t => {
  const color = Color as Codec<string | number>
  t.throws(() => encode(color, 'green'), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => encode(color, 'constructor'), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => encode(Taste as Codec<string | number>, 3), { instanceOf: RangeError })
})

test('a decode_error names the field and the offset, also deep inside', t => {
  const codec = struct({ outer: vector(struct({ kind: uint8, inner: opaque(2, 9) }), 1, 99) })
  const cut = t.throws(() => decode(codec, Uint8Array.of(4, 7, 2, 1)), { instanceOf: TlsAlert })
  t.is(cut.why, 'expected 4 bytes for outer, got 3, at offset 1')
  const inner = t.throws(() => decode(codec, Uint8Array.of(4, 7, 3, 1, 1)), {
    instanceOf: TlsAlert,
  })
  t.is(inner.why, 'expected 3 bytes for inner, got 2, at offset 3')
  const bound = t.throws(() => decode(codec, Uint8Array.of(3, 7, 1, 1)), { instanceOf: TlsAlert })
  t.is(bound.why, 'expected 2 to 9 bytes for inner, got 1, at offset 3')
})

test('descriptions that could not be read back are refused', t => {
  t.throws(() => vector(empty, 0, 9), { instanceOf: TypeError })
  t.throws(() => vector(rest(), 0, 9), { instanceOf: TypeError })
  t.throws(() => struct({ a: rest(), b: uint8 }), { instanceOf: TypeError })
  t.throws(() => struct({ a: optionalTail(uint8), b: uint8 }), { instanceOf: TypeError })
  t.throws(() => enumerated(fixed(1) as unknown as Codec<number>, {}, { unknown: 'keep' }), {
    instanceOf: TypeError,
  })
  t.true(openEnded(struct({ a: uint8, b: struct({ c: rest() }) }).shape))
  t.false(openEnded(Fruit.shape))
})

test('types follow from the description', t => {
  const codec = struct({ a: uint8, b: vector(Color, 0, 9), c: optionalTail(fixed(2)) })
  const value: Decoded<typeof codec> = { a: 1, b: ['red', 200], c: undefined }
  t.deepEqual(encode(codec, value), Uint8Array.of(1, 2, 3, 200))
  const fruit: Decoded<typeof Fruit> = {
    type: 'apple',
    value: { number: 1, string: new Uint8Array() },
  }
  t.deepEqual(encode(Fruit, fruit), Uint8Array.of(0, 0, 1, 0))
})
