/** A ClientHello as a server's clientHelloCallback sees it: to be looked at, before anything is made of it. */
import {
  ClientHello,
  decodeMessage,
  type ExtensionIn,
  type ExtensionValue,
  hostName,
  messageHeaderLength,
  readExtension,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { text } from './facts.ts'

/**
 * Everything in it is a copy: it may be kept, and nothing that is done to it changes the handshake. Code points are numbers, in
 * the client's order and with those that nobody knows (GREASE, RFC 8701). What stands in an extension is read when it is asked for:
 * a TlsAlert `decode_error` where it cannot be; let it pass, and the client hears it.
 */
export class ClientHelloView {
  /** The whole message, header included. */
  readonly raw: Bytes
  /** Whether it is the second one, after a HelloRetryRequest: the first again, but for shares, cookie, early data and padding. */
  readonly retried: boolean
  readonly #hello: ClientHello

  constructor(message: Uint8Array, retried: boolean) {
    this.raw = Uint8Array.from(message)
    this.retried = retried
    this.#hello = decodeMessage(ClientHello, message.subarray(messageHeaderLength))
  }

  /** 0x0303 from every client that is right; `versions` counts. */
  get legacyVersion(): number {
    return this.#hello.legacy_version
  }

  get random(): Bytes {
    return this.#hello.random
  }

  get sessionId(): Bytes {
    return this.#hello.legacy_session_id
  }

  get cipherSuites(): readonly number[] {
    return this.#hello.cipher_suites
  }

  get compressionMethods(): Bytes {
    return this.#hello.legacy_compression_methods
  }

  /** Type and data of each, in order. */
  get extensions(): readonly (readonly [type: number, data: Bytes])[] {
    return (this.#hello.extensions ?? []).map(({ extension_type, extension_data }) => [
      extension_type,
      extension_data,
    ])
  }

  /** The data of the extension of this type, undefined where there is none. */
  extension(type: number): Bytes | undefined {
    return this.#hello.extensions?.find(({ extension_type }) => extension_type === type)
      ?.extension_data
  }

  /** server_name (RFC 6066 §3); undefined for none, and for an address, which is none. TlsAlert `illegal_parameter` for what cannot be one. */
  get servername(): string | undefined {
    const server_name = this.#read('server_name')
    return server_name && hostName({ server_name })
  }

  /** The protocols of ALPN (RFC 7301), a character a byte; empty where the extension is absent. */
  get ALPNProtocols(): readonly string[] {
    const list = this.#read('application_layer_protocol_negotiation')?.protocol_name_list
    return (list ?? []).map(text)
  }

  /** supported_versions: 0x0304 is TLS 1.3. Empty where the extension is absent, as in a ClientHello of TLS 1.2. */
  get versions(): readonly number[] {
    return this.#read('supported_versions')?.versions ?? []
  }

  /** supported_groups. */
  get groups(): readonly number[] {
    return this.#read('supported_groups')?.named_group_list ?? []
  }

  /** signature_algorithms. */
  get signatureSchemes(): readonly number[] {
    return this.#read('signature_algorithms')?.supported_signature_algorithms ?? []
  }

  #read<N extends ExtensionIn<'ClientHello'>>(
    name: N,
  ): ExtensionValue<'ClientHello', N> | undefined {
    return readExtension('ClientHello', name, this.#hello.extensions ?? [])
  }
}
