/** Certificates and keys that we show, and which of them fits a peer (RFC 9846 §4.5.1.2). */
import {
  algorithmFits,
  type CryptoProvider,
  equal,
  failed,
  keyType,
  type PrivateKey,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
  type SignatureScheme,
  signatureSchemes,
  wipe,
} from '@biopair/crypto'
import type { Identity } from '@biopair/handshake'
import {
  type Certificate,
  certificateChainFrom,
  isX509Failure,
  parseCertificate,
  privateKeyFrom,
} from '@biopair/x509'
import { misuse } from './misuse.ts'

/** A certificate chain with its private key. */
export interface Credential extends Identity {
  readonly certificate: Certificate
  /** All of the chain, leaf first. */
  readonly certificates: readonly Certificate[]
  readonly key: PrivateKey
}

type Pem = string | Uint8Array

/** Pairs `cert[i]` with `key[i]`. TypeError where one is missing, unreadable, or does not fit the other. */
export function credentialsFrom(
  certificates: readonly Pem[],
  keys: readonly Pem[],
  crypto: CryptoProvider,
): Credential[] {
  if (certificates.length !== keys.length)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `cert and key go in pairs: got ${certificates.length} of cert, ${keys.length} of key; for a key elsewhere there is certificateCallback, beside signCallback`,
    )
  return certificates.map((certificate, i) => credential(certificate, keys[i] as Pem, crypto, i))
}

function credential(cert: Pem, pem: Pem, crypto: CryptoProvider, index: number): Credential {
  const chain = certificateChainFrom(cert)
  const certificates = chain.map(der => {
    const parsed = parseCertificate(der)
    if (isX509Failure(parsed))
      throw misuse('ERR_INVALID_ARG_VALUE', `cert[${index}]: ${parsed.why}`)
    return parsed
  })
  const certificate = certificates[0] as Certificate
  const material = privateKeyFrom(pem)
  const key = crypto.privateKey(material)
  forget(material)
  if (failed(key)) throw misuse('ERR_INVALID_ARG_VALUE', `key[${index}]: ${key.why}`)
  if (isX509Failure(certificate.publicKey))
    throw misuse('ERR_INVALID_ARG_VALUE', `cert[${index}]: ${certificate.publicKey.why}`)
  if (!sameKey(certificate.publicKey, key.publicMaterial))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `KEY_VALUES_MISMATCH: key[${index}] is not the key of cert[${index}]`,
    )
  return { chain, key, certificate, certificates, schemes: schemesOf(certificate.publicKey) }
}

/** Wipes what is secret of a key that a provider has taken in; the numbers of an RSA public key stay with who took them. */
function forget(material: PrivateKeyMaterial): void {
  wipe(...secretsOf(material))
}

function secretsOf(material: PrivateKeyMaterial): readonly (Uint8Array | undefined)[] {
  switch (material.kind) {
    case 'ec':
      return [material.d]
    case 'ed25519':
      return [material.seed]
    case 'ml-dsa':
      return [material.seed, material.expanded]
    case 'rsa': {
      const { d, p, q, dp, dq, qi } = material
      return [d, p, q, dp, dq, qi]
    }
  }
}

/** The schemes that a key signs with. */
export function schemesOf(material: PublicKeyMaterial): SignatureScheme[] {
  return Object.values(signatureSchemes).filter(
    scheme => scheme.key === keyType(material) && algorithmFits(scheme.algorithm, material),
  )
}

/** Whether two keys are one. */
export function sameKey(a: PublicKeyMaterial, b: PublicKeyMaterial): boolean {
  if (a.kind === 'ec' && b.kind === 'ec') return a.curve === b.curve && equal(a.point, b.point)
  if (a.kind === 'ed25519' && b.kind === 'ed25519') return equal(a.key, b.key)
  if (a.kind === 'ml-dsa' && b.kind === 'ml-dsa') return a.set === b.set && equal(a.key, b.key)
  return a.kind === 'rsa' && b.kind === 'rsa' && equal(a.n, b.n) && equal(a.e, b.e)
}
