/** The errors that our own side can cause in the record layer; nothing goes on the wire for them. */

export type RecordErrorCode =
  /** `write` beyond `room()`. */
  | 'ERR_RECORD_QUEUE_FULL'
  /** `protect` while an opened record waits in `next()`. */
  | 'ERR_RECORD_WAITING'
  /** Application data without a key (RFC 9846 §5.1). */
  | 'ERR_RECORD_UNPROTECTED'
  /** A handshake, alert or change_cipher_spec record without content (RFC 9846 §5.1). */
  | 'ERR_RECORD_EMPTY'

/** A call that the record layer refuses, with a stable `code`. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
  readonly code: RecordErrorCode

  constructor(code: RecordErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A value out of its range: a RangeError with the stable code `ERR_RECORD_RANGE`. */
export class RecordRangeError extends RangeError {
  override readonly name = 'RecordRangeError'
  readonly code = 'ERR_RECORD_RANGE'
}

/** `value` if it is a whole number from `least` to `most`, else RecordRangeError. */
export function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RecordRangeError(
    `${name} is a whole number from ${least} to ${most}; ${value} was given`,
  )
}
