/** A record from outside: its content types, its five header bytes and its limits (RFC 9846 §5.1, §5.2). */

/** ContentType (RFC 9846 appendix B.1), by name. */
export const ContentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const

export type ContentTypeName = keyof typeof ContentType
export type ContentTypeId = (typeof ContentType)[ContentTypeName]

/** The name of a content type; undefined for one that RFC 9846 does not define. */
export function contentTypeName(id: number): ContentTypeName | undefined {
  switch (id) {
    case ContentType.application_data:
      return 'application_data'
    case ContentType.handshake:
      return 'handshake'
    case ContentType.alert:
      return 'alert'
    case ContentType.change_cipher_spec:
      return 'change_cipher_spec'
    default:
      return undefined
  }
}

/** Bytes of a record header: type, version, length. */
export const headerLength = 5
/** The most content a record may carry: 2^14 bytes (RFC 9846 §5.1). */
export const maxPlaintext = 16384
/** The longest body of a protected TLS 1.3 record: 2^14 + 256 bytes (RFC 9846 §5.2). */
export const maxCiphertext = 16640

/**
 * A record header, apart from its body.
 *
 *     ContentType type;
 *     ProtocolVersion legacy_record_version;
 *     uint16 length;
 */
export interface Header {
  /** The outer type, as it came: 23 for every protected TLS 1.3 record. */
  readonly type: number
  readonly legacy_record_version: number
  /** Bytes of the body that follows. */
  readonly length: number
}

/** Reads the header at the start of `bytes`; RangeError if fewer than five are there. */
export function parseHeader(bytes: Uint8Array): Header {
  const [type, major, minor, high, low] = bytes
  if (
    type === undefined ||
    major === undefined ||
    minor === undefined ||
    high === undefined ||
    low === undefined
  )
    throw new RangeError(`a record header has ${headerLength} bytes; ${bytes.length} came`)
  return { type, legacy_record_version: (major << 8) | minor, length: (high << 8) | low }
}

/** Writes a header into `into` at `at`. */
export function printHeader(
  into: Uint8Array,
  at: number,
  type: number,
  legacy_record_version: number,
  length: number,
): void {
  into[at] = type
  into[at + 1] = legacy_record_version >> 8
  into[at + 2] = legacy_record_version
  into[at + 3] = length >> 8
  into[at + 4] = length
}
