/** The fuzzing kit: targets, null crypto, mutators and loop; `pnpm fuzz` runs the same for as long as one likes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  Dice,
  Finding,
  type FuzzSubject,
  fuzz,
  fuzzNames,
  fuzzSubjects,
  minimise,
  mutateBytes,
  type nothingIsSecret,
  programOf,
  unsafeNullCrypto,
} from '@biopair/testkit/fuzz'
import test from 'ava'
import { root } from '../house/support/rooms.ts'

const subjects = fuzzSubjects()
const again = fuzzSubjects()
/** Executions of each target beside its corpus; more by BIOPAIR_FUZZ_RUNS. */
const runs = Number(process.env.BIOPAIR_FUZZ_RUNS ?? 250)

test('null crypto is given to nobody who does not say what it is', t => {
  t.throws(() => unsafeNullCrypto('please' as typeof nothingIsSecret), { instanceOf: TypeError })
})

for (const name of fuzzNames) {
  const { corpus, target } = subjects[name]

  test(`the corpus of ${name} breaks no law, and is the same each time`, t => {
    const inputs = corpus()
    t.true(inputs.length > 0)
    t.deepEqual(again[name].corpus(), inputs)
    for (const data of inputs) t.is(target(data), target(data))
  })

  test(`${runs} inputs of one seed break no law of ${name}`, t => {
    t.timeout(280_000)
    const all = runs + corpus().length
    const report = fuzz(subjects[name], { seed: 11, runs: all })
    t.log(`${report.perSecond} per second, ${report.answers} answers`)
    t.true(report.executions >= all)
    t.deepEqual(
      report.findings.map(({ key, program }) => [key, program]),
      [],
    )
  })

  test(`nothing at all, and noise, break no law of ${name}`, t => {
    const dice = new Dice(3)
    for (const length of [0, 1, 2, 3, 4, 5, 8, 100, 2000])
      t.is(typeof target(dice.bytes(length)), 'string')
  })
}

for (const role of ['client', 'server'] as const)
  test(`a ${role} without secrets gets past the Finished of a peer that has changed what it said`, t => {
    const { corpus, target } = subjects[role]
    // The plan, the headers of record and message, and the version: then comes the hello's random.
    const at = 3 + 5 + 4 + 2 + 20
    const changed = corpus().map(data => data.with(at, (data[at] ?? 0) ^ 1) as Uint8Array)
    const connected = changed.filter(data => / connected TLSv1\.[23] closed/.test(target(data)))
    t.true(connected.length > 40, `${connected.length} of ${changed.length}`)
  })

/** A target that has a fault of its own: three bytes, somewhere behind each other. */
const faulty: FuzzSubject = {
  name: 'faulty',
  target(data) {
    const at = data.indexOf(0xfe)
    if (at >= 0 && data.indexOf(0x01, at) > at && data.length > 4)
      throw new Finding('planted', 'it')
    return String(at >= 0)
  },
  mutator: (data, dice) => mutateBytes(data, dice),
  corpus: () => [new Uint8Array(100).fill(7)],
}

test('the loop finds a planted fault, and shows the smallest input that has it', t => {
  const report = fuzz(faulty, { seed: 5, runs: 50_000, mostFindings: 1 })
  t.deepEqual(
    report.findings.map(({ key, data }) => [key, [...data].sort((a, b) => a - b)]),
    [['planted', [0, 0, 0, 1, 0xfe]]],
  )
})

test('one seed gives one run, another another', t => {
  const run = (seed: number) => fuzz(subjects.message, { seed, runs: 500 })
  const [first, repeated, other] = [run(1), run(1), run(2)]
  t.deepEqual(repeated.kept, first.kept)
  t.notDeepEqual(other.kept, first.kept)
})

test("a subject's own corpus stays, whatever is kept beside it", t => {
  const own = subjects.record.corpus()
  const { kept } = fuzz(subjects.record, {
    seed: 2,
    runs: 600,
    mostKept: own.length + 5,
    corpus: [Uint8Array.of(1)],
  })
  t.deepEqual(kept.slice(0, own.length), own)
  t.is(kept.length, own.length + 5)
})

test('a message over QUIC, and a connection that moves or is peeked at, come to their end', t => {
  for (const name of ['client', 'server'] as const) {
    const answers = subjects[name].corpus().map(data => subjects[name].target(data))
    for (const part of [
      'quic plain CONNECTED true h2 ',
      'moved connected TLSv1.3 closed',
      'older, peeked connected TLSv1.2 closed',
    ])
      t.true(
        answers.some(answer => answer.startsWith(`${name} ${part}`)),
        part,
      )
  }
})

test('a certificate that is rich in extensions is judged for names, policies and standing', t => {
  const answers = subjects.certificate.corpus().map(data => subjects.certificate.target(data))
  for (const part of [
    'above 0 believed',
    'above 4',
    'crl true 8 believed',
    'ocsp true 8 believed',
    'crl CRL_HAS_EXPIRED 8 CRL',
  ])
    t.true(
      answers.some(answer => answer.startsWith(part)),
      part,
    )
})

test('what is minimised shows the same, and no part of it can go', t => {
  const shows = (data: Uint8Array) => data.filter(byte => byte === 9).length >= 2
  t.deepEqual([...minimise(Uint8Array.of(1, 9, 2, 3, 9, 4, 9), shows)], [9, 9])
})

test('the program of a finding runs by itself', async t => {
  const folder = join(root, 'test/dist/testkit/fuzz')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'program.mjs')
  writeFileSync(file, programOf('message', Uint8Array.of(0, 1, 2)))
  await t.notThrowsAsync(import(pathToFileURL(file).href))
})

test("the program of a finding names one's own target by its source, or by its name", t => {
  const mine = {
    name: 'mine',
    target: (data: Uint8Array) => {
      if (data.length < 100) throw new Error('too short')
      return ''
    },
    mutator: (data: Uint8Array, dice: Dice) => mutateBytes(data, dice),
    corpus: () => [Uint8Array.of(7)],
  }
  const lines = (subject: FuzzSubject) =>
    fuzz(subject, { runs: 1 }).findings[0]?.program.trim().split('\n')
  const called = lines(mine)
  t.is(called?.[0], "import { mine } from './subject.js'")
  t.is(called?.at(-1), 'console.log(mine.target(data))')
  const source = { imports: "import { all } from './all.js'", expression: 'all.mine' }
  const told = lines({ ...mine, source })
  t.is(told?.[0], source.imports)
  t.is(told?.at(-1), 'console.log(all.mine.target(data))')
})
