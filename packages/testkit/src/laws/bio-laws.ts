/** `bioLaws`: what every BIO has to keep, checked on anybody's; a broken law comes with the fewest steps that break it. */
import type { Bio } from '@biopair/bio'
import { lends } from '@biopair/bio'
import fc from 'fast-check'
import { namedIn, sourceOf } from '../schedule/program.ts'
import { type BioRule, bioRules } from './bio-rules.ts'
import { type BioEnds, type BioStep, bioScripts, byteScripts, stepInWords } from './bio-script.ts'
import { expect, type Law, LawBroken } from './law.ts'

export interface BioLawOptions {
  /** Scripts for each law; 60. */
  readonly runs?: number
  /** What the scripts follow from; another one each time, unless given. */
  readonly seed?: number
  /** How a program names `make`: without it, as what `bio.js` exports by its name. */
  readonly source?: { readonly imports: string; readonly expression: string }
  /** Titles of laws that do not hold by design: they are left out. A title that is no law's is a TypeError. */
  readonly except?: readonly string[]
}

/**
 * The laws, for any runner: `for (const { title, keep } of bioLaws(make)) test(title, keep)`. Each makes new ends with `make` as often as it likes.
 * `keep` rejects with a `LawBroken`.
 */
export function bioLaws(make: () => BioEnds, options: BioLawOptions = {}): readonly Law[] {
  const { except = [] } = options
  const laws = [
    ...bioRules.map(rule => ({ title: rule.title, keep: () => keepRule(make, rule, options) })),
    { title: notBytes, keep: async () => once(notBytes, () => refusesWhatIsNotBytes(make())) },
    { title: lending, keep: async () => once(lending, () => lendsWhatItReads(make())) },
  ]
  const unknown = except.filter(title => !laws.some(law => law.title === title))
  if (unknown.length > 0) throw new TypeError(`except: no law says "${unknown.join('", "')}"`)
  return laws.filter(({ title }) => !except.includes(title))
}

/** Takes these steps under one law, by its title: what a printed program does. Rejects with a `LawBroken` where they break it. */
export async function keepLaw(
  make: () => BioEnds,
  title: string,
  steps: readonly BioStep[],
): Promise<void> {
  const rule = bioRules.find(each => each.title === title)
  if (!rule) throw new TypeError(`no law with steps says "${title}"`)
  try {
    await walk(make, rule, steps)
  } catch (error) {
    throw broken(rule, steps, error)
  }
}

async function keepRule(make: () => BioEnds, rule: BioRule, options: BioLawOptions): Promise<void> {
  const { runs = 60, seed } = options
  const scripts = rule.ends ? bioScripts : byteScripts
  const details = await fc.check(
    fc.asyncProperty(scripts, steps => walk(make, rule, steps)),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  )
  if (!details.failed || !details.counterexample) return
  const [steps] = details.counterexample
  throw broken(rule, steps, details.errorInstance, programOf(make, rule.title, steps, options))
}

async function walk(make: () => BioEnds, rule: BioRule, steps: readonly BioStep[]): Promise<void> {
  const ends = make()
  const { step, finish } = rule.watch(ends)
  for (const each of steps) {
    await step(each)
    await ends.turn?.()
  }
  await finish?.()
}

function broken(
  { title }: BioRule,
  steps: readonly BioStep[],
  error: unknown,
  program?: string,
): LawBroken {
  const why = error instanceof Error ? error.message : String(error)
  return new LawBroken(title, why, {
    steps: steps.map(stepInWords),
    cause: error,
    ...(program === undefined ? {} : { program }),
  })
}

function programOf(
  make: () => BioEnds,
  title: string,
  steps: readonly BioStep[],
  { source }: BioLawOptions,
): string {
  const { imports, expression } = source ?? namedIn(make.name, 'make', 'bio')
  return [
    `import { keepLaw } from '@biopair/testkit'`,
    imports,
    '',
    `await keepLaw(${expression}, ${sourceOf(title)}, [`,
    ...steps.map(step => `  ${sourceOf(step)},`),
    '])',
    '',
  ].join('\n')
}

const notBytes = 'what is not bytes is refused with a TypeError'
const lending = 'a BIO that lends its storage lends what can be read, and nothing beyond'

function once(title: string, look: () => void): void {
  try {
    look()
  } catch (error) {
    throw new LawBroken(title, error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}

function refusesWhatIsNotBytes({ bio }: BioEnds): void {
  for (const wrong of ['text', [1, 2], undefined, new Uint16Array(1)])
    for (const call of ['read', 'write'] as const)
      throws(
        TypeError,
        () => bio[call](wrong as unknown as Uint8Array),
        `${call}(${String(wrong)})`,
      )
}

function lendsWhatItReads({ bio, other }: BioEnds): void {
  if (!lends(bio)) return
  const said = Uint8Array.of(1, 2, 3)
  const took = other.write(said)
  const run = bio.run()
  if (typeof took === 'number' && run instanceof Uint8Array) {
    expect(run.length >= 1, 'a run of 1 byte or more')
    expect(
      run.every((byte, at) => byte === said[at]),
      'the run to be what was written',
    )
    throws(RangeError, () => bio.consume(run.length + 1), 'consume beyond the run')
    bio.consume(1)
    const next = read(bio)
    if (next !== undefined) expect(next === said[1], 'what was consumed to be read')
  }
  const room = bio.room(1)
  if (!(room instanceof Uint8Array)) return
  expect(room.length >= 1, 'room for 1 byte or more')
  throws(RangeError, () => bio.commit(room.length + 1), 'commit beyond the room')
}

function read(bio: Bio): number | undefined {
  const into = new Uint8Array(1)
  return bio.read(into) === 1 ? into[0] : undefined
}

function throws(
  kind: ErrorConstructor | TypeErrorConstructor | RangeErrorConstructor,
  call: () => unknown,
  what: string,
): void {
  let thrown: unknown
  try {
    call()
  } catch (error) {
    thrown = error
  }
  expect(thrown instanceof kind, `${what} to throw a ${kind.name}, got ${thrown}`)
}
