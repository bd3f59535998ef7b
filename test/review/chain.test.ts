/** Chains as a hostile reader drives them: closing while bytes are held, waiting for what moves slowly. */
import {
  Base64Filter,
  BufferFilter,
  bioPair,
  broken,
  eof,
  LineBufferFilter,
  NullFilter,
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

/** Calls what is above once, in the middle of a call. */
class Caller extends NullFilter {
  call: (() => void) | undefined

  override read(into: Uint8Array): number | Stopped {
    const count = super.read(into)
    this.#once()
    return count
  }

  override write(bytes: Uint8Array): number | Stopped {
    this.#once()
    return super.write(bytes)
  }

  #once(): void {
    const { call } = this
    this.call = undefined
    call?.()
  }
}

for (const [name, make] of [
  ['buffer', () => new BufferFilter({ readSize: 2 })],
  ['base64', () => new Base64Filter()],
] as const)
  test(`a ${name} filter that is called from below, in the middle of its own call, moves each byte once and in order`, t => {
    const [near, far] = bioPair()
    const caller = new Caller()
    const top = make().push(caller).push(near)
    const peer = make().push(far)
    const sent = Buffer.from('0123456789')
    const answers: unknown[] = []
    caller.call = () => answers.push(top.flush(), top.write(Buffer.from('!')))
    t.is(top.write(sent), 10)
    t.is(top.flush(), 'done')
    t.is(peer.write(sent), 10)
    t.is(peer.flush(), 'done')
    caller.call = () => answers.push(top.read(Buffer.alloc(1)))
    const got = (bio: typeof top) => {
      const parts: Buffer[] = []
      for (;;) {
        const into = Buffer.alloc(1)
        if (typeof bio.read(into) !== 'number') return Buffer.concat(parts).toString('latin1')
        parts.push(into)
      }
    }
    t.is(got(top), '0123456789')
    t.is(got(peer), '0123456789')
    t.deepEqual(answers, [
      { stop: 'retry', on: 'write' },
      { stop: 'retry', on: 'write' },
      { stop: 'retry', on: 'read' },
    ])
  })
