/** Reading from the BIO below a filter that keeps what it reads: what that answers is held to its word. */
import type { Bio, Stopped } from './bio.ts'
import { checkCount } from './check.ts'
import { unjoined } from './filter.ts'
import { retryRead } from './stopped.ts'

/** A BIO that answers 0 is not asked for ever; RangeError for one that gave more than there was room for. */
export function ask(below: Bio | undefined, into: Uint8Array): number | Stopped {
  if (!below) return unjoined()
  const count = below.read(into)
  if (typeof count !== 'number') return count
  checkCount('bytes that the BIO below gave', count, 0, into.length)
  return count === 0 ? retryRead : count
}
