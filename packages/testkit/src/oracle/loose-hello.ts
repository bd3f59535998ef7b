/** A ClientHello whose every part is bytes, so that it can be written wrong. */
import { type Bytes, concat } from '@biopair/crypto'
import { ClientHello, decodeMessage, messageHeaderLength } from '@biopair/handshake'
import { headerLength } from '@biopair/record'

export interface LooseExtension {
  readonly type: number
  readonly data: Bytes
  /** What stands as its length, where that is not true. */
  readonly length?: number
}

export interface LooseHello {
  readonly legacy_version: number
  readonly random: Bytes
  readonly legacy_session_id: Bytes
  readonly cipher_suites: Bytes
  readonly legacy_compression_methods: Bytes
  /** Undefined: the message ends behind the compression methods. */
  readonly extensions: readonly LooseExtension[] | undefined
  /** Bytes behind the extensions that no length of theirs counts. */
  readonly behind?: Bytes
  /** By how much the length of the extensions is wrong. */
  readonly extensionsOff?: number
  /** By how much the length of the message is wrong. */
  readonly lengthOff?: number
}

/** The parts of a ClientHello that is whole in one record. @throws TlsAlert `decode_error` where it is none */
export function looseHello(record: Uint8Array): LooseHello {
  const body = record.subarray(headerLength + messageHeaderLength)
  const hello = decodeMessage(ClientHello, body)
  return {
    ...hello,
    cipher_suites: concat(...hello.cipher_suites.map(u16)),
    extensions: hello.extensions?.map(({ extension_type: type, extension_data: data }) => ({
      type,
      data,
    })),
  }
}

/** The message, header included; lengths are true unless it says otherwise. */
export function helloMessage(hello: LooseHello): Bytes {
  const { extensions, extensionsOff = 0, lengthOff = 0, behind = concat() } = hello
  const block =
    extensions &&
    concat(
      ...extensions.map(({ type, data, length = data.length }) =>
        concat(u16(type), u16(length), data),
      ),
    )
  const body = concat(
    u16(hello.legacy_version),
    hello.random,
    u8(hello.legacy_session_id.length),
    hello.legacy_session_id,
    u16(hello.cipher_suites.length),
    hello.cipher_suites,
    u8(hello.legacy_compression_methods.length),
    hello.legacy_compression_methods,
    block ? concat(u16(block.length + extensionsOff), block) : concat(),
    behind,
  )
  const length = body.length + lengthOff
  return concat(Uint8Array.of(1, length >> 16), u16(length), body)
}

/** A record of handshake messages in the clear. */
export function plainRecord(content: Uint8Array, version = 0x0301, type = 22): Bytes {
  return concat(u8(type), u16(version), u16(content.length), content)
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value)
}

export function u16(value: number): Bytes {
  return Uint8Array.of(value >> 8, value)
}

/** A vector with a length of one byte, or of two. */
export function vector8(...parts: readonly Uint8Array[]): Bytes {
  const all = concat(...parts)
  return concat(u8(all.length), all)
}

export function vector16(...parts: readonly Uint8Array[]): Bytes {
  const all = concat(...parts)
  return concat(u16(all.length), all)
}
