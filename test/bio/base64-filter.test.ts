/** The base64 filter, against Buffer's base64 and over carriers that refuse and cut. */
import { Base64Filter, bioPair, MemoryBio } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, retryWrite, take } from './support/bytes.ts'
import { carriers, carry, coded, plainOf, script, weather } from './support/codec-chain.ts'

const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('latin1')
const bytes = (string: string): Uint8Array => new Uint8Array(Buffer.from(string, 'latin1'))

/** A filter that reads the text and then an end; and all that it gives. */
function decoded(encoded: string, cut = encoded.length) {
  const memory = new MemoryBio()
  const filter = new Base64Filter().push(memory)
  const got: Uint8Array[] = []
  const drain = () => {
    for (;;) {
      const answer = take(filter, 7)
      if (!(answer instanceof Uint8Array)) return answer
      got.push(answer)
    }
  }
  memory.write(bytes(encoded.slice(0, cut)))
  drain()
  memory.write(bytes(encoded.slice(cut)))
  memory.end()
  const stopped = drain()
  return { got: Buffer.concat(got), stopped, again: take(filter, 7) }
}

test('what is written through base64 is read through it, over any carrier, cuts and flushes', t => {
  fc.assert(
    fc.property(weather, script, fc.boolean(), (sky, steps, oneLine) => {
      const [a, b] = carriers(sky)
      const writer = new Base64Filter({ oneLine }).push(a)
      const reader = new Base64Filter().push(b)
      const { got, stop } = carry(writer, reader, steps, sky.piece)
      t.is(stop, 'eof')
      t.deepEqual(got, plainOf(steps))
    }),
    { numRuns: 150 },
  )
})

test('what is written is what Buffer encodes, in lines of 64 characters or in one', t => {
  fc.assert(
    fc.property(script, fc.boolean(), (steps, oneLine) => {
      const writes = steps.filter(step => step !== 'flush')
      const whole = plainOf(writes).toString('base64')
      const expected = oneLine ? whole : whole.replace(/.{1,64}/g, '$&\n')
      t.is(text(coded(() => new Base64Filter({ oneLine }), writes)), expected)
    }),
    { numRuns: 150 },
  )
})

test('a flush ends an encoding with its padding and newline, and the next one stands behind it', t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), parts => {
      const steps = parts.flatMap(part => [part, 'flush' as const])
      const lines = parts.map(part =>
        Buffer.from(part)
          .toString('base64')
          .replace(/.{1,64}/g, '$&\n'),
      )
      t.is(text(coded(() => new Base64Filter(), steps)), lines.join(''))
    }),
    { numRuns: 100 },
  )
})

test('a character that has no place is broken at its offset, behind all whole groups before it', t => {
  const wrong = fc.constantFrom(...' \t-_*.~\0\x7f\x80\xff@[`{:')
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(),
      wrong,
      fc.nat(),
      (data, at, bad, cut) => {
        const whole = Buffer.from(data).toString('base64').replace(/=/g, '')
        const place = at % (whole.length + 1)
        const broken = `${whole.slice(0, place)}${bad}${whole.slice(place)}`
        const { got, stopped, again } = decoded(broken, cut % (broken.length + 1))
        t.deepEqual(got, Buffer.from(data.subarray(0, Math.floor(place / 4) * 3)))
        t.is(codeOf(stopped), 'ERR_BIO_BAD_BASE64_DECODE')
        const { error } = stopped as { error: Error }
        t.regex(error.message, new RegExp(`at offset ${place}, got`))
        t.is(again, stopped)
      },
    ),
    { numRuns: 200 },
  )
})

test('an encoding that is cut off is an error that says how much was expected, never a clean end', t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (data, cut) => {
      const whole = Buffer.from(data).toString('base64')
      const length = cut % whole.length
      const { got, stopped } = decoded(whole.slice(0, length))
      t.deepEqual(got, Buffer.from(data.subarray(0, Math.floor(length / 4) * 3)))
      if (length % 4 === 0) return t.deepEqual(stopped, eof)
      const left = 4 - (length % 4)
      t.regex((stopped as { error: Error }).error.message, new RegExp(`expected ${left} more char`))
      return t.is(codeOf(stopped), 'ERR_BIO_BAD_BASE64_DECODE')
    }),
    { numRuns: 100 },
  )
})

test('line breaks of every kind may stand anywhere, within a group and its padding too', t => {
  for (const encoded of [
    'QUJDRA==',
    'Q\nU\r\nJ\rD\n\n\r\nRA=\n=',
    '\nQUJD\nRA==\n',
    'QUJD\r\nRA==\r\n',
  ])
    t.is(decoded(encoded).got.toString(), 'ABCD')
  t.deepEqual(decoded('\n\n').stopped, eof)
})

test('padding stands where it must, and without stray bits', t => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      '=',
      '',
      "base64: expected two characters of a group before padding at offset 0, got '=' (0x3d)",
    ],
    [
      'QUJDQ===',
      'ABC',
      "base64: expected two characters of a group before padding at offset 5, got '=' (0x3d)",
    ],
    ['QQ=A', '', "base64: expected more padding at offset 3, got 'A' (0x41)"],
    [
      'QQ==\n=',
      'A',
      "base64: expected two characters of a group before padding at offset 5, got '=' (0x3d)",
    ],
    [
      'QR==',
      '',
      'base64: expected a last character without bits to spare at offset 2, got stray bits before padding (1)',
    ],
    [
      'QUJ=',
      '',
      'base64: expected a last character without bits to spare at offset 3, got stray bits before padding (1)',
    ],
    ['QQ', '', 'base64: expected 2 more characters of the last group at offset 2, got the end'],
    ['QQ=', '', 'base64: expected 1 more character of the last group at offset 3, got the end'],
  ]
  for (const [encoded, plain, message] of cases) {
    const { got, stopped } = decoded(encoded)
    t.is(got.toString(), plain)
    t.is((stopped as { error: Error }).error.message, message)
  }
})

test('wpending counts a group that is not whole, and what waits for room', t => {
  const [a, b] = bioPair(5)
  const filter = new Base64Filter().push(a)
  t.is(filter.write(counted(2)), 2)
  t.is(filter.wpending, 2)
  t.is(filter.write(counted(4)), 4)
  t.is(filter.wpending, 8, '5 in the ring and 3 held')
  t.deepEqual(filter.write(counted(1)), retryWrite)
  t.is(text(take(b, 9)).length, 5)
  t.is(filter.write(counted(1)), 1)
  t.is(filter.wpending, 4, '3 in the ring and 1 of a group')
  t.deepEqual(filter.flush(), retryWrite)
  t.is(filter.wpending, 8, '4 characters and a newline behind the 3')
  take(b, 9)
  t.is(filter.flush(), 'done')
  t.is(filter.wpending, 3, 'in the ring')
})

test('a flush that had to wait pads once', t => {
  const [a, b] = bioPair(1)
  const filter = new Base64Filter().push(a)
  filter.write(bytes('A'))
  let all = ''
  for (let i = 0; filter.flush() !== 'done'; i++) {
    t.true(i < 10)
    all += text(take(b, 1))
  }
  t.is(all + text(take(b, 1)), 'QQ==\n')
  t.is(filter.flush(), 'done')
  t.deepEqual(take(b, 1), retryRead)
})

test('ended, it takes no more and says so; closed, nothing that had no room looks like a clean end', t => {
  const [a, b] = bioPair(100)
  const filter = new Base64Filter().push(a)
  filter.write(bytes('A'))
  t.is(filter.end(), 'done')
  t.is(codeOf(filter.write(bytes('B'))), 'ERR_BIO_BROKEN_PIPE')
  t.is(filter.end(), 'done')
  t.is(text(take(b, 9)), 'QQ==\n')
  t.deepEqual(take(b, 9), eof)

  const [c, d] = bioPair(3)
  const closing = new Base64Filter().push(c)
  closing.write(bytes('A'))
  closing.close()
  t.is(text(take(d, 9)), 'QQ=')
  t.is(codeOf(take(d, 9)), 'ERR_BIO_BROKEN_PIPE')
  t.is(codeOf(closing.write(bytes('B'))), 'ERR_BIO_CLOSED')
  t.is(codeOf(take(closing, 1)), 'ERR_BIO_CLOSED')
  t.is(closing.wpending, 0)
})

test('reset forgets a half group, an error and an end, and the offset counts anew', t => {
  const memory = new MemoryBio()
  const filter = new Base64Filter().push(memory)
  memory.write(bytes('Q*'))
  t.is(codeOf(take(filter, 9)), 'ERR_BIO_BAD_BASE64_DECODE')
  filter.reset()
  memory.write(bytes('QUJD'))
  t.is(text(take(filter, 9)), 'ABC')
  filter.write(bytes('A'))
  filter.reset()
  t.is(filter.flush(), 'done')
  t.is(memory.pending, 0)
})

test('by itself it is uninitialized, in every call that moves bytes', t => {
  const filter = new Base64Filter()
  for (const answer of [filter.write(bytes('A')), take(filter, 1), filter.flush(), filter.end()])
    t.is(codeOf(answer), 'ERR_BIO_UNINITIALIZED')
})

test('ready to read is at once what is decoded already', async t => {
  const [a, b] = bioPair(100)
  const filter = new Base64Filter().push(a)
  b.write(bytes('QUJD'))
  take(filter, 1)
  t.is(filter.pending, 2)
  await filter.ready('read')
  t.is(text(take(filter, 9)), 'BC')
})
