/** What a key does to records, whatever the protocol version; and the null state, in which there is none (RFC 9846 §5.1). */
import type { Bytes } from '@biopair/wire'
import {
  ContentType,
  type ContentTypeId,
  headerLength,
  maxPlaintext,
  printHeader,
} from './record.ts'
import { RecordError } from './record-error.ts'

/**
 * What an observer of the carrier cannot see: nothing before there is a key, the content under
 * TLS 1.2, the content and its type under TLS 1.3.
 */
export type Hidden = 'nothing' | 'content' | 'content_and_type'

/** One key that opens what the peer sealed, with its own sequence number. */
export interface ReadProtection {
  readonly hides: Hidden
  /** Bytes by which a body is longer than content and padding. */
  readonly overhead: number
  /** The longest body to accept; more is `record_overflow` before anything is opened. */
  readonly maxBody: number
  /**
   * Opens `body`: content goes to the start of `into` (4-aligned, as long as `body` or longer, disjoint from it), behind
   * it whatever else was sealed. `type` is a byte as it came: the caller judges it. TlsAlert `bad_record_mac` if it
   * cannot be opened: `into` then holds no plaintext and the sequence number stands still.
   */
  open(
    header: Uint8Array,
    body: Uint8Array,
    into: Bytes,
  ): { readonly type: number; readonly length: number }
  /** Forgets the key; `open` throws from then on. */
  wipe(): void
}

/** One key that seals what we send, with its own sequence number. */
export interface WriteProtection {
  readonly hides: Hidden
  /** Bytes by which a body is longer than content and padding. */
  readonly overhead: number
  /** Records sealed under this key. */
  readonly sealed: number
  /** Records that may be sealed under this key before another has to take its place (RFC 9846 §5.5). */
  readonly recordLimit: number
  /**
   * Writes one whole record, header first, into `into` at `at` and answers how long it is: header, content, padding
   * and overhead. `work` is scratch: 4-aligned, of at least content, padding and overhead; it is left in any state.
   * `version` is legacy_record_version where there is a choice. `padding` is 0 unless the type is hidden.
   */
  seal(
    type: ContentTypeId,
    version: number,
    content: Uint8Array,
    padding: number,
    work: Bytes,
    into: Uint8Array,
    at: number,
  ): number
  /** Forgets the key; `seal` throws from then on. */
  wipe(): void
}

/** Reading before there is a key: content is the body. */
export const plainRead: ReadProtection = {
  hides: 'nothing',
  overhead: 0,
  maxBody: maxPlaintext,
  open(header, body, into) {
    into.set(body)
    return { type: header[0] as number, length: body.length }
  },
  wipe() {},
}

/** Writing before there is a key: the body is content. RecordError for application data. */
export const plainWrite: WriteProtection = {
  hides: 'nothing',
  overhead: 0,
  sealed: 0,
  recordLimit: Number.POSITIVE_INFINITY,
  seal(type, version, content, _padding, _work, into, at) {
    // RFC 9846 §5.1: "Application Data records MUST NOT be written to the wire unprotected".
    if (type === ContentType.application_data)
      throw new RecordError('ERR_RECORD_UNPROTECTED', 'application data waits for a key')
    printHeader(into, at, type, version, content.length)
    into.set(content, at + headerLength)
    return headerLength + content.length
  },
  wipe() {},
}
