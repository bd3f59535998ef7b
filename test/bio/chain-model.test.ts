/** Chains of random filters over a pair of random size, against two lists: what was written, and what was read. */
import {
  type Bio,
  BufferFilter,
  bioPair,
  Filter,
  LineBufferFilter,
  NullFilter,
  type PairBio,
  PrefixFilter,
  ReadBufferFilter,
} from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Act } from './support/act.ts'
import { codeOf, eof, retryRead, retryWrite, take } from './support/bytes.ts'

/** Each direction is what was taken, and how much of it has come out at the other end. */
interface Model {
  readonly sent: number[]
  arrived: number
  readonly given: number[]
  got: number
  /** `end` was called; `ended`: it has reached the other end. */
  ending: boolean
  ended: boolean
}

interface Chain {
  head: Bio
  readonly near: PairBio
  readonly far: PairBio
}

/** A newline every few bytes, so that lines end. */
function bytes(length: number, from: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((from + i) % 7 === 3 ? 10 : (from + i) & 0xff))
}

const kinds = {
  null: () => new NullFilter(),
  buffer: (size: number) => new BufferFilter({ readSize: size, writeSize: (size * 7) % 40 || 1 }),
  line: (size: number) => new LineBufferFilter({ size }),
  prefix: () => new PrefixFilter(),
  rewind: (limit: number) => new ReadBufferFilter({ limit }),
}
const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]))
const bufferSize = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(4096))
const length = fc.oneof(fc.nat(9), fc.nat(60))

function filters(head: Bio): Filter[] {
  return head instanceof Filter ? [head, ...(head.next ? filters(head.next) : [])] : []
}

/** What a filter holds itself. */
function own(filter: Filter): number {
  const { next, pending, wpending } = filter
  return pending - (next?.pending ?? 0) + wpending - (next?.wpending ?? 0)
}

function drain(t: ExecutionContext, model: Model, { far }: Chain, length: number): void {
  const answer = take(far, length)
  if (!(answer instanceof Uint8Array))
    return void t.deepEqual(answer, model.ended ? eof : retryRead)
  t.deepEqual([...answer], model.sent.slice(model.arrived, model.arrived + answer.length))
  model.arrived += answer.length
}

function flush(t: ExecutionContext, model: Model, { head, far }: Chain): boolean {
  const answer = head.flush()
  if (answer === 'done') t.is(far.pending, model.sent.length - model.arrived)
  else t.deepEqual(answer, retryWrite)
  return answer === 'done'
}

function end(t: ExecutionContext, model: Model, { head }: Chain): boolean {
  const answer = head.end()
  model.ending = true
  if (answer === 'done') model.ended = true
  else t.deepEqual(answer, retryWrite)
  return answer === 'done'
}

function acts(t: ExecutionContext): fc.Arbitrary<Act<Model, Chain>>[] {
  const act = (name: string, does: (model: Model, chain: Chain) => void) =>
    new Act<Model, Chain>(name, (model, chain) => {
      does(model, chain)
      const { head, far } = chain
      // Everything taken and not come out is held somewhere, and told.
      t.is(head.wpending, model.sent.length - model.arrived)
      t.is(head.pending, model.given.length - model.got)
      if (model.ended) t.is(far.pending, model.sent.length - model.arrived)
    })
  const write = length.map(n =>
    act(`write ${n}`, (model, { head }) => {
      const offered = bytes(n, model.sent.length)
      const answer = head.write(offered)
      if (typeof answer === 'number') {
        t.true(n === 0 ? answer === 0 : answer > 0 && answer <= n)
        model.sent.push(...offered.subarray(0, answer))
      } else if (model.ending) t.is(codeOf(answer), 'ERR_BIO_BROKEN_PIPE')
      else t.deepEqual(answer, retryWrite)
    }),
  )
  const read = length.map(n =>
    act(`read ${n}`, (model, { head }) => {
      const answer = take(head, n)
      if (!(answer instanceof Uint8Array)) {
        t.is(model.got, model.given.length)
        return void t.deepEqual(answer, retryRead)
      }
      t.deepEqual([...answer], model.given.slice(model.got, model.got + answer.length))
      model.got += answer.length
    }),
  )
  const give = length.map(n =>
    act(`far.write ${n}`, (model, { far }) => {
      const offered = bytes(n, model.given.length + 100)
      const answer = far.write(offered)
      if (typeof answer === 'number') model.given.push(...offered.subarray(0, answer))
      else t.deepEqual(answer, retryWrite)
    }),
  )
  const push = fc.tuple(kind, bufferSize).map(([kind, size]) =>
    act(`push ${kind} ${size}`, (model, chain) => {
      // A new head knows nothing of an end that is under way below it.
      if (model.ending) return
      chain.head = kinds[kind](size).push(chain.head)
    }),
  )
  const pop = fc.nat(9).map(i =>
    act(`pop ${i}`, (model, chain) => {
      // A filter takes with it that it was told of an end, which may not have gone further.
      if (model.ending && !model.ended) return
      const all = filters(chain.head)
      const filter = all[i % all.length]
      // What a filter holds stays in it.
      if (filter === undefined || own(filter) > 0) return
      const below = filter.pop()
      if (filter === chain.head) chain.head = below as Bio
    }),
  )
  return [
    write,
    write,
    read,
    give,
    length.map(n => act(`drain ${n}`, (model, chain) => drain(t, model, chain, n))),
    fc.constant(act('flush', (model, chain) => void flush(t, model, chain))),
    fc.constant(act('end', (model, chain) => void end(t, model, chain))),
    push,
    pop,
  ]
}

/** Flushes, or ends, and drains until all is out; fails where that does not come to an end. */
function finish(t: ExecutionContext, model: Model, chain: Chain): void {
  for (let round = 0; ; round++) {
    t.true(round <= model.sent.length + 5, 'a flush and a drain do not get on')
    const done = model.ending ? end(t, model, chain) : flush(t, model, chain)
    while (chain.far.pending > 0) drain(t, model, chain, 64)
    if (done) break
  }
  t.is(model.arrived, model.sent.length)
  for (const filter of filters(chain.head)) t.is(filter.wpending, 0)
  drain(t, model, chain, 1)
}

test('what goes through any chain is what comes out, in order, and all of it after a flush', t => {
  const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 200 }))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(kind, bufferSize), { maxLength: 4 }),
      size,
      fc.commands(acts(t), { maxCommands: 60, size: 'max' }),
      (made, size, commands) => {
        const [near, far] = bioPair(size, (size * 3) % 50 || 1)
        let head: Bio = near
        for (const [kind, size] of made) head = kinds[kind](size).push(head)
        const model: Model = {
          sent: [],
          arrived: 0,
          given: [],
          got: 0,
          ending: false,
          ended: false,
        }
        const chain: Chain = { head, near, far }
        fc.modelRun(() => ({ model, real: chain }), commands)
        finish(t, model, chain)
      },
    ),
    { numRuns: 400 },
  )
})
