/** Names of certificate authorities, as options give them and as they fit into a message (RFC 9846 §4.3.4). */
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'

/** Bytes of all names: half of what the extensions of a message have room for. */
const mostBytes = 2 ** 15

/** The names, copied. TypeError for an empty one ("a DistinguishedName has 1 byte at least"), and for more than 32 768 bytes. */
export function authoritiesFrom(names: readonly Uint8Array[]): readonly Bytes[] {
  if (names.some(({ length }) => length === 0))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'requestAuthorities: expected DER names, got an empty one',
    )
  if (!fitting(names))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `requestAuthorities: expected names of up to ${mostBytes} bytes together`,
    )
  return names.map(name => new Uint8Array(name))
}

/** Whether they are few enough to be sent. */
export function fitting(names: readonly Uint8Array[]): boolean {
  return names.reduce((sum, { length }) => sum + 2 + length, 0) <= mostBytes
}
