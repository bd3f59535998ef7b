/** The errors of this package: `BioError` inside a `broken`, and `misuse` for what a caller got wrong. */

/** OpenSSL's reason without its prefix where it has one; `CANNOT_BLOCK`, `CLOSED`, `CORRUPTED` and `PREMATURE_CLOSE` are ours. */
export type BioReason =
  | 'BAD_BASE64_DECODE'
  | 'BAD_DECRYPT'
  | 'BROKEN_PIPE'
  | 'CALLBACK_FAILED'
  | 'CANNOT_BLOCK'
  | 'CLOSED'
  | 'ENCRYPT_ERROR'
  | 'CORRUPTED'
  | 'IN_USE'
  | 'INVALID_ARGUMENT'
  | 'PREMATURE_CLOSE'
  | 'UNINITIALIZED'
  | 'UNSUPPORTED_METHOD'
  | 'WRITE_TO_READ_ONLY_BIO'

/** Stable, for `switch (error.code)`. */
export type BioErrorCode = `ERR_BIO_${BioReason}`

/** Why a BIO is broken, where the carrier has no error of its own. */
export class BioError extends Error {
  override readonly name = 'BioError'
  readonly code: BioErrorCode

  constructor(reason: BioReason, message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = `ERR_BIO_${reason}`
  }
}

/** An error that says the caller is wrong; `kind` is `TypeError` or `RangeError`. */
export function misuse(
  kind: TypeErrorConstructor | RangeErrorConstructor,
  message: string,
  reason: BioReason = 'INVALID_ARGUMENT',
): Error & { readonly code: BioErrorCode } {
  const code: BioErrorCode = `ERR_BIO_${reason}`
  return Object.assign(new kind(message), { code })
}
