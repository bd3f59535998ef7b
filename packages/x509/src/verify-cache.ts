/** What verifications remember for each other: certificates of good paths, and which signatures were found good. */
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import { isX509Failure, type X509Failure, X509InputError } from './failure.ts'

/** How much is remembered. */
export interface VerifyCacheLimits {
  /** Certificates: 256. The one that was of no use for the longest time goes first. */
  readonly certificates: number
  /** Their bytes: 1 048 576. */
  readonly bytes: number
}

/**
 * Remembers what cannot change: how these bytes parse, and that one certificate was signed by another's key. What may be different the next time
 * (anchors, purpose, names, time, revocation) is judged anew each time, so that nothing in here is ever stale. Only paths that
 * were found good come in: whoever is believed by nobody fills nothing.
 */
export class VerifyCache {
  readonly #limits: VerifyCacheLimits
  /** By a few bytes of their content, the one used last at the end. */
  readonly #certificates = new Map<string, Certificate>()
  readonly #signed = new WeakMap<Certificate, WeakSet<Certificate>>()
  #bytes = 0

  /** `X509InputError` for limits that are no whole numbers. */
  constructor(
    limits: { readonly [K in keyof VerifyCacheLimits]?: VerifyCacheLimits[K] | undefined } = {},
  ) {
    this.#limits = {
      certificates: whole('certificates', limits.certificates, 256),
      bytes: whole('bytes', limits.bytes, 1_048_576),
    }
  }

  /** Certificates that are remembered. */
  get size(): number {
    return this.#certificates.size
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** As parseCertificate; the same object for the same bytes, as long as they are remembered. */
  certificate(der: Uint8Array): Certificate | X509Failure {
    const place = placeOf(der)
    const known = this.#certificates.get(place)
    if (!known || !sameBytes(known.raw, der)) return parseCertificate(der)
    this.#certificates.delete(place)
    this.#certificates.set(place, known)
    return known
  }

  /** Whether the key of `issuer` was found to have signed `subject`. */
  isSigned(subject: Certificate, issuer: Certificate): boolean {
    return this.#signed.get(subject)?.has(issuer) === true
  }

  /** Remembers a good path, from the peer's certificate to the anchor, each signature of which was verified. */
  remember(path: readonly Certificate[]): void {
    if (path.length > this.#limits.certificates) return
    // An anchor is its store's.
    const kept = path.map((certificate, i) =>
      i < path.length - 1 ? this.#keep(certificate) : certificate,
    )
    for (const [depth, certificate] of kept.entries()) {
      const issuer = kept[depth + 1]
      if (!issuer) return
      const signed = this.#signed.get(certificate)
      if (signed) signed.add(issuer)
      else this.#signed.set(certificate, new WeakSet([issuer]))
    }
  }

  /** Its own copy: what a peer sent lies in a buffer that serves for other things. */
  #keep(certificate: Certificate): Certificate {
    const { raw } = certificate
    const place = placeOf(raw)
    const there = this.#certificates.get(place)
    if (there && sameBytes(there.raw, raw)) return there
    const copy = parseCertificate(Uint8Array.from(raw))
    if (isX509Failure(copy)) return certificate
    if (there) this.#drop(place, there)
    this.#certificates.set(place, copy)
    this.#bytes += raw.length
    for (const [oldest, other] of this.#certificates) {
      if (this.size <= this.#limits.certificates && this.#bytes <= this.#limits.bytes) break
      this.#drop(oldest, other)
    }
    return copy
  }

  #drop(place: string, { raw }: Certificate): void {
    this.#certificates.delete(place)
    this.#bytes -= raw.length
  }
}

/** The end of a certificate is its signature, which no two share; who crafts two that do has them compared byte by byte, and one of them forgotten. */
function placeOf(der: Uint8Array): string {
  return `${der.length} ${der.subarray(-12).join(' ')}`
}

function whole(name: string, given: number | undefined, standard: number): number {
  const limit = given ?? standard
  if (Number.isSafeInteger(limit) && limit >= 0) return limit
  throw new X509InputError(
    'ERR_X509_INVALID_LIMIT',
    `${name}: expected a whole number of at least 0, got ${limit}`,
  )
}
