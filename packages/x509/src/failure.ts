/** What is wrong with bytes that claim to be a certificate, a key or a PEM file. */

/** A typed failure: the bytes came from a peer, so nothing is thrown. */
export interface X509Failure {
  /**
   * - `malformed`: not what the RFC's ASN.1 or its DER allows
   * - `unsupported`: well-formed, of a kind that we do not process
   * - `weak`: well-formed, and known to be forgeable (MD2, MD5, SHA-1)
   */
  readonly failure: 'malformed' | 'unsupported' | 'weak'
  /** What was expected and what came. */
  readonly why: string
  /** The section that says so: `RFC 5280 4.1.2.2`. */
  readonly section: string
  /** Where in the given bytes, if one place is to blame. */
  readonly offset?: number
}

/** Whether a result is an `X509Failure`. */
export function isX509Failure(result: object): result is X509Failure {
  return 'failure' in result
}

/** Our user's fault: a file or an option that is not what it should be. `code` is stable; no byte of a key is in the message. */
export class X509InputError extends TypeError {
  readonly code: X509InputCode

  constructor(code: X509InputCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Codes of `X509InputError`. */
export type X509InputCode =
  | 'ERR_PEM_INVALID'
  | 'ERR_PFX_INVALID'
  | 'ERR_PFX_UNSUPPORTED'
  | 'ERR_PIN_INVALID'
  | 'ERR_X509_AMBIGUOUS_CHAIN'
  | 'ERR_X509_INVALID_CERTIFICATE'
  | 'ERR_X509_INVALID_CRL'
  | 'ERR_X509_INVALID_LIMIT'
  | 'ERR_X509_INVALID_TIME'
  | 'ERR_X509_NO_CERTIFICATE'
  | 'ERR_X509_NO_CRL'
  | 'ERR_PRIVATE_KEY_ENCRYPTED'
  | 'ERR_PRIVATE_KEY_INVALID'
  | 'ERR_PRIVATE_KEY_PASSPHRASE'
  | 'ERR_PRIVATE_KEY_UNSUPPORTED'
  | 'ERR_PUBLIC_KEY_INVALID'
  | 'ERR_NO_PRIVATE_KEY'
