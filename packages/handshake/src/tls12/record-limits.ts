/** record_size_limit in TLS 1.2, where it is of the content alone (RFC 8449 §4). */
import { TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import type { Output } from '../output.ts'
import { leastRecordLimit } from '../tls13/record-limits.ts'

/** The most that one may say in TLS 1.2: 2^14 bytes of content. */
export const mostRecordLimit12 = 16_384

/** What we say; undefined for nothing. */
export function recordLimit12({ recordSizeLimit }: FlowConfig): number | undefined {
  return recordSizeLimit && Math.min(recordSizeLimit, mostRecordLimit12)
}

/** Judges what a server says. */
export function checkServerLimit12(limit: number | undefined): void {
  if (limit === undefined || (limit >= leastRecordLimit && limit <= mostRecordLimit12)) return
  throw new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: 'RFC 8449 4',
    why: `expected a record_size_limit from ${leastRecordLimit} to ${mostRecordLimit12}, got ${limit}`,
  })
}

/** Holds both directions to what was said. Nothing where one is silent. */
export function limitRecords12(
  output: Output,
  ours: number | undefined,
  theirs: number | undefined,
): void {
  if (ours === undefined || theirs === undefined) return
  // An output counts the content type, which TLS 1.2 has outside.
  output.limitRecords('write', Math.min(theirs, mostRecordLimit12) + 1)
  output.limitRecords('read', Math.min(ours, mostRecordLimit12) + 1)
}
