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

/** The entries of one CRL: their places in its bytes, sorted when the first is asked for. */
export class CrlEntries {
  readonly size: number
  /** OIDs of critical entry extensions that we do not process. */
  readonly unknownCritical: readonly string[]
  readonly #bytes: Uint8Array
  readonly #starts: Uint32Array
  #sorted: boolean

  /** Reads `revokedCertificates`, all of it. Throws `DerError`. */
  constructor(list: DerReader) {
    const { bytes } = list
    const starts = new Uint32Array(Math.ceil((list.end - list.at) / shortest))
    const unknown = new Set<string>()
    let size = 0
    let sorted = true
    while (!list.done) {
      const start = list.at
      readEntry(list, oid => {
        if (unknown.size < mostNamed) unknown.add(oid)
      })
      if (size > 0 && compare(bytes, starts[size - 1] as number, start) > 0) sorted = false
      starts[size++] = start
    }
    this.size = size
    this.unknownCritical = [...unknown]
    this.#bytes = bytes
    this.#starts = starts.slice(0, size)
    this.#sorted = sorted
  }

  /** The entries with this serial number, its content octets: one or none, or what a careless issuer has said twice. */
  find(serialNumber: Uint8Array): readonly CrlEntry[] {
    const starts = this.#starts
    if (!this.#sorted) starts.sort((a, b) => compare(this.#bytes, a, b))
    this.#sorted = true
    let low = 0
    for (let high = starts.length; low < high; ) {
      const middle = (low + high) >> 1
      if (this.#against(starts[middle] as number, serialNumber) < 0) low = middle + 1
      else high = middle
    }
    const found: CrlEntry[] = []
    for (; low < starts.length && this.#against(starts[low] as number, serialNumber) === 0; low++)
      found.push(readEntry(new DerReader(this.#bytes, starts[low] as number), () => {}))
    return found
  }

  #against(start: number, serialNumber: Uint8Array): number {
    const at = inside(this.#bytes, start)
    const content = inside(this.#bytes, at)
    return ordered(
      this.#bytes,
      content,
      next(this.#bytes, at),
      serialNumber,
      0,
      serialNumber.length,
    )
  }
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

/** The serial numbers of two entries, in some order. */
function compare(bytes: Uint8Array, a: number, b: number): number {
  const one = inside(bytes, a)
  const other = inside(bytes, b)
  return ordered(
    ...([bytes, inside(bytes, one), next(bytes, one)] as const),
    ...([bytes, inside(bytes, other), next(bytes, other)] as const),
  )
}

function ordered(
  a: Uint8Array,
  from: number,
  to: number,
  b: Uint8Array,
  start: number,
  end: number,
): number {
  const length = to - from
  if (length !== end - start) return length - (end - start)
  for (let i = 0; i < length; i++) {
    const difference = (a[from + i] as number) - (b[start + i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

/** Where the content of an element that was read before starts. */
function inside(bytes: Uint8Array, start: number): number {
  const length = bytes[start + 1] as number
  return start + 2 + (length > 0x7f ? length & 0x7f : 0)
}

/** Where it ends. */
function next(bytes: Uint8Array, start: number): number {
  const content = inside(bytes, start)
  if (content === start + 2) return content + (bytes[start + 1] as number)
  let length = 0
  for (let i = start + 2; i < content; i++) length = length * 256 + (bytes[i] as number)
  return content + length
}
