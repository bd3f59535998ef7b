/** session_ticket of TLS 1.2 (RFC 5077 section 3.2): in a ClientHello, the bytes of a ticket, or none. */
import { empty, rest } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const session_ticket = {
  id: 35,
  name: 'session_ticket',
  in: { ClientHello12: rest(), ServerHello12: empty },
} as const satisfies Extension
