/** What carries a connection's bytes where nothing can be had at once: functions that answer later, and two that need not. */
import type { Bytes } from '@biopair/wire'

/**
 * Whatever brings bytes in their order, or not at all. One `read` and one `write` are under way at a time; a promise that rejects says that the
 * carrier is broken, both ways. After `close` and `abort` nothing else is called.
 */
export interface ByteCarrier {
  /** The next bytes, or null where there will be no more. What is handed over stays as it is until the next call. */
  read(): Promise<Uint8Array | null>
  /** Takes bytes, which are the carrier's from then on; settles once it can take more. This is what slows a writer down. */
  write(bytes: Bytes): Promise<void>
  /**
   * For a carrier that can have bytes at hand: the next of them, null at the end, undefined where `read` has to be waited for. As `read` otherwise; it is not
   * called while a `read` is under way.
   */
  readNow?(): Uint8Array | null | undefined
  /** For a carrier that can have room at hand: true where it has taken the bytes as `write` would; false where it has not, and `write` is to be. */
  writeNow?(bytes: Bytes): boolean
  /** All is said, and nothing more is wanted: what was written still arrives, a `write` that is under way too where `read` has ended. Settles once the carrier is let go of. */
  close(): Promise<void>
  /** Ends both ways at once, whatever is still on its way; the other side learns, where the carrier can tell it, that this is no clean end. */
  abort(reason: Error): void
}
