/** Certificate chains with one fault each, as plain data, and what a verifier has to answer to them. */
import fc from 'fast-check'
import type { ChainShape } from '../chain.ts'
import {
  type FaultName,
  type FaultyChain,
  faultNames,
  faults,
  faultyChain,
  placesOf,
} from '../faults.ts'
import type { KeyKind } from '../keys.ts'
import { Minter, type MinterOptions } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { seededTime } from '../seeds/seed.ts'

/** A chain with one fault, by description. */
export interface FaultPlan {
  readonly fault: FaultName
  /** Which certificate has it: 0 is the leaf. */
  readonly depth: number
  readonly intermediates: number
  readonly key: KeyKind
  readonly seed: string
}

/** Plans of faulty chains; they shrink to the shortest chain that can have the fault. */
export function faultPlans(
  keys: readonly KeyKind[] = ['p256', 'ed25519', 'p384'],
): fc.Arbitrary<FaultPlan> {
  return fc
    .record({
      fault: fc.constantFrom(...faultNames),
      intermediates: fc.nat(3),
      key: fc.constantFrom(...keys),
      place: fc.nat(9),
      seed: fc.nat(9999).map(String),
    })
    .map(({ fault, intermediates, key, place, seed }) => {
      let length = intermediates
      while (placesOf(fault, length).length === 0) length++
      const places = placesOf(fault, length)
      const depth = places[place % places.length] as number
      return { fault, depth, intermediates: length, key, seed }
    })
}

/** The chain of a plan, with and without its fault: the same bytes for the same plan. */
export function chainOf(
  { fault, depth, intermediates, key, seed }: FaultPlan,
  options: Partial<MinterOptions> = {},
): FaultyChain & { readonly says: string } {
  const minter = new Minter({ time: seededTime, random: seededRandom(seed), ...options })
  const shape: ChainShape & { depth: number } = { intermediates, keys: [key], depth }
  return { ...faultyChain(minter, fault, shape), says: faults[fault].says }
}
