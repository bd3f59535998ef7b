/** Chains to order: a plan says what to mint at each place, so that the same chain can be minted with and without a change. */
import type { Minted } from './certificate.ts'
import type { KeyKind, MintKey } from './keys.ts'
import type { Minter, MintOptions } from './minter.ts'
import type { GeneralNameInput } from './names.ts'

/** What to mint at one place of a chain. */
export interface PlannedCertificate extends Omit<MintOptions, 'key' | 'issuer'> {
  readonly key: MintKey
  /** `itself`, where the next certificate of the plan does not. */
  readonly signedBy?: 'itself'
}

/** The leaf first, the root last. */
export type ChainPlan = readonly PlannedCertificate[]

/** What a sound chain is like; an empty shape is leaf, intermediate and root of P-256 keys. */
export interface ChainShape {
  /** How many certificates stand between leaf and root: 1. */
  readonly intermediates?: number
  /** Kinds of keys, the leaf's first; the last one stands for the rest. */
  readonly keys?: readonly KeyKind[]
  /** What is minted otherwise, the leaf's first. */
  readonly options?: readonly Omit<MintOptions, 'key' | 'issuer'>[]
}

/** The name that a sound chain is for. */
export const chainName = 'server.example'

/** The subject alternative names of a sound chain's leaf, one of each form that can be constrained, and `chainName`. */
export const chainNames: readonly GeneralNameInput[] = [
  chainName,
  '*.wild.example',
  '192.0.2.1',
  '2001:db8::1',
  'email:someone@mail.example',
  'uri:https://host.uri.example/path',
]

/** The plan of a sound chain: its keys are drawn now, so that whatever is minted of it has the same. */
export function soundPlan(minter: Minter, shape: ChainShape = {}): ChainPlan {
  const { intermediates = 1, keys = [], options = [] } = shape
  return Array.from({ length: intermediates + 2 }, (_, depth) => {
    const name = depth === 0 ? chainName : depth <= intermediates ? `intermediate ${depth}` : 'root'
    return {
      subject: [
        ['O', 'Example'],
        ['CN', name],
      ],
      key: minter.key(keys[depth] ?? keys.at(-1)),
      // As tight as it can be: each path length constraint is just kept.
      ca: depth === 0 ? false : depth <= intermediates ? depth - 1 : true,
      names: depth === 0 ? chainNames : [],
      ...options[depth],
    }
  })
}

/** Mints a plan, from the root down; answers leaf first. */
export function mintPlan(minter: Minter, plan: ChainPlan): readonly Minted[] {
  let issuer: Minted | undefined
  const made: Minted[] = []
  for (const { signedBy, ...options } of plan.toReversed()) {
    issuer = minter.certificate({ ...options, issuer: signedBy === 'itself' ? undefined : issuer })
    made.unshift(issuer)
  }
  return made
}
