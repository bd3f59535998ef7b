/** The law of carriers that is about any steps, with the fewest that break it; and how every law of carriers is held. */
import type { Timers } from '@biopair/ssl/stream'
import fc from 'fast-check'
import { namedIn, sourceOf } from '../schedule/program.ts'
import type { CarrierPair } from './carrier-pair.ts'
import {
  type CarrierStep,
  carrierScripts,
  carrierStepInWords,
  takeCarrierSteps,
} from './carrier-script.ts'
import { Late, timersHere, waitingWith } from './carrier-tools.ts'
import { LawBroken } from './law.ts'

type Make = () => CarrierPair | Promise<CarrierPair>

/** Of the one law that is about any steps. */
export interface CarrierLawOptions {
  /** Scripts; 10. Each has a new pair. */
  readonly runs?: number
  /** What the scripts follow from; another one each time, unless given. */
  readonly seed?: number
  /** How a program names `make`: without it, as what `carrier.js` exports by its name. */
  readonly source?: { readonly imports: string; readonly expression: string }
}

export const anyOrder =
  'in any order of writes and reads, every byte arrives once and in order, then an end'

/** Milliseconds for what a few steps lead to, and how often that is waited for while the steps are made fewer. */
const patience = 4000
const mostHangs = 5

/** Scripts, and the fewest steps that break the law. */
export async function keepAnyOrder(
  make: Make,
  timers: Timers,
  { runs = 10, seed, source }: CarrierLawOptions,
): Promise<void> {
  let hangs = 0
  const details = await fc.check(
    fc.asyncProperty(carrierScripts, async steps => {
      if (hangs >= mostHangs) return
      try {
        await taken(make, timers, steps)
      } catch (error) {
        // A pair that is never made is not made with fewer steps.
        if (error instanceof Late) hangs += error.message.includes('make to give') ? mostHangs : 1
        throw error
      }
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  )
  if (!details.failed || !details.counterexample) return
  const [steps] = details.counterexample
  const { imports, expression } = source ?? namedIn(make.name, 'make', 'carrier')
  const program = [
    `import { keepCarrierSteps } from '@biopair/testkit'`,
    imports,
    '',
    `await keepCarrierSteps(${expression}, [`,
    ...steps.map(step => `  ${sourceOf(step)},`),
    '])',
    '',
  ].join('\n')
  throw broken(steps, details.errorInstance, program)
}

/** Takes these steps with a new pair: what a printed program does. Rejects with a `LawBroken` where something is lost, changed or not over. */
export async function keepCarrierSteps(
  make: Make,
  steps: readonly CarrierStep[],
  timers: Timers = timersHere(),
): Promise<void> {
  try {
    await taken(make, timers, steps)
  } catch (error) {
    throw broken(steps, error)
  }
}

function taken(make: Make, timers: Timers, steps: readonly CarrierStep[]): Promise<void> {
  const { within, pause } = waitingWith(timers)
  return overPair(make, timers, pair =>
    takeCarrierSteps(pair, steps, {
      within: (promise, what) => within(promise, what, patience),
      pause: () => pause(1),
    }),
  )
}

function broken(steps: readonly CarrierStep[], error: unknown, program?: string): LawBroken {
  return new LawBroken(anyOrder, wordsOf(error), {
    steps: steps.map(carrierStepInWords),
    cause: error,
    ...(program === undefined ? {} : { program }),
  })
}

/** Holds a law against a new pair. */
export async function withPair(
  make: Make,
  timers: Timers,
  title: string,
  keep: (pair: CarrierPair) => Promise<void>,
): Promise<void> {
  try {
    await overPair(make, timers, keep)
  } catch (error) {
    throw new LawBroken(title, wordsOf(error), { cause: error })
  }
}

/** Makes a pair and lets go of it, whatever comes between; its own errors come first. */
async function overPair(
  make: Make,
  timers: Timers,
  keep: (pair: CarrierPair) => Promise<void>,
): Promise<void> {
  const { within } = waitingWith(timers)
  const pair = await within(Promise.resolve(make()), 'make to give a pair')
  for (const side of ['near', 'far'] as const)
    for (const call of ['read', 'write', 'close', 'abort'] as const)
      if (typeof pair?.[side]?.[call] !== 'function')
        throw new TypeError(`make: expected a carrier with ${call}() as ${side}`)
  if (!(pair.bound >= 0)) throw new TypeError(`make: expected a number as bound, got ${pair.bound}`)
  const failures: unknown[] = []
  await keep(pair).catch((error: unknown) => failures.push(error))
  for (const side of [pair.near, pair.far])
    try {
      side.abort(new Error('the law is over'))
    } catch (error) {
      failures.push(new Error(`abort threw: ${wordsOf(error)}`, { cause: error }))
    }
  if (failures.length > 0) throw failures[0]
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
