/** Schedules of datagrams: what the link does is what its plan says, what works survives it, and what does not is reported as the smallest schedule. */
import {
  type AlwaysOptions,
  always,
  type DatagramLink,
  type DatagramPlan,
  type DatagramWayPlan,
  linked,
  links,
  type Play,
  PlayFailure,
  replay,
  type Schedule,
  scheduleOf,
  schedules,
  smallest,
  ways,
} from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'
import { runProgram } from './support/programs.ts'
import { careless, eight, hasty, long, once, right, twice, wraps } from './support/window.ts'

type DatagramOptions = AlwaysOptions<DatagramLink>

const everything = {
  carries: 'datagrams',
  flips: true,
  cuts: true,
  ends: true,
  leastMtu: 20,
  longest: 40,
  within: 12,
} as const

/** What arrives of a datagram, and when, as a plan says it; told apart from what is sent by nothing but the plan. */
function arrivals(plan: DatagramWayPlan, number: number, bytes: Uint8Array, sent: number) {
  const { lost = [], doubled = [], late = [], flipped = [], cut = [], padded = [] } = plan
  const { latency = 0, mtu = 1472, end = 99 } = plan
  if (lost.includes(number) || number >= end || bytes.length > mtu) return []
  const mine = <T extends { readonly at: number }>(list: readonly T[]) =>
    list.filter(({ at }) => at === number)
  let bits = [...bytes].flatMap(byte => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1))
  for (const { bit } of mine(flipped))
    bits = bits.map((value, at) => (at === bit % bits.length ? 1 - value : value))
  let length = bytes.length
  for (const { to } of mine(cut)) length = Math.min(length, to)
  let arrives = Array.from({ length }, (_, at) =>
    bits.slice(8 * at, 8 * at + 8).reduce((sum, bit, i) => sum + (bit << i), 0),
  )
  const room = (plan.holds ?? 9) * (Math.max(mtu, 1472) + 232) - 232
  for (const { by } of mine(padded))
    arrives = [...arrives, ...new Array<number>(by).fill(0)].slice(0, room)
  const due = mine(late).reduce((sum, { by }) => sum + by, sent + latency)
  const times = [due, ...mine(doubled).map(({ by }) => due + by)]
  return times.map(due => ({ due, number, arrives: arrives.join() }))
}

test('each datagram arrives as often, as changed and as late as the plan says, in the order of due times, and nothing else does', async t => {
  const datagram = fc.record({ length: fc.nat(40), pause: fc.nat(30) })
  const scene = fc.record({
    plan: ways({ ...everything, mostDelay: 60 }),
    datagrams: fc.array(datagram, { maxLength: 14 }),
  })
  let [seen, retried] = [0, 0]
  const property = fc.property(scene, ({ plan, datagrams }) => {
    const link = linked({ carries: 'datagrams', there: plan, back: {} })
    const begun = link.now
    const expected: { due: number; number: number; arrives: string }[] = []
    const got: { due: number; arrives: string }[] = []
    let [number, time, before] = [0, begun, -1]
    while (link.moved > before || link.wait(number < datagrams.length ? time : undefined)) {
      before = link.moved
      for (let full = false; number < datagrams.length && link.now >= time && !full; ) {
        const { length = 0, pause = 0 } = datagrams[number] ?? {}
        const bytes = Uint8Array.from({ length }, (_, at) => number * 16 + at)
        const answer = link.near.send(bytes)
        full = answer !== 'done'
        if (full) {
          t.is(typeof answer === 'object' && answer.stop, 'retry')
          retried++
          continue
        }
        expected.push(...arrivals(plan, number++, bytes, link.now))
        time = link.now + Math.max(0, pause - 15)
      }
      link.step()
      for (const bytes of link.far.take()) got.push({ due: link.now, arrives: bytes.join() })
    }
    t.is(number, datagrams.length)
    expected.sort((a, b) => a.due - b.due || a.number - b.number)
    seen += expected.length
    t.deepEqual(
      got,
      expected.map(({ due, arrives }) => ({ due, arrives })),
    )
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 200 }),
    () => shortOf({ arrived: seen }, ['arrived'], 251),
  )
  t.log(`${seen} arrived, ${retried} found no room at first`)
  t.deepEqual(short, [])
})

test('of datagrams that are sent at once, the late ones arrive behind the others, by how late they are', t => {
  const late = [0, 3, 1].map((at, i) => ({ at, by: [2, 1, 2][i] as number }))
  const link = linked({ carries: 'datagrams', there: { late }, back: {} })
  for (let i = 0; i < 5; i++) link.near.send(Uint8Array.of(i))
  const got: number[] = []
  do {
    link.step()
    got.push(...link.far.take().map(([first = 0]) => first))
  } while (link.wait())
  t.deepEqual(got, [2, 4, 3, 0, 1])
})

test('a half is told the MTU of its direction, and what one half closes, the other comes to the end of, behind everything that is late', t => {
  const there = { mtu: 100, late: [{ at: 0, by: 50 }] }
  const link = linked({ carries: 'datagrams', there, back: { holds: 1 } })
  t.deepEqual([link.near.mtu, link.far.mtu], [100, 1472])
  for (const length of [100, 101]) t.is(link.near.send(new Uint8Array(length)), 'done')
  link.near.close()
  link.step()
  t.false(link.far.eof)
  t.true(link.wait())
  link.step()
  t.deepEqual(
    link.far.take().map(({ length }) => length),
    [100],
  )
  t.true(link.far.eof)
  t.false(link.wait())
})

test('a link is faithful where everything arrives as it was, however late and often', t => {
  fc.assert(
    fc.property(links({ ...everything, ends: false }), plan => {
      const harm = [plan.there, plan.back].some(
        way => way.lost ?? way.flipped ?? way.cut ?? way.padded,
      )
      t.is(linked(plan).faithful, !harm)
    }),
  )
  t.false(linked({ carries: 'datagrams', there: {}, back: { end: 0 } }).faithful)
})

test('nothing is late, lost or doubled where that is not asked for', t => {
  const quiet = { carries: 'datagrams', drops: false, doubles: false, mostDelay: 0 } as const
  fc.assert(
    fc.property(ways(quiet), plan => t.deepEqual(Object.keys({ holds: 1, ...plan }), ['holds'])),
  )
})

const runs = 100
const over: DatagramOptions = { carries: 'datagrams', longest: 42, within: 20, mostSteps: 3000 }

test('a window protocol of enough numbers comes to its end over every schedule, and one of eight where nothing is late', t => {
  always(right, { ...over, leastMtu: 2, runs })
  always(eight, { ...over, mostDelay: 0, runs })
  t.pass()
})

const planted: readonly {
  readonly bug: string
  readonly play: Play<DatagramLink>
  readonly name: string
  readonly end: PlayFailure['end']
  readonly options?: Partial<DatagramOptions>
}[] = [
  { bug: 'no duplicate check', play: twice, name: 'twice', end: 'threw' },
  { bug: 'an acknowledgement out of order', play: hasty, name: 'hasty', end: 'endless' },
  { bug: 'a sequence number that wraps too early', play: wraps, name: 'wraps', end: 'threw' },
  {
    bug: 'a sequence number that wraps too early for a network that is late',
    ...{ play: eight, name: 'eight', end: 'threw' },
  },
  { bug: 'a timer that is set once', play: once, name: 'once', end: 'stalled' },
  {
    bug: 'a retry that nobody heeds',
    ...{ play: careless, name: 'careless', end: 'stalled', options: { drops: false } },
  },
  {
    bug: 'an MTU that nobody asks for',
    ...{ play: long, name: 'long', end: 'endless', options: { leastMtu: 2 } },
  },
]

for (const { bug, play, name, end, options } of planted)
  test(`${bug} is found within ${runs} runs, as a schedule that is smallest by everything in it, and as a program that fails by itself`, t => {
    const source = {
      imports: `import { ${name} } from '../../support/window.js'`,
      expression: name,
    }
    const named: Play<DatagramLink> = Object.assign(
      (...given: Parameters<typeof play>) => play(...given),
      { source },
    )
    const found = smallest(named, { ...over, ...options, seed: 1, runs })
    if (!found) return t.fail('nothing was found')
    const { schedule, failure, tried } = found
    t.log(`found by run ${tried}: ${failure.message}`)
    t.is(failure.end, end)
    const ways = (['there', 'back'] as const).flatMap(way =>
      lesser(schedule.link[way]).map(less => ({ ...schedule.link, [way]: less })),
    ) as DatagramPlan[]
    for (const link of ways) t.not(endOf(named, { ...schedule, link }), end)
    for (const at of [...schedule.turns].keys()) {
      const turns = schedule.turns.slice(0, at) + schedule.turns.slice(at + 1)
      t.not(endOf(named, { ...schedule, turns }), end)
    }
    t.true(failure.program.split('\n').length <= 14)
    // As long as it is not told how many steps it may take, an endless one takes a while.
    if (end === 'endless') return
    const { status, stderr } = runProgram(`window-${name}`, failure.program)
    t.is(status, 1)
    t.true(stderr.includes(`PlayFailure: ${failure.message.split('\n')[0]}`), stderr)
  })

test('an MTU that breaks something is reported as the largest that does: datagrams of 42 bytes, and 41', t => {
  const found = smallest(long, { ...over, leastMtu: 2, seed: 1, runs })
  t.deepEqual(found?.schedule.link, { carries: 'datagrams', there: { mtu: 41 }, back: {} })
})

/** Everything that is a plan but for one part, or one number by one. */
function lesser(plan: unknown): unknown[] {
  if (typeof plan === 'number') return plan > 0 ? [plan - 1] : []
  if (Array.isArray(plan))
    return [
      ...(plan.length > 1 ? plan.map((_, at) => plan.toSpliced(at, 1)) : []),
      ...plan.flatMap((part, at) => lesser(part).map(less => plan.with(at, less))),
    ]
  return Object.entries(plan as object).flatMap(([name, part]) => {
    const { [name]: _, ...rest } = plan as Record<string, unknown>
    // An MTU is the simpler, the nearer it is to the usual.
    if (name === 'mtu')
      return [rest, ...(part === 1471 ? [] : [{ ...rest, mtu: (part as number) + 1 }])]
    return [rest, ...lesser(part).map(less => ({ ...rest, [name]: less }))]
  })
}

/** How it ends; `refused` where there is no such plan. */
function endOf(play: Play<DatagramLink>, schedule: Schedule<DatagramLink>): string | undefined {
  try {
    replay(play, schedule, over)
    return undefined
  } catch (error) {
    return error instanceof PlayFailure ? error.end : 'refused'
  }
}

test('one seed is one schedule and one run, and a failure is found again from its seed', t => {
  fc.assert(
    fc.property(schedules(over), schedule => {
      t.is(replay(right, schedule).digest, replay(right, schedule).digest)
    }),
    { numRuns: 30 },
  )
  t.deepEqual(scheduleOf(5, over), scheduleOf(5, over))
  t.is(scheduleOf(5, over).link.carries, 'datagrams')
  const digests = Array.from({ length: 20 }, (_, seed) => replay(right, scheduleOf(seed, over)))
  t.true(new Set(digests.map(({ digest }) => digest)).size > 5)
  const first = t.throws(() => always(twice, { ...over, runs }), { instanceOf: PlayFailure })
  const seed = Number(/found with seed (-?\d+)/.exec(first?.message ?? '')?.[1])
  const again = t.throws(() => always(twice, { ...over, runs, seed }), { instanceOf: PlayFailure })
  t.is(again?.message, first?.message)
})

test('a play of datagrams is not run over bytes: it does not compile, and a run says what is missing', t => {
  // @ts-expect-error: its options do not say that the link carries datagrams.
  const error = t.throws(() => always(right), { instanceOf: PlayFailure })
  t.is(error?.end, 'threw')
  t.regex(error?.why ?? '', /near.send is not a function/)
})

test('the digest tells where one datagram ends and the next begins, and which way it went', t => {
  const sent = (there: number[][], back: number[][] = []) => {
    const link = linked({ carries: 'datagrams', there: {}, back: {} })
    for (const bytes of there) link.near.send(Uint8Array.from(bytes))
    for (const bytes of back) link.far.send(Uint8Array.from(bytes))
    return link.digest
  }
  const all = [sent([[1, 2]]), sent([[1], [2]]), sent([[1]], [[2]]), sent([], [[1, 2]]), sent([[]])]
  t.is(new Set([...all, sent([])]).size, 6)
})

test('a plan of datagrams with a slip of the pen, or with what is of bytes, is refused in words', t => {
  const refused: readonly [object, RegExp][] = [
    [{ ring: 1 }, /link.there.ring: expected one of lost, doubled/],
    [{ lost: [-1] }, /link.there.lost: expected an integer from 0 up, got -1/],
    [{ lost: 3 }, /link.there.lost: expected a list, got 3/],
    [{ late: [{ at: 1 }] }, /link.there.late.by: expected an integer from 0 up, got undefined/],
    [{ late: [1] }, /link.there.late: expected an object, got 1/],
    [{ holds: 0 }, /link.there.holds: expected an integer from 1 up/],
    [{ mtu: 0 }, /link.there.mtu: expected an integer from 1 up/],
  ]
  for (const [there, message] of refused)
    t.throws(() => linked({ carries: 'datagrams', there, back: {} } as DatagramPlan), { message })
  t.throws(() => linked({ carries: 'pigeons', there: {}, back: {} } as never), {
    message: /link.carries: expected bytes or datagrams, got pigeons/,
  })
  t.throws(() => links({ carries: 'datagrams', within: 0 }), {
    message: /within: expected an integer from 1/,
  })
})
