/** A ClientHello of any make, in one record. */
import { ClientHello, encodeMessage } from '@biopair/handshake'

export interface HelloOptions {
  readonly legacy_version?: number
  readonly cipher_suites?: readonly number[]
  readonly extensions?: readonly (readonly [type: number, data: Uint8Array])[]
}

/** The record of a ClientHello; without an extension it has no block of them. */
export function clientHello(options: HelloOptions): Uint8Array {
  const { legacy_version = 0x0303, cipher_suites = [0x1301], extensions = [] } = options
  const message = encodeMessage(ClientHello, {
    legacy_version,
    random: new Uint8Array(32).fill(7),
    legacy_session_id: new Uint8Array(0),
    cipher_suites: [...cipher_suites],
    legacy_compression_methods: Uint8Array.of(0),
    extensions:
      extensions.length === 0
        ? undefined
        : extensions.map(([extension_type, data]) => ({
            extension_type,
            extension_data: Uint8Array.from(data),
          })),
  })
  return Uint8Array.of(22, 3, 1, message.length >> 8, message.length & 0xff, ...message)
}
