/** The parameter sets of ML-DSA, one row each (FIPS 204 §4; RFC 9881). */

export type MlDsaName = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

/** Lengths in bytes (FIPS 204 table 2). Each has one length alone. */
export interface MlDsaSet {
  readonly name: MlDsaName
  readonly publicKey: number
  /** The private key as the seed expands to it. */
  readonly expanded: number
  readonly signature: number
}

/** Bytes of the seed that a key is made of, for every set (FIPS 204 algorithm 1, ξ). */
export const mlDsaSeedLength = 32

export const mlDsaSets: Readonly<Record<MlDsaName, MlDsaSet>> = {
  'ML-DSA-44': { name: 'ML-DSA-44', publicKey: 1312, expanded: 2560, signature: 2420 },
  'ML-DSA-65': { name: 'ML-DSA-65', publicKey: 1952, expanded: 4032, signature: 3309 },
  'ML-DSA-87': { name: 'ML-DSA-87', publicKey: 2592, expanded: 4896, signature: 4627 },
}
