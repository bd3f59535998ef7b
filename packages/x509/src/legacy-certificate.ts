/** A certificate as an object of node:tls's getPeerCertificate(): what `checkServerIdentity` is given. */
import type { CurveName } from '@biopair/crypto'
import { sha1 } from '@biopair/crypto/sha1'
import type { Certificate } from './certificate.ts'
import { isX509Failure } from './failure.ts'
import {
  hexOf,
  type LegacyName,
  legacyAltNames,
  legacyInfoAccess,
  legacyName,
} from './legacy-names.ts'

/**
 * The fields of X509Certificate.prototype.toLegacyObject(), which is what node:tls hands out; those that a certificate has not got are absent.
 * Bytes are a `Uint8Array` where Node has a Buffer.
 */
export interface LegacyCertificate {
  readonly subject: LegacyName
  readonly issuer: LegacyName
  /** `DNS:a.example, IP Address:192.0.2.1`. */
  readonly subjectaltname?: string
  readonly infoAccess?: Record<string, string[]>
  readonly ca: boolean
  /** RSA, in hexadecimal. */
  readonly modulus?: string
  readonly exponent?: string
  /** RSA and EC. */
  readonly bits?: number
  /** RSA: SubjectPublicKeyInfo. EC: the point. */
  readonly pubkey?: Uint8Array
  /** EC: OpenSSL's name of the curve, and NIST's. */
  readonly asn1Curve?: string
  readonly nistCurve?: string
  /** `Jan  1 00:00:00 2020 GMT`. */
  readonly valid_from: string
  readonly valid_to: string
  /** SHA-1 of the DER, in upper-case hexadecimal with colons; the others are SHA-256 and SHA-512. */
  readonly fingerprint: string
  readonly fingerprint256: string
  readonly fingerprint512: string
  /** Purposes, dotted OIDs. */
  readonly ext_key_usage?: readonly string[]
  readonly serialNumber: string
  /** DER. */
  readonly raw: Uint8Array
}

/** What fingerprints are made with: of a provider's `hashes`. */
export interface FingerprintHashes {
  readonly sha256: { digest(bytes: Uint8Array): Uint8Array }
  readonly sha512: { digest(bytes: Uint8Array): Uint8Array }
}

/** A certificate in that form. A key of a kind that we do not process has no fields. */
export function legacyCertificate(
  certificate: Certificate,
  { sha256, sha512 }: FingerprintHashes,
): LegacyCertificate {
  const { raw, subjectAltName, keyUsage, extKeyUsage } = certificate
  const access = certificate.extensions.find(({ oid }) => oid === authorityInfoAccess)
  const infoAccess = access && legacyInfoAccess(access.value)
  const signs = keyUsage === undefined || keyUsage.includes('keyCertSign')
  return {
    subject: legacyName(certificate.subject),
    issuer: legacyName(certificate.issuer),
    ...(subjectAltName ? { subjectaltname: legacyAltNames(subjectAltName) } : {}),
    ...(infoAccess ? { infoAccess } : {}),
    ca: certificate.basicConstraints?.cA === true && signs,
    ...keyFields(certificate),
    valid_from: time(certificate.notBefore),
    valid_to: time(certificate.notAfter),
    fingerprint: hexOf(sha1(raw), ':'),
    fingerprint256: hexOf(sha256.digest(raw), ':'),
    fingerprint512: hexOf(sha512.digest(raw), ':'),
    ...(extKeyUsage ? { ext_key_usage: extKeyUsage } : {}),
    serialNumber: serial(certificate.serialNumber),
    raw,
  }
}

const authorityInfoAccess = '1.3.6.1.5.5.7.1.1'

const curves: Readonly<Record<CurveName, readonly [asn1Curve: string, bits: number]>> = {
  'P-256': ['prime256v1', 256],
  'P-384': ['secp384r1', 384],
  'P-521': ['secp521r1', 521],
}

function keyFields({ publicKey, spki }: Certificate): Partial<LegacyCertificate> {
  if (isX509Failure(publicKey)) return {}
  if (publicKey.kind === 'ec') {
    const [asn1Curve, bits] = curves[publicKey.curve]
    return { bits, pubkey: publicKey.point, asn1Curve, nistCurve: publicKey.curve }
  }
  // Node has nothing of the others, an RSA key for PSS alone among them.
  if (publicKey.kind !== 'rsa' || publicKey.pss !== undefined) return {}
  const { n, e } = publicKey
  return {
    modulus: hexOf(n),
    bits: n.length * 8 - Math.clz32(n[0] ?? 0) + 24,
    exponent: `0x${hexOf(e).toLowerCase().replace(/^0+/, '')}`,
    pubkey: spki,
  }
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

function time(milliseconds: number): string {
  const date = new Date(milliseconds)
  const two = (number: number) => String(number).padStart(2, '0')
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = String(date.getUTCDate()).padStart(2)
  return `${months[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()} GMT`
}

/** Whole bytes of the magnitude; `0` for zero. */
function serial(content: Uint8Array): string {
  const negative = (content[0] ?? 0) > 0x7f
  const whole = BigInt(`0x0${hexOf(content)}`)
  const magnitude = negative ? (1n << BigInt(8 * content.length)) - whole : whole
  if (magnitude === 0n) return '0'
  const hex = magnitude.toString(16).toUpperCase()
  return `${negative ? '-' : ''}${hex.length % 2 ? '0' : ''}${hex}`
}
