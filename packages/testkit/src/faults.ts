/** The table of faults: how to mint a chain with exactly one thing wrong, and what a verifier has to answer. */
import type { VerifyCode } from '@biopair/x509'
import type { Minted } from './certificate.ts'
import { type ChainPlan, type ChainShape, chainName, mintPlan, soundPlan } from './chain.ts'
import { encodingFaults } from './faults/encoding.ts'
import { altered, type Fault } from './faults/fault.ts'
import { namingFaults } from './faults/naming.ts'
import { signatureFaults } from './faults/signatures.ts'
import { trustFaults } from './faults/trust.ts'
import type { Minter } from './minter.ts'

const rows = { ...trustFaults, ...namingFaults, ...signatureFaults, ...encodingFaults } as const

export type FaultName = keyof typeof rows

/** Every fault, by name. */
export const faults: Readonly<Record<FaultName, Fault>> = rows

/** The names of all faults. */
export const faultNames = Object.keys(rows) as readonly FaultName[]

/** The depths where a fault can be in a chain with this many intermediates; none, where the chain is too short for it. */
export function placesOf(fault: FaultName, intermediates: number): readonly number[] {
  const { at, least = 0 } = faults[fault]
  const depths = Array.from({ length: intermediates + 2 }, (_, depth) => depth)
  return depths.filter(depth => {
    if (depth < least) return false
    if (at === 'leaf') return depth === 0
    if (at === 'intermediate') return depth > 0 && depth <= intermediates
    if (at === 'issuer') return depth > 0
    return at === 'any' || depth <= intermediates
  })
}

/** What `verifyChain` answers to a chain with one fault. */
export interface Expected {
  readonly code: VerifyCode
  /** Which certificate is blamed: 0 is the leaf. */
  readonly depth: number
  /** Which field of it, if it is one. */
  readonly field: string | undefined
}

/** A chain and its double with one fault, each from the leaf to the root. */
export interface FaultyChain {
  readonly sound: readonly Minted[]
  readonly faulty: readonly Minted[]
  /** The name to ask for. */
  readonly name: string
  readonly expected: Expected
}

/**
 * Mints a chain of a shape twice, without a fault and with it, at a depth: by default the first where it can be, in a chain with as many
 * intermediates as it takes. TypeError where it cannot be.
 */
export function faultyChain(
  minter: Minter,
  fault: FaultName,
  shape: ChainShape & { readonly depth?: number } = {},
): FaultyChain {
  const { intermediates = 1 } = shape
  const [first] = placesOf(fault, intermediates)
  const { depth = first } = shape
  if (depth === undefined || !placesOf(fault, intermediates).includes(depth))
    throw new TypeError(`${fault} cannot be at depth ${depth} below ${intermediates} intermediates`)
  const plan = soundPlan(minter, { ...shape, intermediates })
  const { prepare = same, change, code, blames = itself, field, name = chainName } = faults[fault]
  const prepared = prepare(plan, depth, minter)
  const spoilt = altered(prepared, depth, plain => change(plain, depth, minter))
  return {
    sound: mintPlan(minter, withName(prepared, name)),
    faulty: mintPlan(minter, spoilt),
    name,
    expected: {
      code: typeof code === 'function' ? code(depth) : code,
      depth: blames(depth),
      field,
    },
  }
}

/** The sound chain is for the name that is asked for, too. */
function withName(plan: ChainPlan, name: string): ChainPlan {
  return altered(plan, 0, plain => {
    const { names = [] } = plain
    return names.includes(name) ? plain : { ...plain, names: [...names, name] }
  })
}

function same(plan: ChainPlan): ChainPlan {
  return plan
}

function itself(depth: number): number {
  return depth
}
