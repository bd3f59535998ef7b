/** Schedules: what works survives them, what does not is reported as the smallest one, and as a program that fails by itself. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  always,
  Identities,
  linked,
  links,
  type Play,
  PlayFailure,
  replay,
  type Schedule,
  schedules,
  smallest,
  tls,
  tlsConfigs,
} from '@biopair/testkit'
import test from 'ava'
import fc from 'fast-check'
import { chat, forgetful, stubborn } from './support/chat.ts'
import { runProgram } from './support/programs.ts'

const means = { crypto: nodeCrypto, identities: new Identities(nodeCrypto) }
const one: Schedule = { link: { there: { ring: 1 }, back: { ring: 1 } }, turns: '', seed: '0' }

test('what is written arrives whole and in order over every faithful link, whatever is cut, gathered, late or stalled', t => {
  fc.assert(
    fc.property(links(), fc.uint8Array({ maxLength: 300 }), (plan, bytes) => {
      const link = linked(plan)
      let left = bytes
      const got: number[] = []
      for (let i = 0; got.length < bytes.length; i++) {
        if (i > 100_000) throw new Error('it never arrives')
        const before = link.moved
        const took = left.length > 0 ? link.near.write(left) : 0
        if (typeof took === 'number') left = left.subarray(took)
        link.step()
        const into = new Uint8Array(7)
        const count = link.far.read(into)
        if (typeof count === 'number') got.push(...into.subarray(0, count))
        if (link.moved === before) link.wait()
      }
      t.deepEqual(got, [...bytes])
    }),
    { numRuns: 150 },
  )
})

test('a link ends after byte k, with an end or an error, and flips the bits that it is told to', t => {
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.constantFrom('eof' as const, 'broken' as const),
      fc.nat(8 * 40 - 1),
      (at, as, flip) => {
        const there = { ring: 100, end: { at, as }, flips: [flip] }
        const link = linked({ there, back: { ring: 100 } })
        link.near.write(new Uint8Array(40))
        link.step()
        const got = link.far.take()
        t.is(got.length, at)
        const whole = new Uint8Array(40)
        whole[flip >> 3] = 1 << (flip & 7)
        t.deepEqual(got, whole.subarray(0, at))
        const end = link.far.read(new Uint8Array(1))
        t.is(typeof end === 'number' ? end : end.stop, as)
      },
    ),
  )
})

test('a chat and a connection of TLS come to their end over every schedule', t => {
  always(chat, { runs: 150 })
  always(tls({}, means), { runs: 15 })
  t.pass()
})

test('connections of any configuration come to their end and agree, over links that lose nothing', t => {
  fc.assert(
    fc.property(
      tlsConfigs({ groups: ['x25519', 'secp256r1'], mostSaid: 300 }),
      schedules({ largestRing: 2000 }),
      (config, schedule) => {
        replay(tls(config, means), schedule)
      },
    ),
    { numRuns: 25 },
  )
  t.pass()
})

test('over links that end or flip bits, no connection delivers what was not said, and both ends notice', t => {
  always(tls({}, means), { runs: 25, ends: true, flips: true, largestRing: 2000, within: 2000 })
  t.pass()
})

const faulty: readonly { play: Play; end: PlayFailure['end']; file: string }[] = [
  { play: stubborn, end: 'stalled', file: 'stubborn' },
  { play: forgetful, end: 'wrong', file: 'forgetful' },
]

for (const { play, end, file } of faulty)
  test(`a chat that is ${file} is reported as a schedule of one link and no turns, and as a program that fails in the same way`, t => {
    const source = {
      imports: `import { ${file} } from '../../support/chat.js'`,
      expression: file,
    }
    const named = Object.assign((...given: Parameters<Play>) => play(...given), { source })
    const found = smallest(named, { seed: 1 })
    if (!found) return t.fail('nothing was found')
    t.is(found.failure.end, end)
    t.is(found.schedule.turns, '')
    t.deepEqual(Object.keys(found.schedule.link.there), ['ring'])
    t.log(found.failure.message)
    const { program, why } = found.failure
    t.true(program.split('\n').length <= 13)
    const { status, stderr } = runProgram(file, program)
    t.is(status, 1)
    t.true(stderr.includes(`PlayFailure: ${end}: ${why.split('\n')[0]}`), stderr)
    const error = t.throws(() => always(named, { seed: 1 }), { instanceOf: PlayFailure })
    t.regex(error?.message ?? '', /found with seed 1: schedule \d+, made smaller \d+ times/)
  })

test('turns that are needed stay in the smallest schedule', t => {
  // Fails where the server was stepped three times before the client was.
  const play: Play = () => {
    let [early, begun] = [0, false]
    const client = {
      done: true,
      step: () => {
        begun = true
      },
    }
    const server = {
      done: true,
      step: () => {
        if (!begun && ++early === 3) throw new Error('three times')
      },
    }
    return { client, server }
  }
  t.is(smallest(play, { seed: 3, runs: 300 })?.schedule.turns, 'sss')
})

test('a play without an end, with words that change, and one that throws when it is made are told apart', t => {
  let words = 0
  const endless: Play = link => {
    const step = () => {
      link.near.write(Uint8Array.of(1))
      link.far.take()
    }
    const actor = {
      done: false,
      step,
      get waits() {
        return String(words++)
      },
    }
    return { client: actor, server: actor }
  }
  const throws: Play = () => {
    throw new Error('no ends')
  }
  const endOf = (play: Play) =>
    t.throws(() => replay(play, one, { mostSteps: 1000 }), { instanceOf: PlayFailure })?.end
  t.is(endOf(endless), 'endless')
  t.is(endOf(throws), 'threw')
})

test('a plan that cannot be is refused', t => {
  for (const there of [
    { ring: 0 },
    { ring: 1, cuts: [] },
    { ring: 1, cuts: [0] },
    { ring: 1, latency: -1 },
    { ring: 1, flips: [0.5] },
  ])
    t.throws(() => linked({ there, back: { ring: 1 } }), { instanceOf: RangeError })
  t.throws(() => replay(chat, { ...one, turns: 'x' }), { message: /expected c, s or p/ })
})
