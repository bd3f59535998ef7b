/** The kit's search against a second one, written for toys alone: the same states, traps and ends, and no order that it leaves out. */
import { type Link, type Play, search } from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'

/** A toy's program: writes or reads a byte, ends its side, goes on elsewhere; behind the last it is done. */
type Op = 'w' | 'r' | 'e' | number
type Toy = readonly Op[]

/** `one`: a step is one op; `all`: it goes on until it can go on no more, which a toy that jumps never does. */
function playOf(toys: readonly [Toy, Toy], stride: 'one' | 'all'): Play {
  return link => {
    const end = (half: Link['near'], toy: Toy) => {
      let at = 0
      const op = () => {
        const what = toy[at]
        if (what === undefined) return false
        if (typeof what === 'number') at = what
        else if (what === 'e') {
          half.end()
          at++
        } else {
          const byte = new Uint8Array(1)
          const moved = what === 'w' ? half.write(byte) : half.read(byte)
          if (typeof moved !== 'number' && moved.stop === 'retry') return false
          at++
        }
        return true
      }
      return {
        get done() {
          return at >= toy.length
        },
        get waits() {
          return `${at}`
        },
        step() {
          while (op() && stride === 'all');
        },
      }
    }
    return { client: end(link.near, toys[0]), server: end(link.far, toys[1]) }
  }
}

interface State {
  readonly at: readonly [number, number]
  /** Bytes under way: to the server, to the client. */
  readonly held: readonly [number, number]
  readonly ended: readonly [boolean, boolean]
}

/** One op of an end; the same state where it cannot. */
function opOf(
  state: State,
  who: 0 | 1,
  toys: readonly [Toy, Toy],
  rings: readonly number[],
): State {
  const other = who === 0 ? 1 : 0
  const what = toys[who][state.at[who]]
  const go = (to: number): State['at'] => (who === 0 ? [to, state.at[1]] : [state.at[0], to])
  const on = go(state.at[who] + 1)
  const hold = (way: 0 | 1, by: number): State['held'] =>
    way === 0 ? [state.held[0] + by, state.held[1]] : [state.held[0], state.held[1] + by]
  if (what === undefined) return state
  if (typeof what === 'number') return { ...state, at: go(what) }
  if (what === 'e')
    return {
      ...state,
      at: on,
      ended: who === 0 ? [true, state.ended[1]] : [state.ended[0], true],
    }
  if (what === 'w') {
    if (state.ended[who]) return { ...state, at: on }
    if (state.held[who] === rings[who]) return state
    return { ...state, at: on, held: hold(who, 1) }
  }
  if (state.held[other] > 0) return { ...state, at: on, held: hold(other, -1) }
  return state.ended[other] ? { ...state, at: on } : state
}

/** All states, and how many are stuck, or go round for ever. */
function bruteForce(toys: readonly [Toy, Toy], rings: readonly number[], stride: 'one' | 'all') {
  const key = (state: State) => JSON.stringify(state)
  const over = ({ at }: State) => at[0] >= toys[0].length && at[1] >= toys[1].length
  const step = (state: State, who: 0 | 1) => {
    let now = state
    for (;;) {
      const next = opOf(now, who, toys, rings)
      if (stride === 'one') return next
      if (key(next) === key(now)) return now
      now = next
    }
  }
  const start: State = { at: [0, 0], held: [0, 0], ended: [false, false] }
  const known = new Map([[key(start), start]])
  const ways = new Map<string, string[]>()
  for (const [name, state] of known) {
    const next = over(state) ? [] : [step(state, 0), step(state, 1)]
    ways.set(name, next.map(key))
    for (const other of next) known.set(key(other), other)
  }
  const reaching = (wanted: (name: string) => boolean) => {
    const reached = new Set([...known.keys()].filter(wanted))
    for (let size = -1; size !== reached.size; ) {
      size = reached.size
      for (const [name, next] of ways) if (next.some(to => reached.has(to))) reached.add(name)
    }
    return reached
  }
  const stuck = (name: string) => {
    const next = ways.get(name) ?? []
    return next.length > 0 && next.every(to => to === name)
  }
  const toEnd = reaching(name => over(known.get(name) as State))
  const toHalt = reaching(stuck)
  const names = [...known.keys()]
  return {
    states: known.size,
    ends: [...known.values()].some(over) ? 1 : 0,
    deadlocks: names.filter(stuck).length,
    livelocks: names.filter(name => !toEnd.has(name) && !toHalt.has(name)).length,
  }
}

const rings = fc.constantFrom(1, 2, 3)
const straight = fc.array(fc.constantFrom<Op>('w', 'r'), { minLength: 1, maxLength: 9 })
const jumping = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Op>('w', 'r') },
    { weight: 1, arbitrary: fc.constant<Op>('e') },
    { weight: 1, arbitrary: fc.nat(4) },
  ),
  { minLength: 1, maxLength: 8 },
)

test('a search by turns counts the states, deadlocks and livelocks that a second search counts, of any toy', async t => {
  const met = new Map<string, number>()
  const property = fc.property(jumping, jumping, rings, (client, server, ring) => {
    const toys = [client, server] as const
    const due = bruteForce(toys, [ring, ring], 'one')
    const { states, ends, traps } = search(playOf(toys, 'one'), { rings: [ring] })
    const count = (kind: string) => traps.find(trap => trap.kind === kind)?.states ?? 0
    const got = {
      states,
      ends,
      deadlocks: count('deadlock'),
      livelocks: count('livelock'),
    }
    t.deepEqual(got, due)
    t.true(traps.every(({ confirmed }) => confirmed))
    for (const { kind } of traps) met.set(kind, (met.get(kind) ?? 0) + 1)
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 150 }),
    () => shortOf(met, ['deadlock', 'livelock'], 1),
  )
  t.log(Object.fromEntries(met))
  t.deepEqual(short, [])
  t.is(met.size, 2)
})

test('a search by bytes finds a deadlock where a second search finds one, and reaches the end where that does', async t => {
  let deadlocks = 0
  const property = fc.property(straight, straight, rings, (client, server, ring) => {
    const toys = [client, server] as const
    // Over wide rings it has to come to its end, or there is nothing to record.
    fc.pre(bruteForce(toys, [99, 99], 'all').deadlocks === 0)
    const due = bruteForce(toys, [ring, ring], 'one')
    const { ends, traps, whole } = search(playOf(toys, 'all'), { by: 'bytes', rings: [ring] })
    t.true(whole)
    t.is(ends, due.ends)
    t.is(traps.length, due.deadlocks > 0 ? 1 : 0)
    deadlocks += traps.length
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 150 }),
    () => shortOf({ deadlocks }, ['deadlocks'], 6),
  )
  t.deepEqual(short, [])
})

test('a deadlock that comes of what an end remembers is found where it says so, and may be missed where it does not', t => {
  // The server is done by a 2 alone; which byte the client says is up to the order of the first steps.
  const play: Play = link => {
    let [greeted, said, heard] = [false, 0, 0]
    return {
      client: {
        get done() {
          return said > 0
        },
        step() {
          if (said > 0) return
          said = greeted ? 1 : 2
          link.near.write(Uint8Array.of(said))
        },
      },
      server: {
        get done() {
          return heard === 2
        },
        step() {
          greeted = true
          const into = new Uint8Array(1)
          if (link.far.read(into) === 1) heard = into[0] as number
        },
      },
    }
  }
  // Nothing that is seen changes when the server greets, so that this order is one with the other until a byte is said.
  const [trap] = search(play, { rings: [1, 1] }).traps
  t.is(trap, undefined)
  const seen: Play = (link, seed) => {
    const { client, server } = play(link, seed)
    let steps = 0
    const step = () => {
      steps++
      server.step()
    }
    return {
      client,
      server: {
        get done() {
          return server.done
        },
        get waits() {
          return `${Math.min(steps, 1)} ${server.done}`
        },
        step,
      },
    }
  }
  t.is(search(seen, { rings: [1] }).traps[0]?.kind, 'deadlock')
})

test('a recording is searched to its end where an end says more than 8191 bytes', t => {
  const toys = [
    [...Array.from({ length: 8200 }, (): Op => 'w'), 'r'],
    [...Array.from({ length: 8200 }, (): Op => 'r'), 'w'],
  ] as const
  const { states, ends, traps } = search(playOf(toys, 'all'), { by: 'bytes', rings: [1] })
  t.is(ends, 1)
  t.deepEqual(traps, [])
  t.is(states, 2 * (2 * 8200 + 3) - 1)
})

test('ends whose steps stop early, or which do what the order makes them do, are not searched by recorded bytes', t => {
  t.throws(
    () =>
      search(
        playOf(
          [
            ['w', 'w', 'w'],
            ['r', 'r', 'r'],
          ],
          'one',
        ),
        { by: 'bytes' },
      ),
    {
      message: /in another order the (client|server) has .*search by turns/,
    },
  )
})

test('what cannot be searched is refused, and not searched as something else or not at all', t => {
  const play = playOf([['w'], ['r']], 'all')
  t.throws(() => search(play, { by: 'byte' as 'bytes' }), {
    message: /by: expected turns or bytes/,
  })
  t.throws(() => search(play, { rings: [] }), { message: /rings: expected a list of one/ })
  t.throws(() => search(play, { rings: [0] }), { instanceOf: RangeError })
  t.throws(() => search(play, { mostStates: Number.NaN }), { instanceOf: RangeError })
})

test('a play that throws when it is made is a trap, and a deadlock is told of a search that was cut short', t => {
  const none: Play = () => {
    throw new Error('no ends')
  }
  const [trap] = search(none, { rings: [1] }).traps
  t.is(trap?.kind, 'threw')
  // Whoever listens before anything was said listens for ever, and nobody else is soon done.
  const hasty: Play = link => {
    let [mode, count, said] = ['', 0, false]
    return {
      client: {
        get done() {
          return count === 50
        },
        get waits() {
          return `${mode} ${count}`
        },
        step() {
          mode ||= link.near.pending > 0 ? 'on' : 'stuck'
          if (mode === 'on') count++
        },
      },
      server: {
        get done() {
          return said
        },
        get waits() {
          return `${said}`
        },
        step() {
          said ||= link.far.write(Uint8Array.of(1)) === 1
        },
      },
    }
  }
  const cut = search(hasty, { rings: [1], mostStates: 9 })
  t.deepEqual(
    cut.traps.map(({ kind }) => kind),
    ['deadlock'],
  )
  t.false(cut.whole)
})
