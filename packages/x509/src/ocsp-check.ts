/** `checkOcsp`: does this OCSP response say, now and believably, that a certificate is good? (RFC 6960 §3.2, RFC 5019) */
import type { CryptoProvider, HashName } from '@biopair/crypto'
import { sha1 } from '@biopair/crypto/sha1'
import type { Certificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import type { Extension } from './extensions.ts'
import { isX509Failure } from './failure.ts'
import { keyBits } from './key-bits.ts'
import { type OcspCertId, parseOcspResponse, type SingleOcspResponse } from './ocsp.ts'
import { signerOf } from './ocsp-responder.ts'

/** What is asked. `leaf` was issued by `issuer`, and `issuer` is believed already. */
export interface OcspQuestion {
  /** DER of an OCSPResponse; from a stranger. */
  readonly response: Uint8Array
  readonly leaf: Certificate
  readonly issuer: Certificate
  /** Milliseconds since 1970. */
  readonly time: number
  /** `hashes` are for CertIDs that are made with SHA-2; SHA-1 is known anyhow. */
  readonly crypto: Pick<CryptoProvider, 'publicKey'> & {
    readonly hashes?: CryptoProvider['hashes'] | undefined
  }
  /** Milliseconds that the responder's clock may be off: 300 000. */
  readonly skew?: number | undefined
  /** Milliseconds that a response without nextUpdate counts: 86 400 000, a day. */
  readonly maxAge?: number | undefined
  /** Bits that the RSA key of a responder must at least have: 2048. */
  readonly minimumRsaBits?: number | undefined
}

/** The answer; every field is plain data. */
export type OcspVerdict =
  | {
      readonly ok: true
      /** Milliseconds since 1970. */
      readonly thisUpdate: number
      readonly nextUpdate: number | undefined
      /** Who signed: the issuer, or whom it delegated this to. */
      readonly responder: Certificate
    }
  | {
      readonly ok: false
      readonly code: 'CERT_REVOKED' | 'OCSP_CERT_UNKNOWN' | 'OCSP_VERIFY_FAILED'
      /** What was expected and what came. */
      readonly why: string
      readonly section: string
    }

/** Extensions that may be critical: they change nothing about who is good now. */
const harmless: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.48.1.2', // nonce: a stapled response answers nobody's
  '1.3.6.1.5.5.7.48.1.3', // crl references
  '1.3.6.1.5.5.7.48.1.6', // archive cutoff
  '1.3.6.1.5.5.7.48.1.9', // extended revoked
  '1.3.6.1.4.1.11129.2.4.5', // SCT list
])

/**
 * Checks a response. A pure function of its arguments; nothing in the response makes it throw. It costs one signature where the issuer signed,
 * and for a delegate one more; of certificates that claim to be the responder's, the first few are looked at.
 */
export function checkOcsp(question: OcspQuestion): OcspVerdict {
  const response = parseOcspResponse(question.response)
  if (isX509Failure(response)) return no(response.why, response.section)
  const { status, basic } = response
  if (!basic) return no(`expected a successful response, got ${status}`, 'RFC 6960 2.3')
  const about = subjectOf(question)
  const said = basic.responses.filter(({ certId }) => about(certId))
  if (said.length === 0)
    return no(
      `expected a response about this certificate, got ${basic.responses.length} about others`,
      'RFC 6960 3.2',
    )
  const signer = signerOf(basic, question)
  if ('why' in signer) return no(signer.why, signer.section)
  const critical = [...basic.extensions, ...said.flatMap(({ extensions }) => extensions)]
  const unknown = critical.find(strange)
  if (unknown)
    return no(`expected critical extensions that we process, got ${unknown.oid}`, 'RFC 6960 4.4')
  return judge(said, question, signer.responder)
}

/** Whether a response says anything, be it believable or not, of this very certificate. */
export function speaksOf(question: OcspQuestion): boolean {
  const response = parseOcspResponse(question.response)
  if (isX509Failure(response) || !response.basic) return false
  const about = subjectOf(question)
  return response.basic.responses.some(({ certId }) => about(certId))
}

/** Whether a CertID is that of the certificate in question: its issuer's name and key, hashed, and its serial number. */
function subjectOf({ leaf, issuer, crypto }: OcspQuestion): (id: OcspCertId) => boolean {
  const hash = (oid: string, bytes: Uint8Array) => {
    if (oid === '1.3.14.3.2.26') return sha1(bytes)
    const name = hashes.get(oid)
    return name && crypto.hashes?.[name].digest(bytes)
  }
  const known = new Map<string, readonly (Uint8Array | undefined)[]>()
  return ({ hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }) => {
    if (!sameBytes(serialNumber, leaf.serialNumber)) return false
    // RFC 6960 §4.1.1: the name as it stands in the certificate that is checked.
    const pair = known.get(hashAlgorithm) ?? [
      hash(hashAlgorithm, leaf.issuer.raw),
      hash(hashAlgorithm, keyBits(issuer)),
    ]
    known.set(hashAlgorithm, pair)
    const [name, key] = pair
    return (
      name !== undefined &&
      key !== undefined &&
      sameBytes(name, issuerNameHash) &&
      sameBytes(key, issuerKeyHash)
    )
  }
}

const hashes: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** Of what is said of the certificate: whatever says that it is revoked counts, else the newest that is in time. */
function judge(
  said: readonly SingleOcspResponse[],
  question: OcspQuestion,
  responder: Certificate,
): OcspVerdict {
  for (const { status } of said)
    if (status.is === 'revoked')
      return {
        ok: false,
        code: 'CERT_REVOKED',
        why: `expected a certificate in good standing, got one revoked at ${date(status.at)} (reason ${status.reason ?? 0})`,
        section: 'RFC 6960 2.2',
      }
  const newest = said.reduce((a, b) => (b.thisUpdate > a.thisUpdate ? b : a))
  const { time, skew = 300_000, maxAge = 86_400_000 } = question
  const { thisUpdate, nextUpdate, status } = newest
  if (thisUpdate > time + skew)
    return no(`expected thisUpdate by ${date(time)}, got ${date(thisUpdate)}`, 'RFC 6960 3.2')
  // Of a second's precision: the whole of it is still inside.
  const until = nextUpdate === undefined ? thisUpdate + maxAge : nextUpdate + 1000
  if (!(time < until + skew))
    return no(
      `expected ${nextUpdate === undefined ? 'a younger response' : 'nextUpdate'} after ${date(time)}, got ${date(until)}`,
      'RFC 6960 3.2',
    )
  if (status.is === 'unknown')
    return {
      ok: false,
      code: 'OCSP_CERT_UNKNOWN',
      why: 'expected a certificate that the responder knows, got one that it does not',
      section: 'RFC 6960 2.2',
    }
  return { ok: true, thisUpdate, nextUpdate, responder }
}

function strange({ oid, critical }: Extension): boolean {
  return critical && !harmless.has(oid)
}

function no(why: string, section: string): OcspVerdict {
  return { ok: false, code: 'OCSP_VERIFY_FAILED', why, section }
}

function date(time: number): string {
  return Number.isNaN(new Date(time).getTime()) ? String(time) : new Date(time).toISOString()
}
