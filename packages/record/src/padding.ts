/** Padding policies: how much longer a record looks than its content is (RFC 9846 §5.4). */
import type { ContentTypeName } from './record.ts'

/** Zero bytes to add to a record of `length` content bytes; what goes beyond the limit of a record is left out. Asked once for each record. */
export type Padding = (type: ContentTypeName, length: number) => number

/**
 * Content and padding are a multiple of `block` bytes, and at least one block, so that an alert, a KeyUpdate and a line of chat look
 * alike. What has the same number of blocks has the same length on the wire.
 */
export function blockPadding(block: number): Padding {
  return (_type, length) => Math.max(1, Math.ceil(length / block)) * block - length
}
