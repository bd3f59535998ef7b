/** Ten planted bugs, each found by the kit within a minute: the laws find those in BIOs, schedules and searches the others. */
import { bioPair, broken } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  bioLaws,
  Identities,
  LawBroken,
  type Play,
  type PlayFailure,
  search,
  smallest,
  tls,
} from '@biopair/testkit'
import test, { type ExecutionContext } from 'ava'
import { plantedBios } from './support/planted-bios.ts'
import { swappedSecrets, wrongNonce } from './support/planted-crypto.ts'
import { missingAlert, padding, staleWant } from './support/planted-plays.ts'

const minute = 60_000

/** Runs, and says what it cost: time of the processor, whatever else the machine does. */
async function within<T>(t: ExecutionContext, find: () => T | Promise<T>): Promise<T> {
  const begun = process.cpuUsage()
  const found = await find()
  const { user, system } = process.cpuUsage(begun)
  const took = Math.round((user + system) / 1000)
  t.log(`${took} ms`)
  t.true(took < minute)
  return found
}

const laws: Readonly<Record<keyof typeof plantedBios, RegExp>> = {
  'lost flush': /^what one end took, the other reads/,
  're-entrancy': /^ready never rejects, and runs no code of others/,
  'double close': /^close may be called in any state and again/,
  'ring wrap': /^what one end took, the other reads/,
  'stale want': /^where a call answered retry, ready settles/,
}

for (const [bug, make] of Object.entries(plantedBios) as [keyof typeof laws, () => never][])
  test.serial(`${bug}: a law of BIOs is broken, with its title and a few steps`, async t => {
    const broken = await within(t, async () => {
      const found: LawBroken[] = []
      for (const { keep } of bioLaws(make, { seed: 7 }))
        await keep().catch((error: unknown) => {
          if (!(error instanceof LawBroken)) throw error
          found.push(error)
        })
      return found
    })
    const named = broken.find(({ law }) => laws[bug].test(law))
    if (!named) return t.fail(broken.map(({ law }) => law).join('\n'))
    t.log(named.message)
    t.true(named.steps.length <= 6)
  })

test('an end that is told by another Error each time is named as that', async t => {
  const make = () => {
    const [bio, other] = bioPair(9)
    const read = bio.read.bind(bio)
    bio.read = into => {
      const got = read(into)
      return typeof got === 'object' && got.stop === 'broken' ? broken(new Error('over')) : got
    }
    return { bio, other }
  }
  const [law] = bioLaws(make, { seed: 7 }).filter(({ title }) => /^the end is final/.test(title))
  await t.throwsAsync(async () => law?.keep(), {
    message: /over again, got .*over, another Error object/,
  })
})

const identities = new Identities(nodeCrypto)
const plays: readonly {
  readonly bug: string
  readonly play: Play
  readonly end: PlayFailure['end']
  readonly why: RegExp
}[] = [
  {
    bug: 'wrong nonce',
    play: tls(
      { says: [20_000, 20_000], maxFragment: 2000 },
      {
        crypto: wrongNonce,
        serverCrypto: nodeCrypto,
        identities,
      },
    ),
    end: 'wrong',
    why: /bad_record_mac/,
  },
  {
    bug: 'swapped secrets',
    play: tls({}, { crypto: swappedSecrets, serverCrypto: nodeCrypto, identities }),
    end: 'wrong',
    why: /bad_record_mac/,
  },
  { bug: 'off-by-one in padding', play: padding, end: 'wrong', why: /message \d: expected/ },
  {
    bug: 'missing alert',
    play: missingAlert,
    end: 'stalled',
    why: /client waits for nothing, done/,
  },
  {
    bug: 'stale want in an end',
    play: staleWant,
    end: 'stalled',
    why: /waits for read/,
  },
]

for (const { bug, play, end, why } of plays)
  test.serial(`${bug}: a schedule breaks it, and is told by a program of a few lines`, async t => {
    const found = await within(t, () =>
      smallest(play, { seed: 5, runs: 200, largestRing: 3000, mostShrinks: 300 }),
    )
    if (!found) return t.fail('nothing was found')
    t.log(found.failure.message)
    t.is(found.failure.end, end)
    t.regex(found.failure.why, why)
    t.true(found.schedule.turns.length <= 20)
    t.true(found.failure.program.split('\n').length < 14)
  })

test('ticket blocking: the search comes to a deadlock over every ring', async t => {
  const play = tls({ until: 'tickets', certificate: 'ed25519' }, { crypto: nodeCrypto })
  const { traps, pairs } = await within(t, () => search(play, { by: 'bytes', rings: [1, 7] }))
  t.is(traps.length, pairs)
  t.log(traps[0]?.path.join('\n'))
  t.true(traps.every(({ kind, confirmed }) => kind === 'deadlock' && confirmed))
})

test('stale want in an end: the search finds the shortest way into the deadlock', t => {
  const { traps } = search(staleWant, { rings: [4] })
  t.deepEqual(
    traps.map(({ kind }) => kind),
    ['deadlock'],
  )
  t.log(traps[0]?.schedule.turns)
  t.true((traps[0]?.schedule.turns.length ?? 99) < 25)
})
