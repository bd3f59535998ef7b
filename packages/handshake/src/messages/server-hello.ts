/** ServerHello, and HelloRetryRequest, which has its structure (RFC 9846 sections 4.2.3 and 4.2.4). */
import { equal } from '@biopair/crypto'
import {
  type Bytes,
  type Decoded,
  fixed,
  named,
  opaque,
  optionalTail,
  struct,
  uint8,
  uint16,
} from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/**
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;    // TLS v1.2
 *         Random random;
 *         opaque legacy_session_id_echo<0..32>;
 *         CipherSuite cipher_suite;
 *         uint8 legacy_compression_method = 0;
 *         Extension extensions<6..2^16-1>;
 *     } ServerHello;
 */
const fields = {
  legacy_version: named('ProtocolVersion', uint16),
  random: fixed(32),
  legacy_session_id_echo: opaque(0, 32),
  cipher_suite: named('CipherSuite', uint16),
  legacy_compression_method: uint8,
}
const body = struct({ ...fields, extensions: extensionBlock(6) })
const bodyOfAnyVersion = struct({ ...fields, extensions: optionalTail(extensionBlock(0)) })

export type ServerHello = Decoded<typeof body>

/** A server's choice, or its request to try again: see `isHelloRetryRequest`. */
export const ServerHello: MessageType<ServerHello> = { msg_type: 2, name: 'ServerHello', body }

/**
 * A ServerHello as a client has to read it: one of TLS 1.2 has few extensions or none (RFC 5246 §7.4.1.3), and is refused
 * for its version, not for its form.
 */
export const AnyServerHello: MessageType<ServerHello> = {
  ...ServerHello,
  body: {
    ...body,
    read(from) {
      const { extensions = [], ...hello } = bodyOfAnyVersion.read(from)
      return { ...hello, extensions }
    },
  },
}

/** A ServerHello of TLS 1.2 as it is sent: without extensions where there are none. */
export const ServerHello12: MessageType<ServerHello> = {
  ...AnyServerHello,
  body: {
    ...AnyServerHello.body,
    write(to, { extensions, ...hello }) {
      const some = extensions.length > 0 ? extensions : undefined
      bodyOfAnyVersion.write(to, { ...hello, extensions: some })
    },
  },
}

/** The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (§4.2.3). */
export const helloRetryRequestRandom: Bytes = Uint8Array.of(
  ...[
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
  ],
  ...[
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
  ],
)

/** §4.2.3: implementations MUST look at the random before anything else. */
export function isHelloRetryRequest(hello: ServerHello): boolean {
  return equal(hello.random, helloRetryRequestRandom)
}
