/** oid_filters: extensions that a server wants in its clients' certificates, and whether they are there (RFC 9846 §4.3.5). */
import type { OidFilter } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import {
  type Certificate,
  extensionFilter,
  isX509Failure,
  oidFromText,
  oidToText,
} from '@biopair/x509'
import { misuse } from './misuse.ts'
import { checkOptions } from './option-types.ts'

/** One extension, and what it has to say. */
export interface OidFilterOption {
  /** Dotted: `2.5.29.37`. */
  readonly oid: string
  /** DER of the extension's value; left out, any value will do. keyUsage and extKeyUsage may say more than this, others have to be the same. */
  readonly values?: Uint8Array
}

/** Bytes of all filters: a quarter of what the extensions of a message have room for. */
const mostBytes = 2 ** 14

/** Reads the option. TypeError for an OID that is none, one that is there twice, a value that keyUsage or extKeyUsage cannot have, and more than 16 384 bytes. */
export function oidFiltersFrom(options: readonly OidFilterOption[]): readonly OidFilter[] {
  const filters = filtersFrom(options)
  const length = filters.reduce((sum, { oid, values }) => sum + 3 + oid.length + values.length, 0)
  if (length > mostBytes || filters.some(({ oid }) => oid.length > 255))
    throw wrong(`expected OIDs of up to 255 bytes, and ${mostBytes} bytes in all, got ${length}`)
  return filters
}

function filtersFrom(options: readonly OidFilterOption[]): readonly OidFilter[] {
  const seen = new Set<string>()
  return options.map(option => {
    checkOptions(option, { oid: 'string', values: 'Uint8Array' })
    const { oid, values = new Uint8Array(0) } = option
    const encoded = oidFromText(oid)
    if (!encoded) throw wrong(`expected a dotted OID, got ${JSON.stringify(oid)}`)
    if (seen.has(oid)) throw wrong(`expected each OID once, got ${oid} again`)
    seen.add(oid)
    const filter = extensionFilter(oid, values)
    if (isX509Failure(filter)) throw wrong(`${oid}: ${filter.why}`)
    return { oid: encoded, values: new Uint8Array(values) }
  })
}

/** Client: what decides whether a certificate may be shown. Illegal_parameter for a filter that RFC 9846 forbids. */
export function filterFrom(
  filters: readonly OidFilter[] | undefined,
): (certificate: Certificate) => boolean {
  const tests = (filters ?? []).map(({ oid, values }) => {
    const text = oidToText(oid)
    // "the client MUST ignore and skip any unrecognized certificate extension OIDs"
    if (text === undefined || !standard.includes(text)) return () => true
    const filter = extensionFilter(text, values)
    if (isX509Failure(filter))
      throw new TlsAlert('illegal_parameter', {
        reason: 'BAD_EXTENSION',
        section: '4.3.5',
        why: `oid_filters, ${text}: ${filter.why}`,
      })
    return filter
  })
  return certificate => tests.every(fits => fits(certificate))
}

/** Server: the first of its filters that a certificate does not match, dotted; undefined where it matches them all. */
export function unmatched(
  filters: readonly OidFilter[] | undefined,
  certificate: Certificate,
): string | undefined {
  for (const { oid, values } of filters ?? []) {
    const text = oidToText(oid) ?? ''
    const filter = extensionFilter(text, values)
    if (isX509Failure(filter) || !filter(certificate)) return text
  }
  return undefined
}

/** Those that have a rule of their own. */
const standard = ['2.5.29.15', '2.5.29.37']

function wrong(why: string): TypeError {
  return misuse('ERR_INVALID_ARG_VALUE', `oidFilters: ${why}`)
}
