/** Certificates and keys that we show, and which of them fits a peer (RFC 9846 §4.5.1.2). */
import {
  algorithmFits,
  type CryptoProvider,
  keyType,
  type PrivateKey,
  type PublicKeyMaterial,
  type SignatureScheme,
  sameKey,
  signatureSchemes,
} from '@biopair/crypto'
import type { Identity } from '@biopair/handshake'
import {
  type Certificate,
  type CertificateInput,
  certificateChainFrom,
  hasPrivateKey,
  isX509Failure,
  orderedChain,
  type Passphrase,
  parsedChain,
} from '@biopair/x509'
import { misuse } from './misuse.ts'
import { type KeyOption, ownKey } from './own-keys.ts'

/** A certificate chain with its private key. */
export interface Credential extends Identity {
  readonly certificate: Certificate
  /** All of the chain, leaf first. */
  readonly certificates: readonly Certificate[]
  readonly key: PrivateKey
}

/** A chain as an option: a bundle, or a list of certificates. */
export type ChainOption = CertificateInput | readonly CertificateInput[]

/**
 * Pairs `cert[i]` with `key[i]`; without any key, each `cert` has to be PEM with its key beside it. A bundle whose first certificate is not that of the key is
 * put in order. TypeError where one is missing, unreadable, or does not fit the other.
 */
export function credentialsFrom(
  certificates: readonly ChainOption[],
  keys: readonly KeyOption[],
  crypto: CryptoProvider,
  passphrase?: Passphrase | undefined,
): Credential[] {
  const own =
    keys.length === 0 && certificates.every(hasPrivateKey) ? (certificates as string[]) : keys
  if (certificates.length !== own.length)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `cert and key go in pairs: got ${certificates.length} of cert, ${keys.length} of key; for a key elsewhere there is certificateCallback, beside signCallback`,
    )
  return certificates.map((cert, i) => {
    const bundle = parsedChain(certificateChainFrom(cert))
    const key = ownKey(own[i] as KeyOption, `key[${i}]`, crypto, passphrase)
    return credential(bundle, key, i)
  })
}

function credential(bundle: readonly Certificate[], key: PrivateKey, index: number): Credential {
  const certificates = orderedChain(
    bundle,
    ({ publicKey }) => !isX509Failure(publicKey) && sameKey(publicKey, key.publicMaterial),
  )
  const chain = certificates.map(({ raw }) => new Uint8Array(raw))
  const certificate = certificates[0] as Certificate
  if (isX509Failure(certificate.publicKey))
    throw misuse('ERR_INVALID_ARG_VALUE', `cert[${index}]: ${certificate.publicKey.why}`)
  if (!sameKey(certificate.publicKey, key.publicMaterial))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `KEY_VALUES_MISMATCH: key[${index}] is not the key of cert[${index}]`,
    )
  return { chain, key, certificate, certificates, schemes: schemesOf(certificate.publicKey) }
}

/** The schemes that a key signs with. */
export function schemesOf(material: PublicKeyMaterial): SignatureScheme[] {
  return Object.values(signatureSchemes).filter(
    scheme => scheme.key === keyType(material) && algorithmFits(scheme.algorithm, material),
  )
}
