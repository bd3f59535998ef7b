/** The prefixing filter: prefix and indent at the start of each line, wherever the BIO below stops. */
import { BufferFilter, bioPair, MemoryBio, PrefixFilter } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, retryWrite, take } from './support/bytes.ts'
import { ascii, FlakyBio } from './support/flaky.ts'

/** A text with its lines prefixed: what the filter is. */
function prefixed(text: string, lead: string): string {
  return text.replaceAll(/^(?=[\s\S])/gm, lead)
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 40 })

test('wherever the BIO below stops, what arrives is what was taken, prefixed', t => {
  const script = fc.array(fc.nat(5), { maxLength: 80 })
  const lead = fc.constantFrom<[string, number]>(['', 0], ['> ', 0], ['', 3], ['#', 2])
  fc.assert(
    fc.property(text, script, lead, fc.integer({ min: 1, max: 9 }), (text, script, lead, piece) => {
      const [prefix, indent] = lead
      const below = new FlakyBio(script)
      const filter = new PrefixFilter({ prefix, indent }).push(below)
      const whole = prefix + ' '.repeat(indent)
      const bytes = ascii(text)
      let taken = 0
      while (taken < bytes.length) {
        const answer = filter.write(bytes.subarray(taken, taken + piece))
        if (typeof answer !== 'number') t.deepEqual(answer, retryWrite)
        else taken += answer
        t.true(filter.buffered <= whole.length)
        const expected = prefixed(text.slice(0, taken), whole)
        t.is(below.text, expected.slice(0, below.taken.length))
        t.is(below.taken.length + filter.buffered, expected.length)
      }
      while (filter.flush() !== 'done');
      t.is(below.text, prefixed(text, whole))
    }),
    { numRuns: 400 },
  )
})

test('a filter that may change its mind at each call gets the same lines: refused bytes leave no trace', t => {
  const script = fc.array(fc.nat(3), { maxLength: 60 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), script, (texts, script) => {
      const below = new FlakyBio(script)
      const filter = new PrefixFilter({ prefix: 'ab: ' }).push(below)
      let taken = ''
      for (const one of texts) {
        const answer = filter.write(ascii(one))
        if (typeof answer === 'number') taken += one.slice(0, answer)
      }
      below.heal()
      while (filter.flush() !== 'done');
      t.is(below.text, prefixed(taken, 'ab: '))
    }),
    { numRuns: 200 },
  )
})

test('a line that is cut within its prefix goes on where it stopped', t => {
  const [near, far] = bioPair(3, 3)
  const filter = new PrefixFilter({ prefix: 'prefix: ', indent: 2 }).push(near)
  t.is(filter.write(ascii('one\ntwo')), 1)
  t.is(filter.wpending, 11)
  t.deepEqual(filter.write(ascii('ne\ntwo')), retryWrite)
  let came = ''
  const more = () => {
    const got = take(far, 9)
    if (got instanceof Uint8Array) came += String.fromCharCode(...got)
  }
  for (let taken = 1; taken < 7; more()) {
    const answer = filter.write(ascii('one\ntwo').subarray(taken))
    if (typeof answer === 'number') taken += answer
  }
  while (filter.flush() !== 'done') more()
  more()
  t.is(came, 'prefix:   one\nprefix:   two')
})

test('a write that is refused at the start of a line holds nothing', t => {
  const below = new FlakyBio([0])
  const filter = new PrefixFilter({ prefix: '> ' }).push(below)
  t.deepEqual(filter.write(ascii('a')), retryWrite)
  t.is(filter.buffered, 0)
  t.is(filter.flush(), 'done')
  t.is(below.text, '')
})

test('a prefix and an indent hold from the next line on', t => {
  const below = new FlakyBio()
  const filter = new PrefixFilter().push(below)
  t.deepEqual([filter.prefix, filter.indent], ['', 0])
  filter.write(ascii('a\nb'))
  filter.prefix = '- '
  filter.indent = 1
  filter.write(ascii('c\nd\n'))
  filter.prefix = ''
  filter.write(ascii('e\n\n'))
  filter.indent = 0
  filter.write(ascii('f\n'))
  t.is(below.text, 'a\nbc\n-  d\n e\n \nf\n')
  t.deepEqual([filter.prefix, filter.indent], ['', 0])
})

test('a prefix that changes while it is half out is finished as it was', t => {
  const below = new FlakyBio([2, 0])
  const filter = new PrefixFilter({ prefix: 'old: ' }).push(below)
  t.is(filter.write(ascii('a\nb')), 1)
  filter.prefix = 'new: '
  t.is(filter.write(ascii('\nb')), 2)
  t.is(below.text, 'old: a\nnew: b')
})

test('a prefix is UTF-8, and a long line behind it goes through whole', t => {
  const below = new FlakyBio()
  const filter = new PrefixFilter({ prefix: 'aé€😀\ud800' }).push(below)
  const encoded = [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xef, 0xbf, 0xbd]
  const line = new Uint8Array(20000).fill(65)
  t.is(filter.write(line), 20000)
  t.deepEqual(below.taken.slice(0, encoded.length), encoded)
  t.is(below.taken.length, 20000 + encoded.length)
  t.is(below.writes, 2)
})

test('end and close finish a prefix that is half out, and reads pass through', t => {
  const below = new FlakyBio([1, 0, 0], counted(2))
  const filter = new PrefixFilter({ prefix: '> ' }).push(below)
  t.is(filter.write(ascii('ab')), 1)
  t.deepEqual(filter.end(), retryWrite)
  t.is(codeOf(filter.write(ascii('b'))), 'ERR_BIO_BROKEN_PIPE')
  t.is(filter.end(), 'done')
  t.true(below.ended)
  t.is(below.text, '> a')
  t.deepEqual(take(filter, 9), counted(2))
  const closed = new FlakyBio([1, 0])
  const other = new PrefixFilter({ prefix: '> ' }).push(closed)
  other.write(ascii('ab'))
  other.close()
  t.is(closed.text, '> a')
  t.is(codeOf(other.write(ascii('b'))), 'ERR_BIO_CLOSED')
})

test('a broken BIO below is told as it is', t => {
  const below = new FlakyBio([1, 0])
  const filter = new PrefixFilter({ prefix: '> ' }).push(below)
  filter.write(ascii('ab'))
  const fault = { stop: 'broken', error: new Error('unplugged') } as const
  below.fault = fault
  t.is(filter.write(ascii('b')), fault)
  t.is(filter.flush(), fault)
})

test('two prefixes in one chain nest, with a buffer between them', t => {
  const below = new FlakyBio()
  const outer = new PrefixFilter({ prefix: '* ' })
  const head = new PrefixFilter({ indent: 2 }).push(new BufferFilter()).push(outer).push(below)
  head.write(ascii('a\nb\n'))
  t.is(below.text, '')
  t.is(head.flush(), 'done')
  t.is(below.text, '*   a\n*   b\n')
})

test('an indent or a prefix that cannot be is refused, and the old one stays', t => {
  const filter = new PrefixFilter({ prefix: 'p', indent: 1 })
  for (const indent of [-1, 0.5, 65536]) {
    t.throws(() => new PrefixFilter({ indent }), { instanceOf: RangeError })
    t.throws(
      () => {
        filter.indent = indent
      },
      { instanceOf: RangeError },
    )
  }
  t.throws(
    () => {
      filter.prefix = 7 as unknown as string
    },
    { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' },
  )
  t.deepEqual([filter.prefix, filter.indent], ['p', 1])
})

test('a prefix is UTF-8 at each of its lengths, and half a surrogate pair is U+FFFD', t => {
  for (const prefix of [
    '\u007f\u0080',
    '\u07ff\u0800',
    '\ud7ff\ue000\uffff',
    '\u{10000}\u{10ffff}',
    'a\ud800b\udfffc',
  ]) {
    const memory = new MemoryBio()
    new PrefixFilter({ prefix }).push(memory).write(ascii('x'))
    t.deepEqual(Buffer.from(memory.run() as Uint8Array), Buffer.from(`${prefix}x`, 'utf8'))
  }
})
