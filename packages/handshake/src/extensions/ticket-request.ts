/** ticket_request (RFC 9149 section 2). */
import { struct, uint8 } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         uint8 new_session_count;
 *         uint8 resumption_count;
 *     } ClientTicketRequest;
 *
 *     struct {
 *         uint8 expected_count;
 *     } ServerTicketRequestHint;
 */
export const ticket_request = {
  id: 58,
  name: 'ticket_request',
  in: {
    ClientHello: struct({ new_session_count: uint8, resumption_count: uint8 }),
    EncryptedExtensions: struct({ expected_count: uint8 }),
  },
} as const satisfies Extension
