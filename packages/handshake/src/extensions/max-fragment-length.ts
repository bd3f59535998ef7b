/** max_fragment_length (RFC 6066 section 4): `enum { 2^9(1), 2^10(2), 2^11(3), 2^12(4), (255) } MaxFragmentLength;`, and the number is the value. */
import { uint8 } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const max_fragment_length = {
  id: 1,
  name: 'max_fragment_length',
  in: { ClientHello: uint8, EncryptedExtensions: uint8, ServerHello12: uint8 },
} as const satisfies Extension
