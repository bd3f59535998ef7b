/** The signature schemes, one row each (RFC 9846 §4.3.3). */
import type { CurveName, PublicKeyMaterial } from './keys.ts'
import type { MlDsaName } from './ml-dsa.ts'
import type { HashName } from './provider.ts'

/** How to sign: what a SignatureScheme says apart from the key, and what an X.509 AlgorithmIdentifier says. */
export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  /** Pure ML-DSA (FIPS 204 algorithms 2 and 3) with an empty context. */
  | { readonly kind: 'ml-dsa'; readonly set: MlDsaName }
  | { readonly kind: 'rsa_pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'rsa_pkcs1'; readonly hash: HashName }

export interface SignatureScheme {
  readonly id: number
  readonly name: SignatureSchemeName
  readonly algorithm: SignatureAlgorithm
  /** The key that signs: ECDSA schemes bind the curve in TLS 1.3; `rsa` is rsaEncryption, `rsa-pss` is id-RSASSA-PSS. */
  readonly key: CurveName | 'ed25519' | MlDsaName | 'rsa' | 'rsa-pss'
  /** False for schemes that TLS 1.3 allows in certificates alone. */
  readonly handshake: boolean
}

const pss = (hash: HashName, saltLength: number): SignatureAlgorithm => ({
  kind: 'rsa_pss',
  hash,
  saltLength,
})

export const signatureSchemes: Readonly<Record<SignatureSchemeName, SignatureScheme>> = {
  ecdsa_secp256r1_sha256: {
    id: 0x0403,
    name: 'ecdsa_secp256r1_sha256',
    algorithm: { kind: 'ecdsa', hash: 'sha256' },
    key: 'P-256',
    handshake: true,
  },
  ecdsa_secp384r1_sha384: {
    id: 0x0503,
    name: 'ecdsa_secp384r1_sha384',
    algorithm: { kind: 'ecdsa', hash: 'sha384' },
    key: 'P-384',
    handshake: true,
  },
  ecdsa_secp521r1_sha512: {
    id: 0x0603,
    name: 'ecdsa_secp521r1_sha512',
    algorithm: { kind: 'ecdsa', hash: 'sha512' },
    key: 'P-521',
    handshake: true,
  },
  ed25519: {
    id: 0x0807,
    name: 'ed25519',
    algorithm: { kind: 'ed25519' },
    key: 'ed25519',
    handshake: true,
  },
  rsa_pss_rsae_sha256: {
    id: 0x0804,
    name: 'rsa_pss_rsae_sha256',
    algorithm: pss('sha256', 32),
    key: 'rsa',
    handshake: true,
  },
  rsa_pss_rsae_sha384: {
    id: 0x0805,
    name: 'rsa_pss_rsae_sha384',
    algorithm: pss('sha384', 48),
    key: 'rsa',
    handshake: true,
  },
  rsa_pss_rsae_sha512: {
    id: 0x0806,
    name: 'rsa_pss_rsae_sha512',
    algorithm: pss('sha512', 64),
    key: 'rsa',
    handshake: true,
  },
  rsa_pss_pss_sha256: {
    id: 0x0809,
    name: 'rsa_pss_pss_sha256',
    algorithm: pss('sha256', 32),
    key: 'rsa-pss',
    handshake: true,
  },
  rsa_pss_pss_sha384: {
    id: 0x080a,
    name: 'rsa_pss_pss_sha384',
    algorithm: pss('sha384', 48),
    key: 'rsa-pss',
    handshake: true,
  },
  rsa_pss_pss_sha512: {
    id: 0x080b,
    name: 'rsa_pss_pss_sha512',
    algorithm: pss('sha512', 64),
    key: 'rsa-pss',
    handshake: true,
  },
  // draft-ietf-tls-mldsa: TLS 1.3 alone. Last of those that sign handshakes: see docs/decisions/ml-dsa.md.
  mldsa44: {
    id: 0x0904,
    name: 'mldsa44',
    algorithm: { kind: 'ml-dsa', set: 'ML-DSA-44' },
    key: 'ML-DSA-44',
    handshake: true,
  },
  mldsa65: {
    id: 0x0905,
    name: 'mldsa65',
    algorithm: { kind: 'ml-dsa', set: 'ML-DSA-65' },
    key: 'ML-DSA-65',
    handshake: true,
  },
  mldsa87: {
    id: 0x0906,
    name: 'mldsa87',
    algorithm: { kind: 'ml-dsa', set: 'ML-DSA-87' },
    key: 'ML-DSA-87',
    handshake: true,
  },
  rsa_pkcs1_sha256: {
    id: 0x0401,
    name: 'rsa_pkcs1_sha256',
    algorithm: { kind: 'rsa_pkcs1', hash: 'sha256' },
    key: 'rsa',
    handshake: false,
  },
  rsa_pkcs1_sha384: {
    id: 0x0501,
    name: 'rsa_pkcs1_sha384',
    algorithm: { kind: 'rsa_pkcs1', hash: 'sha384' },
    key: 'rsa',
    handshake: false,
  },
  rsa_pkcs1_sha512: {
    id: 0x0601,
    name: 'rsa_pkcs1_sha512',
    algorithm: { kind: 'rsa_pkcs1', hash: 'sha512' },
    key: 'rsa',
    handshake: false,
  },
}

export type SignatureSchemeName =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ecdsa_secp521r1_sha512'
  | 'ed25519'
  | 'rsa_pss_rsae_sha256'
  | 'rsa_pss_rsae_sha384'
  | 'rsa_pss_rsae_sha512'
  | 'rsa_pss_pss_sha256'
  | 'rsa_pss_pss_sha384'
  | 'rsa_pss_pss_sha512'
  | 'mldsa44'
  | 'mldsa65'
  | 'mldsa87'
  | 'rsa_pkcs1_sha256'
  | 'rsa_pkcs1_sha384'
  | 'rsa_pkcs1_sha512'

/** The scheme with an id, if we know it. */
export function signatureSchemeById(id: number): SignatureScheme | undefined {
  return Object.values(signatureSchemes).find(scheme => scheme.id === id)
}

/** The kind of key that a scheme has to be for, to be one of this key's. */
export function keyType(material: PublicKeyMaterial): SignatureScheme['key'] {
  if (material.kind === 'ec') return material.curve
  if (material.kind === 'ed25519') return 'ed25519'
  if (material.kind === 'ml-dsa') return material.set
  return material.pss ? 'rsa-pss' : 'rsa'
}
