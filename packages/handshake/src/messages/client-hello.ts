/** ClientHello (RFC 9846 section 4.2.2). */
import {
  type Decoded,
  fixed,
  named,
  opaque,
  optionalTail,
  struct,
  uint16,
  vector,
} from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/**
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;    // TLS v1.2
 *         Random random;
 *         opaque legacy_session_id<0..32>;
 *         CipherSuite cipher_suites<2..2^16-2>;
 *         opaque legacy_compression_methods<1..2^8-1>;
 *         Extension extensions<7..2^16-1>;
 *     } ClientHello;
 */
const body = struct({
  legacy_version: named('ProtocolVersion', uint16),
  random: fixed(32),
  legacy_session_id: opaque(0, 32),
  cipher_suites: vector(named('CipherSuite', uint16), 2, 2 ** 16 - 2),
  legacy_compression_methods: opaque(1, 2 ** 8 - 1),
  // §4.2.2: only bytes after the compression methods tell that there are extensions. RFC 5246 §7.4.1.2 has no lower bound, and what is shorter than 7 offers no TLS 1.3.
  extensions: optionalTail(extensionBlock(0)),
})

export type ClientHello = Decoded<typeof body>

/** A client's offer; `extensions` is undefined where a client of TLS 1.2 or older sent none. */
export const ClientHello: MessageType<ClientHello> = { msg_type: 1, name: 'ClientHello', body }
