/** Chains: push, pop, detach, find, and what may stand where. */
import {
  type Bio,
  BufferFilter,
  bioPair,
  DatagramFilter,
  Filter,
  LineBufferFilter,
  Link,
  MemoryBio,
  NullFilter,
  PairBio,
  setBlocking,
} from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, retryWrite, settled, take } from './support/bytes.ts'
import { FlakyBio } from './support/flaky.ts'

const inUse = { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' }
const wrong = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }

/** A filter that writes down what happens below it. */
class Watching extends Filter {
  readonly seen: [string, Bio][] = []
  failing = false

  protected override joined(below: Bio): void {
    if (this.failing) throw new Error('not this one')
    this.seen.push(['joined', below])
  }

  protected override parted(below: Bio): void {
    this.seen.push(['parted', below])
  }
}

function walk(head: Bio): Bio[] {
  const below = head instanceof Filter ? head.next : undefined
  return below ? [head, ...walk(below)] : [head]
}

test('push puts a chain behind the tail and answers the head', t => {
  const [a, b, c, d] = [new NullFilter(), new NullFilter(), new NullFilter(), new NullFilter()]
  const [near] = bioPair()
  t.is(a.push(b), a)
  t.is(c.push(d), c)
  t.is(a.push(c), a)
  t.is(a.push(near), a)
  t.deepEqual(walk(a), [a, b, c, d, near])
  t.is(b.next, c)
  t.is(d.next, near)
})

test('push onto the middle of a chain goes behind its tail', t => {
  const [a, b] = [new NullFilter(), new NullFilter()]
  const memory = new MemoryBio()
  a.push(b)
  t.is(b.push(memory), b)
  t.deepEqual(walk(a), [a, b, memory])
})

test('pop of the head, of the middle and of the last each join what is left', t => {
  const build = () => {
    const filters = [new NullFilter(), new NullFilter(), new NullFilter()] as const
    const carrier = new MemoryBio()
    filters[0].push(filters[1]).push(filters[2]).push(carrier)
    return [...filters, carrier] as const
  }
  const [a, b, c, end] = build()
  t.is(a.pop(), b)
  t.is(a.next, undefined)
  t.deepEqual(walk(b), [b, c, end])
  t.is(b.pop(), c)
  const [d, e, f, last] = build()
  t.is(e.pop(), f)
  t.is(e.next, undefined)
  t.deepEqual(walk(d), [d, f, last])
  t.is(f.pop(), last)
  t.deepEqual(walk(d), [d, last])
  t.is(d.pop(), last)
  t.deepEqual(walk(d), [d])
  const head = new NullFilter().push(new NullFilter())
  t.is((head.next as NullFilter).pop(), undefined)
  t.is(head.next, undefined)
})

test('pop of a filter that was never pushed answers nothing and changes nothing', t => {
  const filter = new NullFilter()
  t.is(filter.pop(), undefined)
  t.is(filter.pop(), undefined)
  t.is(filter.push(new MemoryBio()).next instanceof MemoryBio, true)
})

test('detach takes a carrier out of its chain, so that another one can take its place', t => {
  const [a, b] = [new NullFilter(), new NullFilter()]
  const [first, second] = [new MemoryBio(), new MemoryBio()]
  a.push(b).push(first)
  t.is(Link.detach(first), undefined)
  t.deepEqual(walk(a), [a, b])
  t.is(Link.detach(first), undefined)
  a.push(second)
  t.is(Link.detach<Bio>(b), second)
  t.deepEqual(walk(a), [a, second])
  t.deepEqual(walk(new NullFilter().push(first)).length, 2)
})

test('find gives the first of its kind from where it is asked downwards, itself too', t => {
  const [near] = bioPair()
  const [outer, inner] = [new BufferFilter(), new BufferFilter()]
  const head = new NullFilter().push(outer).push(new LineBufferFilter()).push(inner).push(near)
  t.is(head.find(NullFilter), head)
  t.is(head.find(BufferFilter), outer)
  t.is((outer.next as LineBufferFilter).find(BufferFilter), inner)
  t.is(head.find(PairBio), near)
  t.is(head.find(Filter), head)
  t.is(head.find(MemoryBio), undefined)
  t.is(inner.find(NullFilter), undefined)
  t.is(new NullFilter().find(PairBio), undefined)
})

test('a BIO used in two chains is a TypeError at push, and neither chain has changed', t => {
  const carrier = new MemoryBio()
  const inner = new NullFilter()
  const chain = new NullFilter().push(inner).push(carrier)
  const other = new NullFilter()
  t.throws(() => other.push(carrier), inUse)
  t.throws(() => other.push(inner), inUse)
  t.is(other.next, undefined)
  t.deepEqual(walk(chain), [chain, inner, carrier])
  other.push(chain)
  t.throws(() => new NullFilter().push(chain), inUse)
  other.pop()
  t.is(new NullFilter().push(chain).next, chain)
})

test('the same BIO pushed twice onto one chain is refused', t => {
  const carrier = new MemoryBio()
  const filter = new NullFilter()
  const head = new NullFilter().push(filter)
  t.throws(() => head.push(filter), inUse)
  head.push(carrier)
  t.throws(() => head.push(carrier), inUse)
  t.throws(() => filter.push(carrier), inUse)
  t.deepEqual(walk(head), [head, filter, carrier])
})

test('a chain that ends in a carrier takes nothing more below it', t => {
  const head = new NullFilter().push(new MemoryBio())
  t.throws(() => head.push(new NullFilter()), inUse)
  t.throws(() => new NullFilter().push(head).push(new MemoryBio()), inUse)
})

test('a chain that would stand under itself is refused', t => {
  const [a, b, c] = [new NullFilter(), new NullFilter(), new NullFilter()]
  t.throws(() => a.push(a), inUse)
  a.push(b).push(c)
  for (const low of [a, b, c]) t.throws(() => low.push(a), inUse)
  for (const link of [b, c]) t.throws(() => a.push(link), inUse)
  t.deepEqual(walk(a), [a, b, c])
})

test('what is no BIO of a stream is refused, by the compiler and at push', t => {
  const filter = new NullFilter()
  const push = (what: unknown) => filter.push(what as Bio)
  for (const what of [undefined, null, 7, 'text', () => 0]) t.throws(() => push(what), wrong)
  for (const what of [{}, { read() {} }, new DatagramFilter()]) t.throws(() => push(what), wrong)
  t.throws(() => push(Object.freeze({ read() {}, write() {} })), wrong)
  t.is(filter.next, undefined)
  // @ts-expect-error a datagram filter does not fit where a stream belongs
  const fits: Bio = new DatagramFilter()
  const stream = () => {
    // @ts-expect-error nor a stream where datagrams belong
    new DatagramFilter().push(new MemoryBio())
  }
  t.truthy([fits, stream])
})

test('a filter hears what comes and goes directly below it, and nothing else', t => {
  const [top, low] = [new Watching(), new NullFilter()]
  const [first, second] = [new MemoryBio(), new MemoryBio()]
  top.push(low)
  top.push(first)
  t.deepEqual(top.seen, [['joined', low]])
  low.pop()
  t.deepEqual(top.seen.slice(1), [
    ['parted', low],
    ['joined', first],
  ])
  Link.detach(first)
  top.push(second)
  top.pop()
  t.deepEqual(top.seen.slice(3), [
    ['parted', first],
    ['joined', second],
    ['parted', second],
  ])
})

test('a filter that throws at a push is not pushed', t => {
  const top = new Watching()
  const memory = new MemoryBio()
  top.failing = true
  t.throws(() => top.push(memory), { message: 'not this one' })
  t.is(top.next, undefined)
  t.is(new NullFilter().push(memory).next, memory)
})

/** Chains as lists of numbers: `push i j`, `pop i` and `detach i` on a few filters and carriers. */
test('any pushes, pops and detaches are those of lists', t => {
  const acts = fc.array(fc.tuple(fc.constantFrom('push', 'pop', 'detach'), fc.nat(6), fc.nat(6)), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(acts, script => {
      const bios: Bio[] = Array.from({ length: 7 }, (_, i) =>
        i < 5 ? new NullFilter() : new MemoryBio(),
      )
      let lists: number[][] = bios.map((_, i) => [i])
      for (const [act, i, j] of script) {
        const own = lists.find(list => list.includes(i)) as number[]
        const at = own.indexOf(i)
        const bio = bios[i] as Bio
        if (act === 'push') {
          if (!(bio instanceof Filter)) continue
          const other = lists.find(list => list.includes(j)) as number[]
          const goes = other[0] === j && own !== other && (own.at(-1) as number) < 5
          if (!goes) {
            t.throws(() => bio.push(bios[j] as Bio), inUse)
            continue
          }
          t.is(bio.push(bios[j] as Bio), bio)
          lists = lists.filter(list => list !== other)
          own.push(...other)
          continue
        }
        if (act === 'pop' && !(bio instanceof Filter)) continue
        const below = act === 'pop' ? (bio as Filter).pop() : Link.detach(bio)
        t.is(below, bios[own[at + 1] ?? -1])
        own.splice(at, 1)
        lists = [...lists.filter(list => list.length > 0), [i]]
      }
      for (const list of lists)
        t.deepEqual(
          walk(bios[list[0] as number] as Bio),
          list.map(i => bios[i]),
        )
    }),
    { numRuns: 200 },
  )
})

test('a filter without anything below is broken UNINITIALIZED', async t => {
  for (const filter of [
    new Filter(),
    new NullFilter(),
    new BufferFilter(),
    new LineBufferFilter(),
  ]) {
    t.is(codeOf(filter.read(new Uint8Array(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(filter.flush()), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(filter.end()), 'ERR_BIO_UNINITIALIZED')
    t.is(filter.read(new Uint8Array(0)), 0)
    t.is(filter.write(new Uint8Array(0)), 0)
    t.deepEqual([filter.pending, filter.wpending, filter.eof, filter.blocking], [0, 0, true, false])
    t.true(await settled(filter.ready('read')))
    t.notThrows(() => filter.close())
  }
})

test('a null filter is as if it were not there', async t => {
  const [near, far] = bioPair(4, 4)
  const filter = new NullFilter().push(near)
  t.is(filter.write(counted(6)), 4)
  t.deepEqual(filter.write(counted(1)), retryWrite)
  t.is(filter.wpending, 4)
  t.deepEqual(take(far, 9), counted(4))
  far.write(counted(3))
  t.is(filter.pending, 3)
  t.true(await settled(filter.ready('read')))
  t.deepEqual(take(filter, 9), counted(3))
  t.false(await settled(filter.ready('read')))
  far.end()
  t.true(filter.eof)
  t.deepEqual(take(filter, 9), { stop: 'eof' })
  t.is(filter.flush(), 'done')
  t.is(filter.end(), 'done')
  t.true(far.eof)
  filter.close(new Error('over'))
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  for (const bad of ['text', undefined, [1]]) {
    t.throws(() => filter.read(bad as unknown as Uint8Array), wrong)
    t.throws(() => new NullFilter().write(bad as unknown as Uint8Array), wrong)
  }
  t.throws(() => filter.ready('x' as 'read'), wrong)
})

test('a filter over a BIO without ready says so when it is waited for', t => {
  const bare: Bio = new FlakyBio()
  t.throws(() => new NullFilter().push(bare).ready('read'), {
    instanceOf: TypeError,
    code: 'ERR_BIO_INVALID_ARGUMENT',
  })
})

test('blocking is asked of the carrier, and refused with the reason where that cannot', t => {
  const cannot = { instanceOf: TypeError, code: 'ERR_BIO_CANNOT_BLOCK' }
  const [near] = bioPair()
  const head = new NullFilter().push(new BufferFilter()).push(near)
  t.false(head.blocking)
  t.notThrows(() => head.setBlocking(false))
  t.throws(() => head.setBlocking(true), cannot)
  t.throws(() => setBlocking(undefined, true), cannot)
  const always = new NullFilter().push(Object.assign(new FlakyBio(), { blocking: true }))
  t.true(always.blocking)
  t.notThrows(() => always.setBlocking(true))
  t.throws(() => setBlocking(always, false), cannot)
  let asked: boolean | undefined
  const able = Object.assign(new FlakyBio(), {
    setBlocking: (blocking: boolean) => {
      asked = blocking
    },
  })
  new NullFilter().push(new NullFilter()).push(able).setBlocking(true)
  t.true(asked)
})
