/** Random bytes of the system over node:crypto. */
import { randomFillSync } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'

/** `length` cryptographically secure random bytes. */
export function randomBytes(length: number): Bytes {
  return randomFillSync(new Uint8Array(length))
}
