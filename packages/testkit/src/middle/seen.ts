/** What a man in the middle sees, and what may become of it. */
import type { Bytes } from '@biopair/crypto'
import { encodeMessage, type MessageType, messageHeaderLength } from '@biopair/handshake'
import type { ContentTypeName } from '@biopair/record'
import { decode, TlsAlert } from '@biopair/wire'

/** Who sent it. */
export type From = 'client' | 'server'

/** The keys that something travels under: `protected` is the one epoch of TLS 1.2 that has any. */
export type EpochName = 'clear' | 'early' | 'handshake' | 'application' | 'protected'

/** A handshake message, or the content of a record of another type. */
export interface Seen {
  readonly from: From
  /** Which one of this end it is, from 0. */
  readonly index: number
  readonly epoch: EpochName
  /** How many KeyUpdates this end had sent before. */
  readonly generation: number
  /** `opaque` for a record that could not be opened. */
  readonly type: ContentTypeName | 'opaque'
  /** The RFC's name of a handshake message: `ClientHello`, `HelloRetryRequest`, `handshake_77`. */
  readonly message: string | undefined
  /** The message with its header, the content of the record, or an opaque record as it stands. */
  readonly bytes: Bytes
  /** Bytes of padding in the record that it ended in. */
  readonly padding: number
}

/** Something to be sent in place of what was seen. */
export interface Piece {
  readonly type: ContentTypeName
  /** Whole messages with their headers, or the content of a record. */
  readonly content: Uint8Array
  /** TLS 1.3: bytes of padding. */
  readonly padding?: number
}

/**
 * What becomes of it: nothing said, it goes on as it is; bytes, or a list of pieces, go in its place (bytes are of its type); `drop`; or it goes
 * once so many others of this end have gone.
 */
export type Edit =
  | undefined
  | Uint8Array
  | readonly (Uint8Array | Piece)[]
  | 'drop'
  | { readonly after: number }

/** Looks at what passes, and says what becomes of it. */
export type Editor = (seen: Seen) => Edit

/**
 * A message of a type with other values, as an edit: `edited(seen, EncryptedExtensions, said => ({ ...said, extensions: [] }))`. Undefined where it is another
 * message, cannot be read, or `change` answers undefined. A HelloRetryRequest is a ServerHello.
 * @throws RangeError or TypeError where a value does not fit its field
 */
export function edited<T>(
  seen: Seen,
  type: MessageType<T>,
  change: (value: T) => T | undefined,
): Bytes | undefined {
  const value = messageIn(seen, type)
  const other = value && change(value)
  return other && encodeMessage(type, other)
}

/** The value of a message of a type; undefined where it is another, or cannot be read. */
export function messageIn<T>(seen: Seen, type: MessageType<T>): T | undefined {
  if (seen.type !== 'handshake' || seen.bytes[0] !== type.msg_type) return undefined
  try {
    return decode(type.body, seen.bytes.subarray(messageHeaderLength))
  } catch (error) {
    if (error instanceof TlsAlert) return undefined
    throw error
  }
}
