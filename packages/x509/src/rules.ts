/** What RFC 5280 §6.1 and RFC 9846 §4.5.1 ask of one certificate in its place in a path. */
import type { PublicKeyMaterial, SignatureAlgorithm } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import { type KeyUsage, keyPurposes } from './extensions.ts'
import { isX509Failure } from './failure.ts'
import type { Problem } from './problem.ts'
import { type Profile, profileProblems } from './profile.ts'

/** What the end of the path is asked to be: a purpose's name or OID, or `any`, which asks nothing. */
export type Purpose = 'serverAuth' | 'clientAuth' | 'OCSPSigning' | 'any' | `${number}.${string}`

/** What is asked of every path. */
export interface Demands {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly purpose: Purpose
  /** What the leaf's keyUsage has to allow, where it has one. */
  readonly keyUsage: readonly KeyUsage[]
  /** Bits that an RSA modulus must at least have. */
  readonly minimumRsaBits: number
  readonly profile: Profile
}

// A verification's cost grows with the modulus: as Go's crypto/tls, nothing above this is computed with.
const maximumRsaBits = 8192

/** What is wrong with the certificate that the peer speaks for, the most telling first; found as it is asked for. */
export function* leafProblems(leaf: Certificate, demands: Demands): Generator<Problem> {
  // RFC 9846 §4.5.1.2: "The certificate type MUST be X.509v3"; below it there are no extensions to say what it is for.
  if (leaf.version !== 3)
    yield {
      code: 'INVALID_PURPOSE',
      why: `expected a certificate of version 3, got version ${leaf.version}`,
      section: 'RFC 5280 4.1.2.1',
      field: 'version',
    }
  yield* some(validityProblem(leaf, demands.time))
  yield* some(criticalProblem(leaf))
  yield* some(serialProblem(leaf))
  yield* keyProblems(leaf, demands, 'EE_KEY_TOO_SMALL')
  yield* some(constraintsProblem(leaf))
  yield* some(keyUsageProblem(leaf, demands.keyUsage))
  yield* some(purposeProblem(leaf, demands.purpose, false))
  yield* some(signingKeyUsageProblem(leaf))
  yield* profileProblems(demands.profile, leaf, 'leaf')
}

/** Where an issuer stands in a path. */
export interface IssuerPlace {
  /** Intermediates below it that are not self-issued. */
  readonly below: number
  readonly anchor: boolean
}

/** What is wrong with a certificate as the issuer of another. */
export function* issuerProblems(
  issuer: Certificate,
  place: IssuerPlace,
  demands: Demands,
): Generator<Problem> {
  yield* some(validityProblem(issuer, demands.time))
  yield* authorityProblems(issuer, place)
  yield* some(criticalProblem(issuer))
  if (!place.anchor) yield* some(serialProblem(issuer))
  yield* keyProblems(issuer, demands, 'CA_KEY_TOO_SMALL')
  yield* some(purposeProblem(issuer, demands.purpose, true))
  yield* some(signingKeyUsageProblem(issuer))
  yield* profileProblems(demands.profile, issuer, place.anchor ? 'anchor' : 'intermediate')
}

function* some(problem: Problem | undefined): Generator<Problem> {
  if (problem) yield problem
}

/** What is wrong with how a certificate was signed, before anything is computed. */
export function signatureProblem(
  { signatureAlgorithm }: Pick<Certificate, 'signatureAlgorithm'>,
  issuer: Certificate,
): Problem | undefined {
  if (isX509Failure(signatureAlgorithm))
    return {
      code:
        signatureAlgorithm.failure === 'weak'
          ? 'CA_MD_TOO_WEAK'
          : 'UNSUPPORTED_SIGNATURE_ALGORITHM',
      why: signatureAlgorithm.why,
      section: signatureAlgorithm.section,
    }
  if (isX509Failure(issuer.publicKey) || fits(signatureAlgorithm, issuer.publicKey))
    return undefined
  return {
    code: 'CERT_SIGNATURE_FAILURE',
    why: `expected a signature by the issuer's ${issuer.publicKey.kind} key, got ${signatureAlgorithm.kind}`,
  }
}

function fits(algorithm: SignatureAlgorithm, key: PublicKeyMaterial): boolean {
  if (algorithm.kind === 'ecdsa') return key.kind === 'ec'
  if (algorithm.kind === 'ed25519') return key.kind === 'ed25519'
  if (algorithm.kind === 'ml-dsa') return key.kind === 'ml-dsa' && key.set === algorithm.set
  if (key.kind !== 'rsa') return false
  if (algorithm.kind === 'rsa_pkcs1') return key.pss === undefined
  // RFC 9846 §4.3.3: parameters in the key MUST be those of the signature.
  return (
    key.pss === undefined ||
    key.pss === 'any' ||
    (key.pss.hash === algorithm.hash && key.pss.saltLength === algorithm.saltLength)
  )
}

/** Whether a certificate is valid at a time. */
export function validityProblem(
  { notBefore, notAfter }: Certificate,
  time: number,
): Problem | undefined {
  if (time < notBefore)
    return {
      code: 'CERT_NOT_YET_VALID',
      why: `expected ${date(notBefore)} or later, got ${date(time)}`,
    }
  // RFC 5280 §4.1.2.5: "from notBefore through notAfter, inclusive", in whole seconds.
  if (time >= notAfter + 1000)
    return {
      code: 'CERT_HAS_EXPIRED',
      why: `expected ${date(notAfter)} or earlier, got ${date(time)}`,
    }
  return undefined
}

function* authorityProblems(issuer: Certificate, place: IssuerPlace): Generator<Problem> {
  // RFC 5280 §6.1.4 (k). A version 1 root can say nothing about itself; as OpenSSL, we take a self-issued anchor's word.
  const old = place.anchor && issuer.version === 1 && issuer.selfIssued
  if (!old && issuer.basicConstraints?.cA !== true)
    yield {
      code: 'INVALID_CA',
      why: `expected basicConstraints with cA TRUE in an issuer, got ${issuer.basicConstraints === undefined ? 'none' : 'FALSE'}`,
    }
  // RFC 5280 §6.1.4 (n).
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes('keyCertSign'))
    yield {
      code: 'INVALID_CA',
      why: `expected keyUsage with keyCertSign in an issuer, got ${issuer.keyUsage.join(', ')}`,
      section: 'RFC 5280 4.2.1.3',
      field: 'keyUsage',
    }
  // RFC 5280 §6.1.4 (l), (m).
  const most = issuer.basicConstraints?.pathLenConstraint
  if (most !== undefined && place.below > most)
    yield {
      code: 'PATH_LENGTH_EXCEEDED',
      why: `expected at most ${most} intermediate certificates below this one, got ${place.below}`,
    }
}

function criticalProblem({ unknownCritical }: Certificate): Problem | undefined {
  if (unknownCritical.length === 0) return undefined
  return {
    code: 'UNHANDLED_CRITICAL_EXTENSION',
    why: `expected critical extensions that we process, got ${unknownCritical.join(', ')}`,
  }
}

// "CAs MUST force the serialNumber to be a non-negative integer" of at most 20 octets; old roots get away with others.
function serialProblem({ serialNumber }: Certificate): Problem | undefined {
  const first = serialNumber[0] as number
  const length = first === 0 ? serialNumber.length - 1 : serialNumber.length
  if (first < 0x80 && length <= 20) return undefined
  return {
    code: 'ERR_X509_MALFORMED',
    why: `expected a serial number that is not negative and has at most 20 octets, got ${first < 0x80 ? `${length} octets` : 'a negative one'}`,
    section: 'RFC 5280 4.1.2.2',
    field: 'serialNumber',
  }
}

/** What is wrong with a key, whoever's it is. */
export function* keyProblems(
  { publicKey }: Pick<Certificate, 'publicKey'>,
  { minimumRsaBits }: Pick<Demands, 'minimumRsaBits'>,
  code: 'CA_KEY_TOO_SMALL' | 'EE_KEY_TOO_SMALL',
): Generator<Problem> {
  const unusable =
    code === 'EE_KEY_TOO_SMALL'
      ? 'UNABLE_TO_GET_CERTS_PUBLIC_KEY'
      : 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY'
  if (isX509Failure(publicKey))
    yield { code: unusable, why: publicKey.why, section: publicKey.section }
  if (isX509Failure(publicKey) || publicKey.kind !== 'rsa') return
  const bits = publicKey.n.length * 8 - Math.clz32(publicKey.n[0] ?? 0) + 24
  if (!(bits >= minimumRsaBits))
    yield { code, why: `expected an RSA key of at least ${minimumRsaBits} bits, got ${bits}` }
  // An exponent of more than 4 bytes is found nowhere, and as costly as a private operation.
  if (bits > maximumRsaBits || publicKey.e.length > 4)
    yield {
      code: unusable,
      why: `expected an RSA key of at most ${maximumRsaBits} bits with an exponent of at most 32, got ${bits} and ${publicKey.e.length * 8}`,
    }
}

// RFC 5280 §4.2.1.10: "which MUST be used only in a CA certificate".
function constraintsProblem(leaf: Certificate): Problem | undefined {
  if (leaf.nameConstraints === undefined || leaf.basicConstraints?.cA === true) return undefined
  return {
    code: 'INVALID_EXTENSION',
    why: 'expected nameConstraints in an authority alone, got them in an end-entity certificate',
  }
}

function keyUsageProblem(
  { keyUsage }: Certificate,
  wanted: readonly KeyUsage[],
): Problem | undefined {
  const missing = keyUsage && wanted.filter(usage => !keyUsage.includes(usage))
  if (!missing || missing.length === 0) return undefined
  return {
    code: 'INVALID_PURPOSE',
    why: `expected keyUsage with ${missing.join(', ')}, got ${keyUsage.join(', ')}`,
    section: 'RFC 5280 4.2.1.3',
    field: 'keyUsage',
  }
}

// RFC 9881 §5: these "MUST NOT be present" beside an ML-DSA key, which can sign and nothing else.
const notForMlDsa: readonly KeyUsage[] = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'encipherOnly',
  'decipherOnly',
]

function signingKeyUsageProblem({ publicKey, keyUsage }: Certificate): Problem | undefined {
  if (isX509Failure(publicKey) || publicKey.kind !== 'ml-dsa') return undefined
  const wrong = keyUsage?.filter(usage => notForMlDsa.includes(usage)) ?? []
  if (wrong.length === 0) return undefined
  return {
    code: 'INVALID_PURPOSE',
    why: `expected keyUsage for signatures alone beside an ${publicKey.set} key, got ${wrong.join(', ')}`,
    section: 'RFC 9881 5',
    field: 'keyUsage',
  }
}

// RFC 5280 has extKeyUsage limit one key; that an issuer's limits those below it is what OpenSSL, NSS and Windows made of it.
// anyExtendedKeyUsage opens an issuer, but a leaf has to name its purpose ("Applications [...] MAY reject").
function purposeProblem(
  { extKeyUsage }: Certificate,
  purpose: Purpose,
  any: boolean,
): Problem | undefined {
  if (extKeyUsage === undefined || purpose === 'any') return undefined
  if (extKeyUsage.includes(purposeOid(purpose))) return undefined
  if (any && extKeyUsage.includes(keyPurposes.anyExtendedKeyUsage)) return undefined
  return {
    code: 'INVALID_PURPOSE',
    why: `expected extKeyUsage with ${purpose}, got ${extKeyUsage.join(', ')}`,
  }
}

function purposeOid(purpose: Exclude<Purpose, 'any'>): string {
  const named: Readonly<Record<string, string>> = keyPurposes
  return named[purpose] ?? purpose
}

/** A time, readable. */
export function date(time: number): string {
  return Number.isNaN(new Date(time).getTime()) ? String(time) : new Date(time).toISOString()
}
