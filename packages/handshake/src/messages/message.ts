/** What a handshake message is: a type, a name, a body (RFC 9846 section 4). */
import { type Bytes, type Codec, decode, Writer } from '@biopair/wire'

/** A message that can be written and read. `name` is the RFC's name of the struct. */
export interface MessageType<T> {
  readonly msg_type: number
  readonly name: string
  readonly body: Codec<T>
}

/** The length of the header: msg_type and length. */
export const messageHeaderLength = 4

/**
 * A whole message, header included.
 *
 *     struct {
 *         HandshakeType msg_type;    // handshake type
 *         uint24 length;             // remaining bytes in message
 *         select (Handshake.msg_type) { ... };
 *     } Handshake;
 *
 * @throws RangeError (`ERR_OUT_OF_RANGE`) or TypeError where a value does not fit its field
 */
export function encodeMessage<T>(type: MessageType<T>, value: T): Bytes {
  const to = new Writer()
  to.uint8(type.msg_type)
  to.field = type.name
  to.block(3, () => type.body.write(to, value))
  return to.finish()
}

/**
 * The message of a body (without the header). Byte strings in it are copies.
 * @throws TlsAlert `decode_error`, and `illegal_parameter` for a KeyUpdate that asks for neither of the two
 */
export function decodeMessage<T>(type: MessageType<T>, body: Uint8Array): T {
  return decode(type.body, body)
}
