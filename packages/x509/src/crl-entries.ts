/** What a CRL has revoked: hundreds of thousands of entries, read in one pass and found by serial number (RFC 5280 §5.1.2.6, §5.3). */
import { DerError, DerReader, tags } from './der.ts'
import { extensionList } from './extension-list.ts'
import { readTime } from './time.ts'

/** One entry. */
export interface CrlEntry {
  /** Milliseconds since 1970. */
  readonly revocationDate: number
  /** CRLReason by number: 6 is certificateHold. Undefined where nothing is said. */
  readonly reasonCode: number | undefined
  /** Milliseconds since 1970: since when the key is suspected. */
  readonly invalidityDate: number | undefined
}

// SEQUENCE, a serial number of one octet, UTCTime: no entry is shorter.
const shortest = 20
// Of critical extensions that nobody knows, so many are named.
const mostNamed = 8
// Of entries with one serial number, so many are looked at.
const mostFound = 16

/**
 * The entries of one CRL. What is kept of each is one number, a hash of its serial number above the place of the entry: sorted as numbers, and by serial
 * number where hashes collide. So nobody's choice of serial numbers makes a search a long one.
 */
export class CrlEntries {
  readonly size: number
  /** OIDs of critical entry extensions that we do not process. */
  readonly unknownCritical: readonly string[]
  readonly #bytes: Uint8Array
  readonly #index: Float64Array
  /** What a hash is multiplied with: above every place. */
  readonly #scale: number

  /** Reads `revokedCertificates`, all of it. Throws `DerError`. */
  constructor(list: DerReader) {
    const { bytes } = list
    const index = new Float64Array(Math.ceil((list.end - list.at) / shortest))
    const unknown = new Set<string>()
    let size = 0
    this.#bytes = bytes
    this.#scale = 2 ** Math.ceil(Math.log2(bytes.length + 1))
    while (!list.done) {
      const { at } = list
      readEntry(list, oid => {
        if (unknown.size < mostNamed) unknown.add(oid)
      })
      index[size++] = this.#hash(serialAt(bytes, at)) * this.#scale + at
    }
    this.size = size
    this.unknownCritical = [...unknown]
    this.#index = index.slice(0, size).sort()
    this.#sortCollisions()
  }

  /** The entries with this serial number, its content octets: one or none, or some of what a careless issuer has said again and again. */
  find(serialNumber: Uint8Array): readonly CrlEntry[] {
    const index = this.#index
    const hash = this.#hash(serialNumber)
    const against = (at: number) => {
      const entry = index[at] as number
      const difference = Math.floor(entry / this.#scale) - hash
      return difference || ordered(serialAt(this.#bytes, entry % this.#scale), serialNumber)
    }
    let at = 0
    for (let high = index.length; at < high; ) {
      const middle = (at + high) >>> 1
      if (against(middle) < 0) at = middle + 1
      else high = middle
    }
    const found: CrlEntry[] = []
    for (; at < index.length && found.length < mostFound && against(at) === 0; at++)
      found.push(
        readEntry(new DerReader(this.#bytes, (index[at] as number) % this.#scale), () => {}),
      )
    return found
  }

  #sortCollisions(): void {
    const index = this.#index
    const serial = (entry: number) => serialAt(this.#bytes, entry % this.#scale)
    for (let from = 0, to = 1; to <= index.length; to++) {
      const hash = Math.floor((index[from] as number) / this.#scale)
      if (to < index.length && Math.floor((index[to] as number) / this.#scale) === hash) continue
      if (to - from > 1) index.subarray(from, to).sort((a, b) => ordered(serial(a), serial(b)))
      from = to
    }
  }

  /** FNV-1a, as much of it as a double has room for beside a place. */
  #hash(serialNumber: Uint8Array): number {
    let hash = 0x811c_9dc5
    for (let i = 0; i < serialNumber.length; i++)
      hash = Math.imul(hash ^ (serialNumber[i] as number), 0x0100_0193)
    return (hash >>> 0) % Math.min(2 ** 32, 2 ** 53 / this.#scale)
  }
}

/** The serial number of the entry at a place. */
function serialAt(bytes: Uint8Array, start: number): Uint8Array {
  return new DerReader(bytes, start)
    .inside(tags.SEQUENCE, 'revokedCertificate')
    .integer('userCertificate')
}

/** Some order of serial numbers; 0 for equal ones. */
function ordered(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

function readEntry(list: DerReader, unknown: (oid: string) => void): CrlEntry {
  const entry = list.inside(tags.SEQUENCE, 'revokedCertificate')
  entry.integer('userCertificate')
  const revocationDate = readTime(entry, 'revocationDate')
  let reasonCode: number | undefined
  let invalidityDate: number | undefined
  if (!entry.done) {
    const extensions = entry.inside(tags.SEQUENCE, 'crlEntryExtensions')
    for (const { oid, critical, value, at } of extensionList(extensions, 'RFC 5280 5.3')) {
      if (oid === ids.reasonCode) reasonCode = readReason(value)
      else if (oid === ids.invalidityDate) invalidityDate = readTime(value, 'invalidityDate')
      // It makes whoever is named the issuer of this entry and of those behind it: there is no reading the CRL without.
      else if (oid === ids.certificateIssuer)
        throw new DerError(
          'entries of the issuer of the CRL',
          'certificateIssuer, which an indirect CRL has',
          at,
          'RFC 5280 5.3.3',
        )
      else {
        if (critical) unknown(oid)
        continue
      }
      value.finish('extnValue')
    }
  }
  entry.finish('revokedCertificate')
  return { revocationDate, reasonCode, invalidityDate }
}

const ids = {
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  certificateIssuer: '2.5.29.29',
} as const

function readReason(value: DerReader): number {
  const at = value.at
  const reason = value.small('CRLReason', tags.ENUMERATED)
  // "The removeFromCRL (8) reason code value may only appear in delta CRLs"; 7 is not used.
  if (reason > 10 || reason === 7 || reason === 8)
    throw new DerError('a reason for a revocation', String(reason), at, 'RFC 5280 5.3.1')
  return reason
}
