/** post_handshake_auth (RFC 9846 section 4.3.6): `struct {} PostHandshakeAuth;` */
import { empty } from '@biopair/wire'
import type { Extension } from './extension.ts'

export const post_handshake_auth = {
  id: 49,
  name: 'post_handshake_auth',
  in: { ClientHello: empty },
} as const satisfies Extension
