/** EndOfEarlyData (RFC 9846 section 4.6). */
import { type Empty, empty } from '@biopair/wire'
import type { MessageType } from './message.ts'

export type EndOfEarlyData = Empty

/** The last message under the early traffic key. */
export const EndOfEarlyData: MessageType<EndOfEarlyData> = {
  msg_type: 5,
  name: 'EndOfEarlyData',
  body: empty,
}
