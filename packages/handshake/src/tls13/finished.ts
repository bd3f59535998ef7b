/** Judging a Finished message (RFC 9846 §4.5.3). */
import { TlsAlert } from '@biopair/wire'
import type { Finished } from '../messages/index.ts'

/** Refuses a Finished whose verify_data is not right (RFC 9846 §4.5.3). */
export function checkFinished(
  finished: Finished,
  length: number,
  matches: (verifyData: Uint8Array) => boolean,
): void {
  if (finished.verify_data.length !== length)
    throw new TlsAlert('decode_error', {
      reason: 'BAD_DIGEST_LENGTH',
      section: '4.5.3',
      why: `expected ${length} bytes of verify_data, got ${finished.verify_data.length}`,
    })
  if (!matches(finished.verify_data))
    throw new TlsAlert('decrypt_error', {
      reason: 'DIGEST_CHECK_FAILED',
      section: '4.5.3',
      why: "the peer's Finished does not match the transcript",
    })
}
