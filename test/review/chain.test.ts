/** Chains as a hostile reader drives them: closing while bytes are held, waiting for what moves slowly. */
import {
  BufferFilter,
  bioPair,
  broken,
  eof,
  LineBufferFilter,
  PrefixFilter,
  type Stopped,
  TapFilter,
} from '@biopair/bio'
import test from 'ava'

const code = (answer: unknown): unknown =>
  (answer as { readonly error?: { readonly code?: unknown } }).error?.code

for (const [name, make] of [
  ['buffer', () => new BufferFilter()],
  ['line buffer', () => new LineBufferFilter()],
  ['prefix', () => new PrefixFilter({ prefix: 'twelve bytes' })],
] as const)
  test(`a ${name} filter that loses what it holds by a close gives the other end an error, not an end`, t => {
    const [near, far] = bioPair(10)
    const filter = make().push(near)
    t.true((filter.write(Buffer.from('0123456789abcdef')) as number) > 0)
    filter.close()
    t.is(filter.wpending, near.wpending)
    t.is(filter.buffered, 0)
    t.is(far.read(Buffer.alloc(10)), 10)
    t.is(code(far.read(Buffer.alloc(10))), 'ERR_BIO_BROKEN_PIPE')
    t.false(far.eof)
  })

test('a holding filter that has handed on everything closes with a clean end', t => {
  const [near, far] = bioPair(100)
  const filter = new BufferFilter().push(near)
  filter.write(Buffer.from('all of it'))
  filter.close()
  t.is(far.read(Buffer.alloc(100)), 9)
  t.deepEqual(far.read(Buffer.alloc(100)), eof)
})

test('a tap whose callback broke it while bytes were held closes with an error, not an end', t => {
  const [near, far] = bioPair(10)
  const why = new Error('no more')
  const tap = new TapFilter({
    before: ({ call }) => {
      if (call === 'write') return new Uint8Array(30)
      return call === 'flush' ? broken(why) : undefined
    },
  }).push(near)
  t.is(tap.write(new Uint8Array(5)), 5)
  t.is((tap.flush() as Stopped).stop, 'broken')
  tap.close()
  t.is(far.read(Buffer.alloc(100)), 10)
  t.is(code(far.read(Buffer.alloc(100))), 'ERR_BIO_BROKEN_PIPE')
})
