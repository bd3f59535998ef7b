/** An OCSP response: `parseOcspResponse` reads one, strictly, without copying (RFC 6960 §4.2.1). */
import type { SignatureAlgorithm } from '@biopair/crypto'
import { readSignatureAlgorithm } from './algorithm.ts'
import { attempt, constructed, DerError, DerReader, primitive, tags } from './der.ts'
import { DistinguishedName } from './distinguished-name.ts'
import type { Extension } from './extensions.ts'
import type { X509Failure } from './failure.ts'
import { readTime } from './time.ts'

/** The names of OCSPResponseStatus, by number; 4 is not used. */
const statuses = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
] as const
export type OcspResponseStatus = NonNullable<(typeof statuses)[number]>

/** A response, parsed. Byte arrays are views of the DER that was given, which must not change any more. */
export interface OcspResponse {
  readonly status: OcspResponseStatus
  /** There where the status is `successful`, and nowhere else. */
  readonly basic: BasicOcspResponse | undefined
}

/** BasicOCSPResponse. */
export interface BasicOcspResponse {
  /** tbsResponseData: what is signed. */
  readonly tbs: Uint8Array
  readonly responder: OcspResponder
  /** Milliseconds since 1970. */
  readonly producedAt: number
  readonly responses: readonly SingleOcspResponse[]
  readonly extensions: readonly Extension[]
  readonly signatureAlgorithm: SignatureAlgorithm | X509Failure
  readonly signature: Uint8Array
  /** DER, unread. */
  readonly certificates: readonly Uint8Array[]
}

/** ResponderID: a name, or the SHA-1 of a key. */
export type OcspResponder =
  | { readonly by: 'name'; readonly name: DistinguishedName }
  | { readonly by: 'key'; readonly keyHash: Uint8Array }

/** SingleResponse: what is said of one certificate. */
export interface SingleOcspResponse {
  readonly certId: OcspCertId
  readonly status:
    | { readonly is: 'good' | 'unknown' }
    /** Milliseconds since 1970; `reason` is a CRLReason (RFC 5280 §5.3.1). */
    | { readonly is: 'revoked'; readonly at: number; readonly reason: number | undefined }
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  /** Milliseconds since 1970; undefined where newer information is always to be had. */
  readonly nextUpdate: number | undefined
  readonly extensions: readonly Extension[]
}

/** CertID: which certificate is spoken of. */
export interface OcspCertId {
  /** An OID. */
  readonly hashAlgorithm: string
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array
}

const idPkixOcspBasic = '1.3.6.1.5.5.7.48.1.1'

/** Parses one DER OCSPResponse. Never throws for any bytes. `unsupported` for a kind of response that is not the basic one. */
export function parseOcspResponse(der: Uint8Array): OcspResponse | X509Failure {
  return attempt('RFC 6960 4.2.1', () => readResponse(der))
}

function readResponse(der: Uint8Array): OcspResponse | X509Failure {
  const from = new DerReader(der)
  const response = from.inside(tags.SEQUENCE, 'OCSPResponse')
  from.finish('OCSPResponse')
  const at = response.at
  const status = statuses[response.small('responseStatus', tags.ENUMERATED)]
  if (status === undefined) throw new DerError('an OCSPResponseStatus', 'another number', at)
  const field = response.insideIf(constructed(0), 'responseBytes')
  response.finish('OCSPResponse')
  // RFC 6960 §4.2.1: "If the value of responseStatus is one of the error conditions, the responseBytes field is not set."
  if ((status === 'successful') !== (field !== undefined))
    throw new DerError(
      status === 'successful' ? 'responseBytes' : `no responseBytes beside ${status}`,
      field ? 'some' : 'none',
      at,
    )
  if (field === undefined) return { status, basic: undefined }
  const bytes = field.inside(tags.SEQUENCE, 'ResponseBytes')
  field.finish('responseBytes')
  const type = bytes.oid('responseType')
  const inner = bytes.take(tags.OCTET_STRING, 'response')
  bytes.finish('ResponseBytes')
  if (type !== idPkixOcspBasic)
    return {
      failure: 'unsupported',
      why: `expected an id-pkix-ocsp-basic response, got ${type}`,
      section: 'RFC 6960 4.2.1',
    }
  return { status, basic: readBasic(new DerReader(der, inner.content, inner.end)) }
}

function readBasic(from: DerReader): BasicOcspResponse {
  const basic = from.inside(tags.SEQUENCE, 'BasicOCSPResponse')
  from.finish('BasicOCSPResponse')
  const tbs = basic.take(tags.SEQUENCE, 'tbsResponseData')
  const signatureAlgorithm = readSignatureAlgorithm(basic)
  const signature = basic.octets('signature')
  const field = basic.insideIf(constructed(0), 'certs')
  const certificates = field ? list(field, 'certs', each => each.any('Certificate')) : []
  field?.finish('certs')
  basic.finish('BasicOCSPResponse')

  const data = new DerReader(basic.bytes, tbs.content, tbs.end, 1)
  const at = data.at
  const version = data.insideIf(constructed(0), 'version')
  if (version && version.small('version') !== 0)
    throw new DerError('version 1 (0)', 'another one', at)
  version?.finish('version')
  const responder = readResponder(data)
  const producedAt = readGeneralizedTime(data, 'producedAt')
  const responses = list(data, 'responses', readSingle)
  const extensions = readList(data.insideIf(constructed(1), 'responseExtensions'))
  data.finish('ResponseData')
  return {
    tbs: basic.whole(tbs),
    responder,
    producedAt,
    responses,
    extensions,
    signatureAlgorithm,
    signature,
    certificates: certificates.map(element => basic.whole(element)),
  }
}

function readResponder(data: DerReader): OcspResponder {
  const byKey = data.insideIf(constructed(2), 'byKey')
  if (byKey) {
    const keyHash = byKey.content(tags.OCTET_STRING, 'KeyHash')
    byKey.finish('byKey')
    return { by: 'key', keyHash }
  }
  const byName = data.inside(constructed(1), 'ResponderID')
  const name = DistinguishedName.read(byName, 'byName')
  byName.finish('byName')
  return { by: 'name', name }
}

function readSingle(from: DerReader): SingleOcspResponse {
  const single = from.inside(tags.SEQUENCE, 'SingleResponse')
  const certId = readCertId(single)
  const status = readStatus(single)
  const at = single.at
  const thisUpdate = readGeneralizedTime(single, 'thisUpdate')
  const field = single.insideIf(constructed(0), 'nextUpdate')
  const nextUpdate = field && readGeneralizedTime(field, 'nextUpdate')
  field?.finish('nextUpdate')
  if (nextUpdate !== undefined && nextUpdate < thisUpdate)
    throw new DerError('nextUpdate after thisUpdate', 'one before it', at, 'RFC 6960 2.4')
  const extensions = readList(single.insideIf(constructed(1), 'singleExtensions'))
  single.finish('SingleResponse')
  return { certId, status, thisUpdate, nextUpdate, extensions }
}

function readCertId(single: DerReader): OcspCertId {
  const id = single.inside(tags.SEQUENCE, 'CertID')
  const algorithm = id.inside(tags.SEQUENCE, 'hashAlgorithm')
  const hashAlgorithm = algorithm.oid('hashAlgorithm.algorithm')
  if (!algorithm.done) algorithm.null('hashAlgorithm.parameters')
  algorithm.finish('hashAlgorithm')
  const issuerNameHash = id.content(tags.OCTET_STRING, 'issuerNameHash')
  const issuerKeyHash = id.content(tags.OCTET_STRING, 'issuerKeyHash')
  const serialNumber = id.integer('serialNumber')
  id.finish('CertID')
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }
}

function readStatus(single: DerReader): SingleOcspResponse['status'] {
  const revoked = single.insideIf(constructed(1), 'revoked')
  if (revoked) {
    const at = readGeneralizedTime(revoked, 'revocationTime')
    const field = revoked.insideIf(constructed(0), 'revocationReason')
    const reason = field?.small('CRLReason', tags.ENUMERATED)
    field?.finish('revocationReason')
    revoked.finish('RevokedInfo')
    return { is: 'revoked', at, reason }
  }
  const is = single.peek() === primitive(0) ? 'good' : 'unknown'
  const at = single.at
  if (single.content(primitive(is === 'good' ? 0 : 2), 'CertStatus').length > 0)
    throw new DerError(`${is} without content`, 'content', at)
  return { is }
}

/** RFC 6960 §4.2.2.1 has GeneralizedTime alone. */
function readGeneralizedTime(from: DerReader, what: string): number {
  if (from.peek() === tags.UTCTime)
    throw new DerError(`${what} as GeneralizedTime`, 'UTCTime', from.at, 'RFC 6960 4.2.2.1')
  return readTime(from, what)
}

/** Extensions, as they came. */
function readList(field: DerReader | undefined): readonly Extension[] {
  if (!field) return []
  const at = field.at
  const extensions = list(field, 'Extensions', from => {
    const extension = from.inside(tags.SEQUENCE, 'Extension')
    const oid = extension.oid('extnID')
    const critical = extension.peek() === tags.BOOLEAN && extension.boolean('critical')
    const value = extension.content(tags.OCTET_STRING, 'extnValue')
    extension.finish('Extension')
    return { oid, critical, value }
  })
  field.finish('Extensions')
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length)
    throw new DerError('each extension once', 'one twice', at, 'RFC 5280 4.2')
  return extensions
}

function list<T>(from: DerReader, what: string, read: (from: DerReader) => T): T[] {
  const sequence = from.inside(tags.SEQUENCE, what)
  const items: T[] = []
  while (!sequence.done) items.push(read(sequence))
  return items
}
