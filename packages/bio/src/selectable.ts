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

/** The BIO to select on: the first of the chain that can. A filter that waits for other things than it is asked for has a `select` of its own. */
export function selectable(bio: Bio): SelectableBio | undefined {
  let at: object | undefined = bio
  while (at instanceof Link && !selects(at)) at = at.next
  return at && selects(at) ? at : undefined
}

function selects(bio: object): bio is SelectableBio {
  return 'setBlocking' in bio && 'select' in bio && typeof bio.select === 'function'
}
