/** OCSP responses for tests: any answer, any signer, any fault. */
import { createHash } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import {
  ascii,
  bitString,
  context,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  sequence,
  tlv,
} from './der-writer.ts'
import {
  type AnyKey,
  algorithmOf,
  extension,
  type Minted,
  type MintOptions,
  mint,
  type Signing,
} from './mint.ts'

export type OcspHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

const hashOids: Readonly<Record<OcspHash, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** What is said of one certificate. */
export interface SingleMint {
  readonly leaf: Minted<AnyKey>
  readonly issuer: Minted<AnyKey>
  readonly status?: 'good' | 'revoked' | 'unknown'
  /** Milliseconds since 1970; an hour ago. */
  readonly thisUpdate?: number
  /** In a week unless said otherwise; `none` leaves it out. */
  readonly nextUpdate?: number | 'none'
  readonly hash?: OcspHash
  /** The DER of the INTEGER, in place of the leaf's. */
  readonly serial?: Uint8Array
  readonly extensions?: readonly Uint8Array[]
}

export interface OcspMint extends SingleMint {
  /** Who signs: the issuer. */
  readonly signer?: Minted<AnyKey>
  /** Whom the response names: the signer. */
  readonly named?: Minted<AnyKey>
  readonly by?: 'name' | 'key'
  readonly certs?: readonly Minted<AnyKey>[]
  readonly others?: readonly SingleMint[]
  /** Leaves the answer about `leaf` out. */
  readonly silent?: boolean
  readonly responseExtensions?: readonly Uint8Array[]
  readonly signing?: Signing
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
}

const hour = 3_600_000

/** An OCSPResponse, DER. */
export function mintOcsp(options: OcspMint): Bytes {
  const { signer = options.issuer, named = signer, by = 'name', certs = [] } = options
  const responder =
    by === 'name'
      ? context(1, named.subject)
      : context(2, octetString(digest('sha1', keyBits(named.spki))))
  const singles = [...(options.silent ? [] : [options]), ...(options.others ?? [])].map(single)
  const { responseExtensions = [] } = options
  const written = sequence(
    responder,
    generalizedTime(options.thisUpdate ?? Date.now() - hour),
    sequence(...singles),
    ...(responseExtensions.length > 0 ? [context(1, sequence(...responseExtensions))] : []),
  )
  const algorithm = algorithmOf(signer.key, options.signing)
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = algorithm.sign(tbs)
  const basic = sequence(
    tbs,
    algorithm.identifier,
    bitString(options.spoilSignature?.(signature) ?? signature),
    ...(certs.length > 0 ? [context(0, sequence(...certs.map(({ der }) => der)))] : []),
  )
  return wrapped(basic)
}

/** A BasicOCSPResponse in a successful OCSPResponse. */
export function wrapped(basic: Uint8Array, type = '1.3.6.1.5.5.7.48.1.1'): Bytes {
  const bytes = sequence(oid(type), octetString(basic))
  return sequence(tlv(0x0a, Uint8Array.of(0)), context(0, bytes))
}

/** An OCSPResponse that says no more than its status. */
export function refusal(status: number): Bytes {
  return sequence(tlv(0x0a, Uint8Array.of(status)))
}

/** A certificate that may sign OCSP responses for its issuer. */
export function mintResponder(issuer: Minted<AnyKey>, options: MintOptions = {}): Minted {
  return mint({
    subject: 'ocsp responder',
    issuer,
    extKeyUsage: ['1.3.6.1.5.5.7.3.9'],
    names: [],
    extensions: [extension('1.3.6.1.5.5.7.48.1.5', false, nothing())],
    ...options,
  })
}

/** The TLS feature extension that makes stapling a must (RFC 7633). */
export function mustStaple(critical = false, features: readonly number[] = [5]): Bytes {
  return extension(
    '1.3.6.1.5.5.7.1.24',
    critical,
    sequence(...features.map(feature => integer(feature))),
  )
}

/** A SignedCertificateTimestampList. */
export function sctList(...scts: readonly Uint8Array[]): Bytes {
  const list = join(
    ...scts.map(sct => join(Uint8Array.of(sct.length >> 8, sct.length & 0xff), sct)),
  )
  return join(Uint8Array.of(list.length >> 8, list.length & 0xff), list)
}

/** GeneralizedTime, to the second. */
export function generalizedTime(at: number): Bytes {
  return tlv(0x18, ascii(new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')))
}

function single(options: SingleMint): Bytes {
  const { leaf, issuer, status = 'good', hash = 'sha1', extensions = [] } = options
  const { thisUpdate = Date.now() - hour, nextUpdate = Date.now() + 168 * hour } = options
  const certificate = parseCertificate(leaf.der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  const id = sequence(
    sequence(oid(hashOids[hash]), nothing()),
    octetString(digest(hash, certificate.issuer.raw)),
    octetString(digest(hash, keyBits(issuer.spki))),
    options.serial ?? tlv(0x02, certificate.serialNumber),
  )
  const said = {
    good: implicit(0, new Uint8Array(0)),
    revoked: context(
      1,
      generalizedTime(Date.UTC(2024, 0, 1)),
      context(0, tlv(0x0a, Uint8Array.of(1))),
    ),
    unknown: implicit(2, new Uint8Array(0)),
  }[status]
  return sequence(
    id,
    said,
    generalizedTime(thisUpdate),
    ...(nextUpdate === 'none' ? [] : [context(0, generalizedTime(nextUpdate))]),
    ...(extensions.length > 0 ? [context(1, sequence(...extensions))] : []),
  )
}

/** subjectPublicKey's bits; every SPKI that is minted ends with them. */
function keyBits(spki: Uint8Array): Uint8Array {
  // SEQUENCE { SEQUENCE algorithm, BIT STRING }: skip two headers and the algorithm.
  const header = (at: number) => ((spki[at + 1] ?? 0) < 0x80 ? 2 : 2 + ((spki[at + 1] ?? 0) & 0x7f))
  const outer = header(0)
  const bits = outer + header(outer) + (spki[outer + 1] ?? 0)
  return spki.subarray(bits + header(bits) + 1)
}

function digest(hash: string, bytes: Uint8Array): Bytes {
  return new Uint8Array(createHash(hash).update(bytes).digest())
}
