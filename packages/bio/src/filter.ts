/** What a filter of a stream is: a BIO that stands on another one, and passes on what it does not change. */
import type { Bio, Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkDirection } from './check.ts'
import { Link } from './link.ts'
import { broken } from './stopped.ts'

/**
 * By itself it passes everything; others override what they change. Where nothing is below, calls are `broken` with
 * UNINITIALIZED. A retry, an end and an error from below come through as they are.
 */
export class Filter extends Link<Bio> implements Bio {
  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    return this.next ? this.next.read(into) : unjoined()
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    return this.next ? this.next.write(bytes) : unjoined()
  }

  /** `done` once everything taken, here and below, has reached the lowest carrier. */
  flush(): 'done' | Stopped {
    return this.next ? this.next.flush() : unjoined()
  }

  /** Half-close, after what this filter still holds. */
  end(): 'done' | Stopped {
    return this.next ? this.next.end() : unjoined()
  }

  close(error?: Error): void {
    this.next?.close(error)
  }

  /** TypeError where the BIO below cannot be waited for. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    if (!this.next) return Promise.resolve()
    if (this.next.ready) return this.next.ready(on)
    throw misuse(
      TypeError,
      `expected a BIO with ready() below this filter, to wait until it can ${on}`,
    )
  }

  get pending(): number {
    return this.next?.pending ?? 0
  }

  get wpending(): number {
    return this.next?.wpending ?? 0
  }

  get eof(): boolean {
    return this.next ? (this.next.eof ?? false) : true
  }

  get blocking(): boolean {
    return this.next?.blocking ?? false
  }

  /** Asks the carrier below. */
  setBlocking(blocking: boolean): void {
    setBlocking(this.next, blocking)
  }

  protected override get verbs(): readonly string[] {
    return ['read', 'write']
  }
}

/** What a call answers where nothing is below. */
export function unjoined(): Stopped {
  return broken(new BioError('UNINITIALIZED', 'this filter has nothing below it: push a BIO'))
}

/**
 * Makes calls on a BIO wait until something has moved, or never wait (BIO_set_nbio). TypeError `ERR_BIO_CANNOT_BLOCK` for one that
 * cannot wait: within one thread nobody else could make it go on meanwhile.
 */
export function setBlocking(bio: Bio | undefined, blocking: boolean): void {
  if (bio?.setBlocking) bio.setBlocking(blocking)
  else if (blocking !== (bio?.blocking ?? false))
    throw misuse(
      TypeError,
      blocking
        ? 'this BIO cannot block: while its thread waits, nobody could bring what it waits for; a SharedPairBio between threads can, and so can a file descriptor'
        : 'this BIO always blocks',
      'CANNOT_BLOCK',
    )
}
