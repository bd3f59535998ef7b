/** record_size_limit (RFC 8449 section 4): `uint16 RecordSizeLimit;`, and the number is the value. */
import { uint16 } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const record_size_limit = {
  id: 28,
  name: 'record_size_limit',
  in: { ClientHello: uint16, EncryptedExtensions: uint16, ServerHello12: uint16 },
} as const satisfies Extension
