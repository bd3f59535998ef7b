/** early_data (RFC 9846 section 4.3.10). */
import { empty, struct, uint32 } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         select (Handshake.msg_type) {
 *             case new_session_ticket:   uint32 max_early_data_size;
 *             case client_hello:         Empty;
 *             case encrypted_extensions: Empty;
 *         };
 *     } EarlyDataIndication;
 */
export const early_data = {
  id: 42,
  name: 'early_data',
  in: {
    ClientHello: empty,
    EncryptedExtensions: empty,
    NewSessionTicket: struct({ max_early_data_size: uint32 }),
  },
} as const satisfies Extension
