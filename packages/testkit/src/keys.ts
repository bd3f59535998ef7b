/** Keys to mint with: drawn from a `Random`, given as PKCS#8, or one of the RSA keys that everybody knows. */
import {
  type Bytes,
  type CryptoProvider,
  type CurveName,
  failed,
  type MlDsaName,
  type PrivateKey,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
  type Random,
} from '@biopair/crypto'
import { curves, drawScalar } from '@biopair/crypto/kit'
import { encodePublicKey } from '@biopair/x509'
import { pem } from './pem.ts'
import { encodePrivateKey, type MlDsaForm } from './pkcs8.ts'
import { rsaTestKey } from './rsa.ts'

/** What minting asks of a provider. */
export type MintCrypto = Pick<CryptoProvider, 'privateKey' | 'randomBytes' | 'hashes'>

/** Kinds of keys that certificates are sound with. RSA keys are fixed ones: nothing here generates them. */
export const keyKinds = [
  'p256',
  'p384',
  'p521',
  'ed25519',
  'rsa',
  'rsa-pss',
  'mldsa44',
  'mldsa65',
  'mldsa87',
] as const
/** Those, and two for faults: `rsa-1024` is there to be refused, `rsa-e3` has the public exponent 3. */
export type KeyKind = (typeof keyKinds)[number] | 'rsa-1024' | 'rsa-e3'

const curveOf = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const satisfies Partial<
  Record<KeyKind, CurveName>
>
const setOf = {
  mldsa44: 'ML-DSA-44',
  mldsa65: 'ML-DSA-65',
  mldsa87: 'ML-DSA-87',
} as const satisfies Partial<Record<KeyKind, MlDsaName>>
const rsaNames = ['first', 'second', 'third'] as const

/** The material of a key of a kind; TypeError, if there is no such kind. `nth` chooses among the RSA keys; there are three. */
export function keyMaterial(kind: KeyKind, random: Random, nth = 0): PrivateKeyMaterial {
  switch (kind) {
    case 'p256':
    case 'p384':
    case 'p521':
      return { kind: 'ec', curve: curveOf[kind], d: drawScalar(random, curves[curveOf[kind]]) }
    case 'ed25519':
      return { kind: 'ed25519', seed: random('ed25519 key', 32) }
    case 'mldsa44':
    case 'mldsa65':
    case 'mldsa87':
      return { kind: 'ml-dsa', set: setOf[kind], seed: random('ml-dsa seed', 32) }
    case 'rsa-1024':
      return rsaTestKey('small')
    case 'rsa-e3':
      return rsaTestKey('e3')
    case 'rsa':
    case 'rsa-pss': {
      const key = rsaTestKey(rsaNames[nth % rsaNames.length] as (typeof rsaNames)[number])
      return kind === 'rsa' ? key : { ...key, pss: { hash: 'sha256', saltLength: 32 } }
    }
    default:
      throw new TypeError(`key: expected one of ${keyKinds.join(', ')}, got ${kind}`)
  }
}

/** A private key with all that a certificate needs of it. */
export class MintKey {
  readonly material: PrivateKeyMaterial
  readonly publicMaterial: PublicKeyMaterial
  /** SubjectPublicKeyInfo. */
  readonly spki: Bytes
  readonly privateKey: PrivateKey

  /** TypeError for material that the provider takes for no key. */
  constructor(material: PrivateKeyMaterial, crypto: Pick<MintCrypto, 'privateKey'>) {
    const key = crypto.privateKey(material)
    if (failed(key)) throw new TypeError(key.why)
    this.material = material
    this.privateKey = key
    this.publicMaterial = key.publicMaterial
    this.spki = encodePublicKey(key.publicMaterial)
  }

  /** PKCS#8; an ML-DSA key as its seed, unless another form is wanted. */
  pkcs8(form?: MlDsaForm): Bytes {
    return encodePrivateKey(this.material, this.publicMaterial, form)
  }

  /** PKCS#8 as PEM. */
  pem(form?: MlDsaForm): string {
    return pem('PRIVATE KEY', this.pkcs8(form))
  }
}
