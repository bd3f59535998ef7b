/** How BIOs are joined to a chain, and parted: what stands above and below, for C and for the filters that do the work. */
import { type Filter, Link } from '@biopair/bio'
import type { BIO } from './bio.ts'

/** Puts `lower` directly below `upper`. false, and nothing is done, where one of them is joined already. */
export function link(upper: BIO, lower: BIO): boolean {
  if (upper.next || lower.prev || stands(lower, upper)) return false
  if (upper.native instanceof Link) {
    try {
      upper.native.push(lower)
    } catch {
      // Somebody has put a filter of package bio above `lower`, or a carrier below the one in `upper`.
      return false
    }
  }
  upper.next = lower
  lower.prev = upper
  return true
}

/** Takes away what is directly below. */
export function part(upper: BIO): void {
  const { next } = upper
  if (!next) return
  if (upper.native instanceof Link) upper.native.pop()
  upper.next = undefined
  next.prev = undefined
}

/** Takes `bio` out of its chain, and joins what was above it with what was below. */
export function unlink(bio: BIO): void {
  const { prev, next } = bio
  if (prev) part(prev)
  part(bio)
  if (prev && next) link(prev, next)
}

/** Another filter does the work of `bio`, in the same place of its chain. */
export function renew(bio: BIO, filter: Filter): void {
  const { next } = bio
  part(bio)
  bio.native = filter
  if (next) link(bio, next)
}

/** The last of a chain. */
export function last(bio: BIO): BIO {
  let at = bio
  while (at.next) at = at.next
  return at
}

/** Whether `bio` is `chain` or below it. */
function stands(chain: BIO, bio: BIO): boolean {
  for (let at: BIO | undefined = chain; at; at = at.next) if (at === bio) return true
  return false
}
