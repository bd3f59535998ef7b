/** The calls of BIO_push(3) and BIO_find_type(3): BIOs that stand on each other. */
import { type BIO, BIO_free_all, BIO_new } from './bio.ts'
import { BIO_CTRL_POP, BIO_CTRL_PUSH } from './bio-constants.ts'
import { BIO_ctrl, BIO_dup_state } from './bio-ctrl.ts'
import { last, link, part, unlink } from './bio-link.ts'
import { isOfType } from './bio-method.ts'

/**
 * Puts `append`, with what is below it, under the last of `bio`'s chain: answers `bio`, or `append` where that is null. A BIO that
 * stands below another one already is not put below a second one: null, with IN_USE, and nothing is done (in C: undefined).
 */
export function BIO_push(bio: BIO | null, append: BIO | null): BIO | null {
  if (bio === null) return append
  const tail = last(bio)
  if (append && !link(tail, append)) {
    bio.errors.clear()
    return bio.refuse('IN_USE', 'what is to go below stands in a chain already', null)
  }
  BIO_ctrl(bio, BIO_CTRL_PUSH, 0, tail)
  return bio
}

/** Takes `bio` out of its chain, whose other links are joined, and answers what was below it. */
export function BIO_pop(bio: BIO | null): BIO | null {
  if (bio === null) return null
  const { next = null } = bio
  BIO_ctrl(bio, BIO_CTRL_POP, 0, bio)
  unlink(bio)
  return next
}

/** What is directly below. */
export function BIO_next(bio: BIO | null): BIO | null {
  return bio?.next ?? null
}

/** Puts `next` directly below, in the place of what was there, and tells no method of it. One that stands below another: IN_USE. */
export function BIO_set_next(bio: BIO, next: BIO | null): void {
  bio.errors.clear()
  const { next: before } = bio
  if (next === (before ?? null)) return
  part(bio)
  if (next === null || link(bio, next)) return
  if (before) link(bio, before)
  bio.refuse('IN_USE', 'what is to go below stands in a chain already', undefined)
}

/** The first of the chain, `bio` itself counted, of this type; of this class where the low byte of `type` is 0. */
export function BIO_find_type(bio: BIO | null, type: number): BIO | null {
  for (let at = bio ?? undefined; at; at = at.next) if (isOfType(at.method, type)) return at
  return null
}

/**
 * A chain of new BIOs with the same methods, callbacks, settings and ex_data; what they hold and have counted is not copied. null where
 * one of them cannot be copied: with its reason, a half of a pair that has a peer (in C the copy crashes when it is read).
 */
export function BIO_dup_chain(bio: BIO | null): BIO | null {
  let head: BIO | null = null
  for (let from = bio ?? undefined; from; from = from.next) {
    const to: BIO | null = BIO_new(from.method)
    if (to === null || !copied(from, to)) {
      bio?.errors.clear()
      bio?.refuse('IN_USE', `a ${from.method.name} BIO cannot be copied as it is now`, null)
      if (to) to.init = 0
      BIO_free_all(to)
      BIO_free_all(head)
      return null
    }
    head = head === null ? to : BIO_push(head, to)
  }
  return head
}

function copied(from: BIO, to: BIO): boolean {
  to.callback = from.callback
  to.callbackArg = from.callbackArg
  to.init = from.init
  to.shutdown = from.shutdown
  to.flags = from.flags
  if (BIO_dup_state(from, to) <= 0) return false
  return from.exData.copy(to)
}
