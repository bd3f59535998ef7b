/** ML-DSA keys for tests that mint certificates: node:crypto has none before Node 24. */

import { type Bytes, failed, type MlDsaName } from '@biopair/crypto'
import { mlDsaKeygen, mlDsaPrivateKey } from '@biopair/crypto/ml-dsa'
import { bitString, implicit, integer, octetString, oid, sequence } from './der-writer.ts'

export const mlDsaKinds = ['mldsa44', 'mldsa65', 'mldsa87'] as const
export type MlDsaKind = (typeof mlDsaKinds)[number]

const rows = {
  mldsa44: { set: 'ML-DSA-44', oid: '2.16.840.1.101.3.4.3.17' },
  mldsa65: { set: 'ML-DSA-65', oid: '2.16.840.1.101.3.4.3.18' },
  mldsa87: { set: 'ML-DSA-87', oid: '2.16.840.1.101.3.4.3.19' },
} as const

/** The forms of RFC 9881 §6. */
export const mlDsaForms = ['seed', 'expandedKey', 'both'] as const
export type MlDsaForm = (typeof mlDsaForms)[number]

export class MlDsaKey {
  readonly kind: MlDsaKind
  readonly set: MlDsaName
  readonly seed: Bytes
  readonly expanded: Bytes
  readonly publicKey: Bytes

  constructor(kind: MlDsaKind, seed: Bytes) {
    this.kind = kind
    this.seed = seed
    this.set = rows[kind].set
    const { publicKey, expanded } = mlDsaKeygen(this.set, seed)
    this.publicKey = publicKey
    this.expanded = expanded
  }

  /** The AlgorithmIdentifier of key and signature. */
  get identifier(): Bytes {
    return sequence(oid(rows[this.kind].oid))
  }

  get spki(): Bytes {
    return sequence(this.identifier, bitString(this.publicKey))
  }

  /** PKCS#8 around one of the three forms, or around any content. */
  pkcs8(form: MlDsaForm | { readonly content: Uint8Array } = 'seed'): Bytes {
    const content = typeof form === 'object' ? form.content : this.#content(form)
    return sequence(integer(0), this.identifier, octetString(content))
  }

  sign(message: Uint8Array): Bytes {
    const key = mlDsaPrivateKey({ kind: 'ml-dsa', set: this.set, seed: this.seed })
    if (failed(key)) throw new Error(key.why)
    return key.sign({ kind: 'ml-dsa', set: this.set }, message)
  }

  #content(form: MlDsaForm): Bytes {
    if (form === 'seed') return implicit(0, this.seed)
    const expanded = octetString(this.expanded)
    return form === 'both' ? sequence(octetString(this.seed), expanded) : expanded
  }
}
