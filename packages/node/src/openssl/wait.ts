/** BIO_wait(3): waiting for a BIO, with a time limit. In C it blocks; here it is a promise. */
import { type BIO, BIO_ready } from '@biopair/ssl/openssl'

/**
 * 1 once the last call on `bio` is worth another try (BIO_ready), 0 when the clock has reached `max_time` (seconds since 1970; 0: no limit) before,
 * -1 for a BIO that cannot be waited for. C's third argument, how long to nap between two looks, has no meaning here. Never rejects.
 */
export async function BIO_wait(
  bio: BIO,
  max_time: number,
  _nap_milliseconds = 100,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  try {
    const ready = BIO_ready(bio).then(() => 1)
    if (max_time === 0) return await ready
    const late = new Promise<number>(resolve => {
      timer = setTimeout(resolve, Math.min(Math.max(max_time * 1000 - Date.now(), 0), mostWait), 0)
    })
    return await Promise.race([ready, late])
  } catch {
    return -1
  } finally {
    clearTimeout(timer)
  }
}

/** What a timer can be set to: 24 days. */
const mostWait = 2 ** 31 - 1
