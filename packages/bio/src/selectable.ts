/** Waiting for whichever comes first, bytes or room: what `select(2)` is to descriptors. */
import type { Bio } from './bio.ts'
import { Link } from './link.ts'

/**
 * A BIO that can wait for bytes and for room at once. Who waits for one of them only may wait for a peer that waits for the
 * other: over a BIO like this, TLS makes calls that do not wait and selects between them, so that waiting ends whenever it can.
 */
export interface SelectableBio extends Bio {
  readonly blocking: boolean
  setBlocking(blocking: boolean): void
  /** Waits until a read, or a write, is worth another try, whichever is asked for and first. False where its timeout was up before. */
  select(wanted: { readonly read: boolean; readonly write: boolean }): boolean
}

/** The BIO to select on: the lowest of the chain, if it can. */
export function selectable(bio: Bio): SelectableBio | undefined {
  let at: object | undefined = bio
  while (at instanceof Link) at = at.next
  return at && 'select' in at && 'setBlocking' in at ? (at as SelectableBio) : undefined
}
