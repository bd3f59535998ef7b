/** What the kit reports is as small as it says, follows from its schedule, and is refused where it cannot be run. */

import { writeFileSync } from 'node:fs'
import { MemoryBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  always,
  type BioEnds,
  bioLaws,
  type LawBroken,
  type LinkPlan,
  type Play,
  PlayFailure,
  replay,
  type Schedule,
  Seed,
  smallest,
  tls,
} from '@biopair/testkit'
import test from 'ava'
import { folderFor, runProgram } from '../testkit/support/programs.ts'

const quiet = { done: true, step() {} }
const plain: Schedule = { link: { there: { ring: 1 }, back: { ring: 1 } }, turns: '', seed: '0' }

/** A server that may not be given six bytes at once. */
const gathered: Play = ({ near, far }) => {
  let [said, heard] = [0, 0]
  return {
    client: {
      get done() {
        return said === 10
      },
      step() {
        if (said < 10 && near.write(Uint8Array.of(1)) === 1) said++
      },
    },
    server: {
      get done() {
        return heard === 10
      },
      step() {
        const got = far.take().length
        heard += got
        if (got >= 6) throw new Error('too many')
      },
    },
  }
}

test('a stall that has nothing to do with a failure, and a turn that is one too many, are not part of its smallest schedule', t => {
  for (let seed = 1; seed <= 20; seed++) {
    const { schedule, failure } = smallest(gathered, { seed, runs: 300 }) ?? {}
    if (!schedule) return t.fail('nothing was found')
    const { turns, link } = schedule
    const fewer = [...turns].map((_, at) => turns.slice(0, at) + turns.slice(at + 1))
    const lesser = (['there', 'back'] as const).flatMap(way =>
      Object.keys(link[way]).map(part => {
        const { [part as 'ring']: gone, ...rest } = link[way]
        const less = part === 'ring' ? { ...rest, ring: Math.max(1, gone - 1) } : link[way]
        return { ...link, [way]: part === 'ring' ? less : rest } as LinkPlan
      }),
    )
    const others = [
      ...fewer.map(turns => ({ ...schedule, turns })),
      ...lesser.map(link => ({ ...schedule, link })),
    ].filter(other => JSON.stringify(other) !== JSON.stringify(schedule))
    for (const other of others) t.not(endOf(other), failure?.end, JSON.stringify(other))
    t.is(schedule.seed, '0')
  }
})

function endOf(schedule: Schedule): string | undefined {
  try {
    replay(gathered, schedule)
    return undefined
  } catch (error) {
    return (error as PlayFailure).end
  }
}

test('a play that does not do the same again is told as that, and not by a TypeError of the kit', t => {
  let runs = 0
  const flaky: Play = () => ({
    client: quiet,
    server: quiet,
    check() {
      if (runs++ === 0) throw new Error('once')
    },
  })
  t.throws(() => smallest(flaky), { message: /same schedule did not break it again/ })
})

test('a property of no runs, a play that is none, a plan with a slip of the pen and a seed that is no ASCII are refused in words', t => {
  const plan = (there: object) => ({ ...plain, link: { there, back: { ring: 1 } } as LinkPlan })
  const refused: readonly [() => unknown, RegExp][] = [
    [() => always(gathered, { runs: 0 }), /runs: expected an integer from 1 up, got 0/],
    [() => always(gathered, { seed: Number.NaN }), /seed: expected an integer, got NaN/],
    [() => always(undefined as unknown as Play), /play: expected a function/],
    [() => replay(gathered, {} as Schedule), /schedule: expected \{ link, turns, seed \}/],
    [() => replay(gathered, { ...plain, link: {} as LinkPlan }), /link.there: expected/],
    [() => replay(gathered, plan({ ring: 1, cutz: [1] })), /there.cutz: expected one of ring/],
    [
      () => replay(gathered, plan({ ring: 1, end: { at: 1, as: 'oef' } })),
      /expected eof or broken/,
    ],
    [() => replay(gathered, plain, { mostSteps: Number.NaN }), /mostSteps: expected 1 or more/],
    [() => replay((() => ({})) as unknown as Play, plain), /expected a client with a step/],
    [() => tls({ cipher: 'x' } as object), /tls: expected one of version, suite/],
    [
      () => replay(tls({ certificate: 'ml-dsa-44' as 'mldsa44' }), plain),
      /key: expected one of p256, .*, got ml-dsa-44/,
    ],
    [() => new Seed('é'), /seed: expected a text of ASCII/],
  ]
  for (const [call, message] of refused) t.throws(call, { message })
})

test('what is undefined in a plan is not there', t => {
  const there = { ring: 5, cuts: undefined } as unknown as LinkPlan['there']
  t.notThrows(() => replay(gathered, { ...plain, link: { there, back: { ring: 1 } } }))
})

test('the program of a TLS play with a provider of one’s own names it, and fails in the same way by itself', t => {
  const means = { crypto: nodeCrypto }
  const play = tls({ until: 'tickets' }, means)
  const error = t.throws(() => replay(play, { ...plain, turns: 'cs' }), {
    instanceOf: PlayFailure,
  })
  t.regex(error?.program ?? '', /import \{ means \} from '.\/play.js'/)
  const play_js = `import { nodeCrypto } from '@biopair/crypto-node'\nexport const means = { crypto: nodeCrypto }\n`
  writeFileSync(`${folderFor('means')}/play.js`, play_js)
  const { status, stderr } = runProgram('means', error?.program ?? '')
  t.is(status, 1)
  t.true(stderr.includes(`PlayFailure: ${error?.end}: ${error?.why.split('\n')[0]}`), stderr)
  const source = { imports: `import { mine } from './x.js'`, expression: 'mine' }
  const named = t.throws(() => replay(tls({ until: 'tickets' }, { ...means, source }), plain), {
    instanceOf: PlayFailure,
  })
  t.regex(named?.program ?? '', /tls\(\{ until: 'tickets' \}, mine\)/)
})

test('a function whose name is none that can be imported is `play`, `make` in a program, and not its name', async t => {
  const plays: Record<string, Play> = {
    'a play of mine': () => {
      throw new Error('no ends')
    },
  }
  const play = plays['a play of mine'] as Play
  t.regex(smallest(play)?.failure.program ?? '', /import \{ play \} from '.\/play.js'/)
  const makes: Record<string, () => BioEnds> = {
    'a BIO of mine': () => {
      const bio = new MemoryBio()
      bio.read = () => 0
      return { bio, other: bio }
    },
  }
  for (const { keep } of bioLaws(makes['a BIO of mine'] as () => BioEnds, { seed: 1 })) {
    const error = await keep().catch((error: LawBroken) => error)
    if (error?.program) t.regex(error.program, /import \{ make \} from '.\/bio.js'/)
  }
})
