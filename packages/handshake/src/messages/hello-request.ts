/** HelloRequest of TLS 1.2 (RFC 5246 section 7.4.1.1). */
import { type Empty, empty } from '@biopair/wire'
import type { MessageType } from './message.ts'

export type HelloRequest = Empty

/** A server's wish to negotiate again, which is never granted; it is in no transcript. */
export const HelloRequest: MessageType<HelloRequest> = {
  msg_type: 0,
  name: 'HelloRequest',
  body: empty,
}
