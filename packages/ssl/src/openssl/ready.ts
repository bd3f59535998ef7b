/** Ours: what stands for select(2). C asks a descriptor when to call again; here a promise says it. */
import type { BIO } from './bio.ts'
import { BIO_RR_CONNECT } from './bio-constants.ts'
import {
  BIO_get_retry_BIO,
  BIO_should_io_special,
  BIO_should_read,
  BIO_should_retry,
} from './bio-retry.ts'
import type { SSL } from './ssl.ts'

/**
 * Settles, and never rejects, when the last call on `bio` is worth another try, for what it waits for (BIO_should_read,
 * BIO_should_write, BIO_should_io_special); at once where it waits for nothing. `on` asks for one way whatever the last call was.
 * TypeError at once for a BIO that cannot be waited for.
 */
export function BIO_ready(bio: BIO, on?: 'read' | 'write'): Promise<void> {
  if (on !== undefined) return bio.ready(on)
  const [waiting] = BIO_get_retry_BIO(bio)
  if (!BIO_should_retry(waiting)) return Promise.resolve()
  // What is being connected can be written to once it stands; only what accepts waits to be read.
  const reads =
    BIO_should_read(waiting) ||
    (BIO_should_io_special(waiting) && waiting.retryReason !== BIO_RR_CONNECT)
  return waiting.ready(reads ? 'read' : 'write')
}

/**
 * Settles, and never rejects, when the last call on `ssl` is worth another try: its BIOs can go on, or a callback has its answer.
 * At once where it waits for nothing. TypeError at once for a BIO that cannot be waited for.
 */
export function SSL_ready(ssl: SSL): Promise<void> {
  const { native, waits } = ssl
  return native && waits ? native.ready(waits) : Promise.resolve()
}
