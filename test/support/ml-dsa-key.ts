/** ML-DSA keys for tests that mint certificates: node:crypto has none before Node 24. */
import type { Bytes, MlDsaName } from '@biopair/crypto'
import { mlDsaKeygen } from '@biopair/crypto/ml-dsa'
import { noble } from '@biopair/crypto/noble'
import {
  integer,
  MintKey,
  type MlDsaForm,
  octetString,
  sequence,
  signerOf,
} from '@biopair/testkit/mint'

export { type MlDsaForm, mlDsaForms } from '@biopair/testkit/mint'

export const mlDsaKinds = ['mldsa44', 'mldsa65', 'mldsa87'] as const
export type MlDsaKind = (typeof mlDsaKinds)[number]

const sets = { mldsa44: 'ML-DSA-44', mldsa65: 'ML-DSA-65', mldsa87: 'ML-DSA-87' } as const

export class MlDsaKey {
  readonly kind: MlDsaKind
  readonly set: MlDsaName
  readonly seed: Bytes
  readonly expanded: Bytes
  readonly publicKey: Bytes
  /** What the minter signs with. */
  readonly key: MintKey

  constructor(kind: MlDsaKind, seed: Bytes) {
    this.kind = kind
    this.seed = seed
    this.set = sets[kind]
    const { publicKey, expanded } = mlDsaKeygen(this.set, seed)
    this.publicKey = publicKey
    this.expanded = expanded
    this.key = new MintKey({ kind: 'ml-dsa', set: this.set, seed }, noble)
  }

  /** The AlgorithmIdentifier of key and signature. */
  get identifier(): Bytes {
    return signerOf(this.key).identifier
  }

  get spki(): Bytes {
    return this.key.spki
  }

  /** PKCS#8 around one of the three forms, or around any content. */
  pkcs8(form: MlDsaForm | { readonly content: Uint8Array } = 'seed'): Bytes {
    if (typeof form === 'string') return this.key.pkcs8(form)
    return sequence(integer(0), this.identifier, octetString(form.content))
  }

  sign(message: Uint8Array): Bytes {
    return signerOf(this.key).sign(message)
  }
}
