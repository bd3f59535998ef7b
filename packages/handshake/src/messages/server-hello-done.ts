/** ServerHelloDone of TLS 1.2 (RFC 5246 section 7.4.5). */
import { type Empty, empty } from '@biopair/wire'
import type { MessageType } from './message.ts'

export type ServerHelloDone = Empty

/** The end of the server's first flight. */
export const ServerHelloDone: MessageType<ServerHelloDone> = {
  msg_type: 14,
  name: 'ServerHelloDone',
  body: empty,
}
