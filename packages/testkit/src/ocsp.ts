/** OCSP responses to order: any answer, any signer, any fault (RFC 6960 §4.2). */
import type { Bytes, Random } from '@biopair/crypto'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { Issuer, Minted } from './certificate.ts'
import { crlReasons } from './crl.ts'
import { derTree } from './der-tree.ts'
import {
  bitString,
  context,
  enumerated,
  generalizedTime,
  implicit,
  nothing,
  octetString,
  oid,
  sequence,
  tlv,
} from './der-writer.ts'
import { hashOids, type Signing, signerOf } from './signing.ts'

const hashes = { sha1, sha256, sha384, sha512 } as const
/** The hashes of a CertID. */
export type OcspHash = keyof typeof hashes

/** What is said of one certificate. */
export interface SingleResponseOptions {
  readonly leaf: { readonly der: Uint8Array }
  readonly issuer: Pick<Issuer, 'spki'>
  /** `good` if left out. */
  readonly status?: 'good' | 'revoked' | 'unknown'
  /** Of `revoked`: when, milliseconds since 1970 (a day before thisUpdate), and why (keyCompromise). */
  readonly revokedAt?: number
  readonly reason?: keyof typeof crlReasons
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number | 'none'
  /** Of the CertID: sha1. */
  readonly hash?: OcspHash
  /** The DER of the INTEGER, in place of the leaf's. */
  readonly serial?: Uint8Array
  readonly extensions?: readonly Uint8Array[]
}

export interface OcspOptions extends SingleResponseOptions {
  readonly issuer: Issuer
  /** Who signs: the issuer. */
  readonly signer?: Issuer
  /** Whom the response names: the signer. */
  readonly named?: Pick<Issuer, 'subject' | 'spki'>
  readonly by?: 'name' | 'key'
  /** Certificates that are sent along. */
  readonly certs?: readonly Pick<Minted, 'der'>[]
  readonly others?: readonly SingleResponseOptions[]
  /** Leaves the answer about `leaf` out. */
  readonly silent?: boolean
  /** thisUpdate if left out. */
  readonly producedAt?: number
  readonly responseExtensions?: readonly Uint8Array[]
  readonly signing?: Signing
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
}

/** An OCSPResponse, DER. */
export function ocspResponse(options: OcspOptions, random?: Random): Bytes {
  const { signer = options.issuer, named = signer, by = 'name', certs = [] } = options
  const responder =
    by === 'name'
      ? context(1, named.subject)
      : context(2, octetString(sha1(subjectPublicKey(named.spki))))
  const singles = [...(options.silent ? [] : [options]), ...(options.others ?? [])].map(single)
  const { responseExtensions = [], producedAt = options.thisUpdate } = options
  const written = sequence(
    responder,
    generalizedTime(producedAt),
    sequence(...singles),
    ...(responseExtensions.length > 0 ? [context(1, sequence(...responseExtensions))] : []),
  )
  const algorithm = signerOf(signer.key, options.signing, random)
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = algorithm.sign(tbs)
  return ocspWrapped(
    sequence(
      tbs,
      algorithm.identifier,
      bitString(options.spoilSignature?.(signature) ?? signature),
      ...(certs.length > 0 ? [context(0, sequence(...certs.map(({ der }) => der)))] : []),
    ),
  )
}

/** A BasicOCSPResponse, or another type's bytes, in a successful OCSPResponse. */
export function ocspWrapped(basic: Uint8Array, type = '1.3.6.1.5.5.7.48.1.1'): Bytes {
  return sequence(enumerated(0), context(0, sequence(oid(type), octetString(basic))))
}

/** An OCSPResponse that says no more than its status. */
export function ocspRefusal(status: number): Bytes {
  return sequence(enumerated(status))
}

function single(options: SingleResponseOptions): Bytes {
  const { leaf, issuer, status = 'good', hash = 'sha1', extensions = [] } = options
  const { thisUpdate, nextUpdate, revokedAt = thisUpdate - 86_400_000 } = options
  const certificate = parseCertificate(leaf.der)
  if (isX509Failure(certificate)) throw new TypeError(certificate.why)
  const id = sequence(
    sequence(oid(hashOids[hash]), nothing()),
    octetString(hashes[hash](certificate.issuer.raw)),
    octetString(hashes[hash](subjectPublicKey(issuer.spki))),
    options.serial ?? tlv(0x02, certificate.serialNumber),
  )
  const reason = enumerated(crlReasons[options.reason ?? 'keyCompromise'])
  const said = {
    good: implicit(0, new Uint8Array(0)),
    revoked: context(1, generalizedTime(revokedAt), context(0, reason)),
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

/** subjectPublicKey's bits. */
function subjectPublicKey(spki: Uint8Array): Uint8Array {
  const { content } = derTree(spki)
  const bits = content instanceof Uint8Array ? undefined : content[1]?.content
  if (!(bits instanceof Uint8Array)) throw new TypeError('expected a SubjectPublicKeyInfo')
  return bits.subarray(1)
}
