/** Delegated credentials of our own: made for a key that is changed often, and read from options (RFC 9345). */
import {
  algorithmFits,
  type CryptoProvider,
  failed,
  type PrivateKey,
  type SignatureScheme,
  type SignatureSchemeName,
  sameKey,
  signatureSchemeById,
  signatureSchemes,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import {
  DelegatedCredential,
  type DelegatedIdentity,
  delegationContent,
  mayDelegate,
  type Role,
} from '@biopair/handshake'
import { type Bytes, decode, encode } from '@biopair/wire'
import {
  type Certificate,
  type CertificateInput,
  certificateChainFrom,
  delegationProblem,
  isX509Failure,
  type PublicKeyInput,
  parseCertificate,
  parsePublicKey,
  publicKeysFrom,
} from '@biopair/x509'
import { type Credential, schemesOf } from './credentials.ts'
import { misuse } from './misuse.ts'
import { named } from './option-values.ts'
import { type KeyOption, ownKey } from './own-keys.ts'

/** Seconds that a delegated credential may be valid for (RFC 9345 §4.1.3). */
export const longestDelegation = 604_800

/** What to delegate. */
export interface DelegationOptions {
  /** The certificate that delegates, PEM or DER; of a chain its leaf. It has to have DelegationUsage (1.3.6.1.4.1.44363.44). */
  readonly cert: CertificateInput
  /** The key that is delegated to: a SubjectPublicKeyInfo, PEM (`PUBLIC KEY`) or DER. */
  readonly publicKey: PublicKeyInput
  /** What that key signs with: no `rsa_pss_rsae_*`. */
  readonly scheme: SignatureSchemeName
  /** Seconds from `now`, at most 604800, and not to the end of the certificate. */
  readonly lifetime: number
  /** Which end shows it: `server`. The other cannot. */
  readonly role?: Role
  /** Milliseconds since 1970: the present. */
  readonly now?: number
  /** What the certificate's key signs with; the first that it can in a handshake. */
  readonly algorithm?: SignatureSchemeName
}

/** What waits for a signature by the certificate's key. */
export interface Delegation {
  readonly content: Bytes
  readonly algorithm: SignatureScheme
  /** The DelegatedCredential. */
  complete(signature: Uint8Array): Bytes
}

/** Makes a delegated credential with the certificate's private key at hand. TypeError for what would not be believed. */
export function delegatedCredential(
  options: DelegationOptions & { readonly key: KeyOption; readonly crypto?: CryptoProvider },
): Bytes {
  const { key: pem, crypto = noble, ...rest } = options
  const key = ownKey(pem, 'key', crypto)
  const { publicKey } = leafOf(rest.cert)
  if (isX509Failure(publicKey) || !sameKey(publicKey, key.publicMaterial))
    throw misuse('ERR_INVALID_ARG_VALUE', 'KEY_VALUES_MISMATCH: key is not the key of cert')
  const { algorithm, content, complete } = prepareDelegation(rest)
  return complete(key.sign(algorithm.algorithm, content, undefined))
}

/** The same for a key that is elsewhere, in an HSM say: what it has to sign, and what is made of the signature. */
export function prepareDelegation(options: DelegationOptions): Delegation {
  const { role = 'server', now = Date.now(), lifetime } = options
  const certificate = leafOf(options.cert)
  const problem = delegationProblem(certificate)
  if (problem) throw misuse('ERR_INVALID_ARG_VALUE', `cert: ${problem}`)
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > longestDelegation)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `lifetime: expected seconds from 1 to ${longestDelegation}, got ${lifetime}`,
    )
  // The clocks of peers are not ours: what starts in the future, or outlives its certificate, is refused there.
  const validTime = Math.floor((now - certificate.notBefore) / 1000) + lifetime
  if (
    now < certificate.notBefore ||
    certificate.notBefore + validTime * 1000 >= certificate.notAfter
  )
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'lifetime: expected an end before that of the certificate',
    )
  const [spki = new Uint8Array(0)] = publicKeysFrom(options.publicKey)
  const scheme = signatureSchemes[options.scheme]
  const material = parsePublicKey(spki)
  if (
    !scheme ||
    isX509Failure(material) ||
    !mayDelegate(scheme) ||
    !schemesOf(material).includes(scheme)
  )
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `scheme: expected one of the publicKey's that may be delegated to, got ${options.scheme}`,
    )
  const algorithm = algorithmOf(certificate, options.algorithm)
  const unsigned = {
    cred: {
      valid_time: validTime,
      dc_cert_verify_algorithm: scheme.id,
      ASN1_subjectPublicKeyInfo: spki,
    },
    algorithm: algorithm.id,
  }
  return {
    content: delegationContent(role, certificate.raw, unsigned),
    algorithm,
    complete: signature =>
      encode(DelegatedCredential, { ...unsigned, signature: new Uint8Array(signature) }),
  }
}

/** An option: a DelegatedCredential and the private key that it is about; without it, a signCallback signs. */
export interface DelegatedOption {
  readonly credential: Uint8Array
  readonly key?: KeyOption
}

/** A delegated credential that a context can show. */
export interface OwnDelegation extends DelegatedIdentity {
  /** The credential whose certificate it is of. */
  readonly leaf: Credential
  readonly role: Role
  readonly algorithm: SignatureScheme
  /** Milliseconds since 1970. */
  readonly expires: number
  readonly key: PrivateKey | undefined
}

/** Reads such options: whose certificate has signed each, and for which end, is found out. TypeError where none has, or the key is another. */
export function delegationsFrom(
  options: readonly DelegatedOption[],
  credentials: readonly Credential[],
  crypto: CryptoProvider,
): OwnDelegation[] {
  return options.map((option, i) => delegation(option, credentials, crypto, i))
}

function delegation(
  option: DelegatedOption,
  credentials: readonly Credential[],
  crypto: CryptoProvider,
  index: number,
): OwnDelegation {
  const wrong = (why: string) =>
    misuse('ERR_INVALID_ARG_VALUE', `delegatedCredentials[${index}]: ${why}`)
  const credential = new Uint8Array(option.credential)
  const parsed = read(credential)
  if (!parsed) throw wrong('expected a DelegatedCredential, got other bytes')
  const { cred, algorithm: id, signature } = parsed
  const scheme = signatureSchemeById(cred.dc_cert_verify_algorithm)
  const algorithm = signatureSchemeById(id)
  const material = parsePublicKey(cred.ASN1_subjectPublicKeyInfo)
  if (!scheme || !algorithm || !mayDelegate(scheme) || isX509Failure(material))
    throw wrong('expected a key and schemes that may be delegated to')
  const signed = (leaf: Credential, role: Role) =>
    algorithmFits(algorithm.algorithm, leaf.key.publicMaterial) &&
    verifies(leaf, delegationContent(role, leaf.certificate.raw, parsed))
  const verifies = (leaf: Credential, content: Bytes) => {
    const key = crypto.publicKey(leaf.key.publicMaterial)
    return !failed(key) && key.verify(algorithm.algorithm, content, signature)
  }
  const roles = ['server', 'client'] as const
  for (const leaf of credentials)
    for (const role of roles) {
      if (!signed(leaf, role)) continue
      const problem = delegationProblem(leaf.certificate)
      if (problem) throw wrong(problem)
      const expires = leaf.certificate.notBefore + cred.valid_time * 1000
      const key = option.key === undefined ? undefined : privateKey(option.key)
      return { credential, scheme, leaf, role, algorithm, expires, key }
    }
  throw wrong('expected one that a key of cert has signed')

  function privateKey(pem: KeyOption): PrivateKey {
    const key = ownKey(pem, 'delegatedCredentials: key', crypto)
    if (isX509Failure(material) || !sameKey(material, key.publicMaterial))
      throw wrong('KEY_VALUES_MISMATCH: key is not the key of the credential')
    return key
  }
}

function read(bytes: Uint8Array): DelegatedCredential | undefined {
  try {
    return decode(DelegatedCredential, bytes)
  } catch {
    return undefined
  }
}

function leafOf(cert: CertificateInput): Certificate {
  const [der = new Uint8Array(0)] = certificateChainFrom(cert)
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw misuse('ERR_INVALID_ARG_VALUE', `cert: ${certificate.why}`)
  return certificate
}

function algorithmOf(
  { publicKey }: Certificate,
  name: SignatureSchemeName | undefined,
): SignatureScheme {
  const own = isX509Failure(publicKey) ? [] : schemesOf(publicKey)
  const found = own.find(scheme => scheme.handshake && (!name || scheme.name === name))
  if (found) return found
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `algorithm: expected a handshake scheme of the certificate's key, got ${name}`,
  )
}

/** The schemes that a peer's delegated keys may sign with. TypeError for one that RFC 9345 §4 rules out. */
export function delegatedSchemesFrom(
  given: string | readonly string[],
): readonly SignatureScheme[] {
  const schemes = named('delegatedSigalgs', given, signatureSchemes)
  const wrong = schemes.find(scheme => !mayDelegate(scheme))
  if (!wrong) return schemes
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `delegatedSigalgs: ${wrong.name} is not for delegated credentials (RFC 9345 4)`,
  )
}
