/** quic_transport_parameters (RFC 9001 section 8.2): QUIC's own encoding, which TLS hands on unread. */
import { rest } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const quic_transport_parameters = {
  id: 57,
  name: 'quic_transport_parameters',
  in: { ClientHello: rest(), EncryptedExtensions: rest() },
} as const satisfies Extension
