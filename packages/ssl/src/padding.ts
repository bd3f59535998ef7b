/** The `padding` option: what a context says, as the record layer asks for it (RFC 9846 §5.4). */
import { blockPadding, type ContentTypeName, type Padding } from '@biopair/record'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'

/**
 * A block size in bytes (SSL_CTX_set_block_padding): content and padding are a multiple of it, and at least one block. Or a function of a record's
 * type and content that says how long the two shall be together, asked once for each record; less than the content is no padding. A policy that
 * rolls dice takes them from `draw`, so that a seeded run repeats. Never beyond the limit of a record.
 */
export type PaddingPolicy =
  | number
  | ((type: ContentTypeName, length: number, draw: (length: number) => Bytes) => number)

/** The policy of one connection. TypeError for a block size that is none. */
export function paddingFrom(
  policy: PaddingPolicy | undefined,
  draw: (length: number) => Bytes,
): Padding | undefined {
  if (policy === undefined) return undefined
  if (typeof policy === 'function')
    return (type, length) => Math.max(0, policy(type, length, draw) - length)
  if (Number.isInteger(policy) && policy >= 1 && policy <= 16_384) return blockPadding(policy)
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `padding: expected a block of 1 to 16384 bytes or a function, got ${policy}`,
  )
}
