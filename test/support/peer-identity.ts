/** Who a test peer says it is: a minted chain with its key and a scheme. */
import { failed, type PrivateKey, type SignatureScheme, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { privateKeyFrom } from '@biopair/x509'
import type { Bytes } from './key-schedule.ts'
import { type AnyKind, chainFor } from './mint.ts'

export interface PeerIdentity {
  readonly chain: readonly Bytes[]
  readonly key: PrivateKey
  readonly scheme: SignatureScheme
}

const schemeOf = {
  p256: 'ecdsa_secp256r1_sha256',
  p384: 'ecdsa_secp384r1_sha384',
  p521: 'ecdsa_secp521r1_sha512',
  ed25519: 'ed25519',
  rsa: 'rsa_pss_rsae_sha256',
  'rsa-pss': 'rsa_pss_pss_sha256',
  'rsa-1024': 'rsa_pss_rsae_sha256',
  mldsa44: 'mldsa44',
  mldsa65: 'mldsa65',
  mldsa87: 'mldsa87',
} as const

/** The identity with a kind of key. */
export function identityOf(kind: AnyKind): PeerIdentity {
  const { der, keyPem } = chainFor(kind)
  const key = nodeCrypto.privateKey(privateKeyFrom(keyPem))
  if (failed(key)) throw new Error(key.why)
  return { chain: der, key, scheme: signatureSchemes[schemeOf[kind]] }
}
