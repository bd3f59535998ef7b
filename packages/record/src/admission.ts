/** What a record must look like: its header before its body is waited for, its content once it is open (RFC 9846 §5). */
import { TlsAlert } from '@biopair/wire'
import type { ReadProtection } from './protection.ts'
import { ContentType, type ContentTypeName, contentTypeName, maxPlaintext } from './record.ts'

/** Words that plain HTTP begins with, as far as five bytes show them. */
const httpMethods = ['GET ', 'POST ', 'HEAD ', 'PUT ', 'PATCH', 'OPTIO', 'DELET', 'TRACE']

/**
 * RFC 9846 §5.1: legacy_record_version "MUST be ignored for all purposes". One exception keeps strangers out: every
 * version of TLS says 3 first, so a connection that begins otherwise is not TLS, and its length means nothing.
 */
export function admitFirst(header: Uint8Array): void {
  if (header[1] === 3) return
  const text = String.fromCharCode(...header)
  const http = httpMethods.some(method => text.startsWith(method))
  throw new TlsAlert('protocol_version', {
    reason: http
      ? 'HTTP_REQUEST'
      : text === 'CONNE'
        ? 'HTTPS_PROXY_REQUEST'
        : 'WRONG_VERSION_NUMBER',
    section: '5.1',
    why: `expected a TLS record; the first bytes are ${[...header].map(hex).join(' ')}`,
  })
}

/** Judges a change_cipher_spec record by its header. */
export function admitChangeCipherSpec(length: number, expected: boolean): void {
  if (!expected)
    throw new TlsAlert('unexpected_message', {
      reason: 'UNEXPECTED_CCS_MESSAGE',
      section: '5',
      why: "change_cipher_spec may come between the first ClientHello and the peer's Finished alone",
    })
  if (length !== 1) throw invalidChangeCipherSpec(`${length} bytes came`)
}

/** TLS 1.2: what may stand where change_cipher_spec is due; under the old keys nothing more is said (RFC 5246 §7.4.9). */
export function admitBeforeChange(type: number): void {
  if (type === ContentType.alert) return
  throw new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section: 'RFC 5246 7.4.9',
    why: `expected change_cipher_spec before Finished, got ${contentTypeName(type) ?? `content type ${type}`}`,
  })
}

/** RFC 9846 §5: "any other change_cipher_spec value" than the single byte 0x01 is unexpected_message. */
export function invalidChangeCipherSpec(came: string): TlsAlert {
  return new TlsAlert('unexpected_message', {
    reason: 'INVALID_CCS_MESSAGE',
    section: '5',
    why: `change_cipher_spec is the single byte 0x01; ${came}`,
  })
}

/**
 * Judges a record in the clear by its header, where nothing or only content is hidden. `earlyData`: application data that
 * cannot be opened is about to be skipped, so its length is a ciphertext's.
 */
export function admitTyped(
  type: number,
  length: number,
  protection: Pick<ReadProtection, 'hides' | 'maxBody'>,
  earlyData: boolean,
): void {
  if (contentTypeName(type) === undefined)
    throw new TlsAlert('unexpected_message', {
      reason: 'UNEXPECTED_RECORD',
      section: '5',
      why: `there is no content type ${type}`,
    })
  const unprotected = protection.hides === 'nothing'
  if (unprotected && type === ContentType.application_data && !earlyData)
    throw new TlsAlert('unexpected_message', {
      reason: 'APP_DATA_IN_HANDSHAKE',
      section: '5.1',
      why: 'application data came before there was a key to protect it',
    })
  if (length > protection.maxBody && !earlyData)
    throw new TlsAlert('record_overflow', {
      reason: unprotected ? 'DATA_LENGTH_TOO_LONG' : 'ENCRYPTED_LENGTH_TOO_LONG',
      section: '5.1',
      why: `a record has at most ${protection.maxBody} bytes here; ${length} were announced`,
    })
}

/** Judges a protected TLS 1.3 record by its header. */
export function admitHidden(type: number, length: number, maxBody: number): void {
  if (type !== ContentType.application_data)
    throw new TlsAlert('unexpected_message', {
      reason: 'BAD_RECORD_TYPE',
      section: '5.2',
      why: `a protected record says application_data outside; ${contentTypeName(type) ?? type} came`,
    })
  if (length > maxBody)
    throw new TlsAlert('record_overflow', {
      reason: 'ENCRYPTED_LENGTH_TOO_LONG',
      section: '5.2',
      why: `a protected record has at most ${maxBody} bytes; ${length} were announced`,
    })
}

/** Judges a plaintext alert where protected records are expected. */
export function admitPlaintextAlert(length: number): void {
  if (length > maxPlaintext)
    throw new TlsAlert('record_overflow', {
      reason: 'DATA_LENGTH_TOO_LONG',
      section: '5.1',
      why: `a record has at most ${maxPlaintext} bytes; ${length} were announced`,
    })
}

/** Judges opened content and names its type. `length` is the content's, `whole` counts its padding too. */
export function admitContent(
  type: number,
  length: number,
  whole: number,
  limit: number,
): ContentTypeName {
  // RFC 9846 §5.4: "the reduced limit applies to the full plaintext, including the content type and padding".
  if (whole > limit) throw tooLong(whole, limit)
  const name = contentTypeName(type)
  // RFC 9846 §5: a protected change_cipher_spec is unexpected_message, as is a type that nobody defined.
  if (name === undefined || name === 'change_cipher_spec')
    throw new TlsAlert('unexpected_message', {
      reason: 'BAD_RECORD_TYPE',
      section: '5',
      why: `expected handshake, alert or application_data; ${name ?? type} came`,
    })
  if (name === 'application_data') return name
  // RFC 9846 §5.4: handshake and alert records without content are unexpected_message.
  if (length === 0)
    throw new TlsAlert('unexpected_message', {
      reason: 'BAD_LENGTH',
      section: '5.4',
      why: `a record of type ${name} came without content`,
    })
  // RFC 9846 §5.1: an alert record "MUST contain exactly one message"; §6: what cannot be parsed is decode_error.
  if (name === 'alert' && length !== 2)
    throw new TlsAlert('decode_error', {
      reason: 'INVALID_ALERT',
      section: '5.1',
      why: `an alert record has exactly 2 bytes; ${length} came`,
    })
  return name
}

/** A record with more content and padding than it may have. */
export function tooLong(whole: number, limit: number): TlsAlert {
  return new TlsAlert('record_overflow', {
    reason: 'DATA_LENGTH_TOO_LONG',
    section: '5.4',
    why: `content and padding have at most ${limit} bytes; ${whole} came`,
  })
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
