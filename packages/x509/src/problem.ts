/** Why a certificate chain is not believed: one row per OpenSSL code, with the alert that says so to the peer. */
import type { AlertName } from '@biopair/wire'

/** A check that failed, before it is known where in which path. */
export interface Problem {
  readonly code: VerifyCode
  /** What was expected and what came. */
  readonly why: string
  /** Where it is not the row's: the RFC and section that was broken. */
  readonly section?: string
}

interface Row {
  readonly alert: AlertName
  readonly section: string
}

const row = (alert: AlertName, section: string): Row => ({ alert, section })

/**
 * The codes, as node:tls spells them, or X509_STORE_CTX_get_error(3) without `X509_V_ERR_`. Alerts follow RFC 9846 §6.2; where its
 * words leave a choice, OpenSSL's. Two differ from OpenSSL's because the RFC names them: a signature that does not verify is
 * `bad_certificate`, and a certificate that is not yet valid is `certificate_expired` ("or is not currently valid").
 */
export const verifyCodes = {
  CA_KEY_TOO_SMALL: row('bad_certificate', 'RFC 9325 4.5'),
  CA_MD_TOO_WEAK: row('bad_certificate', '4.5.1.3'),
  CERT_CHAIN_TOO_LONG: row('unknown_ca', 'RFC 5280 6.1'),
  CERT_HAS_EXPIRED: row('certificate_expired', 'RFC 5280 4.1.2.5'),
  CERT_NOT_YET_VALID: row('certificate_expired', 'RFC 5280 4.1.2.5'),
  CERT_REVOKED: row('certificate_revoked', 'RFC 6960 2.2'),
  CERT_SIGNATURE_FAILURE: row('bad_certificate', 'RFC 5280 6.1.3'),
  DEPTH_ZERO_SELF_SIGNED_CERT: row('unknown_ca', 'RFC 5280 6.1'),
  EE_KEY_TOO_SMALL: row('bad_certificate', 'RFC 9325 4.5'),
  ERR_TLS_CERT_ALTNAME_INVALID: row('bad_certificate', 'RFC 9525 6'),
  /** Ours: nobody on the path has a key that was pinned. */
  ERR_TLS_CERT_NOT_PINNED: row('certificate_unknown', 'RFC 7469 2.6'),
  /** Ours: the bytes are no certificate. */
  ERR_X509_MALFORMED: row('bad_certificate', 'RFC 5280 4.1'),
  EXCLUDED_VIOLATION: row('certificate_unknown', 'RFC 5280 4.2.1.10'),
  INVALID_CA: row('unknown_ca', 'RFC 5280 4.2.1.9'),
  INVALID_EXTENSION: row('certificate_unknown', 'RFC 5280 4.2.1.10'),
  INVALID_PURPOSE: row('unsupported_certificate', 'RFC 5280 4.2.1.12'),
  NO_EXPLICIT_POLICY: row('certificate_unknown', 'RFC 5280 4.2.1.11'),
  /** The responder does not know the certificate. */
  OCSP_CERT_UNKNOWN: row('bad_certificate_status_response', 'RFC 6960 2.2'),
  /** What was stapled is no OCSP response for this certificate, at this time, that can be believed. */
  OCSP_VERIFY_FAILED: row('bad_certificate_status_response', 'RFC 6960 3.2'),
  /** Nothing was stapled where something has to be. */
  OCSP_VERIFY_NEEDED: row('bad_certificate_status_response', 'RFC 6066 8'),
  PATH_LENGTH_EXCEEDED: row('unknown_ca', 'RFC 5280 4.2.1.9'),
  PERMITTED_VIOLATION: row('certificate_unknown', 'RFC 5280 4.2.1.10'),
  RPK_UNTRUSTED: row('bad_certificate', 'RFC 7250 6'),
  SELF_SIGNED_CERT_IN_CHAIN: row('unknown_ca', 'RFC 5280 6.1'),
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: row('bad_certificate', 'RFC 5280 4.1.2.7'),
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: row('unsupported_certificate', '4.5.1.2'),
  UNABLE_TO_GET_ISSUER_CERT: row('unknown_ca', 'RFC 5280 6.1'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: row('unknown_ca', 'RFC 5280 6.1'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: row('unknown_ca', 'RFC 5280 6.1'),
  UNHANDLED_CRITICAL_EXTENSION: row('unsupported_certificate', 'RFC 5280 4.2'),
  UNSPECIFIED: row('certificate_unknown', 'RFC 5280 6.1'),
  UNSUPPORTED_CONSTRAINT_TYPE: row('certificate_unknown', 'RFC 5280 4.2.1.10'),
  UNSUPPORTED_NAME_SYNTAX: row('certificate_unknown', 'RFC 5280 4.2.1.10'),
  UNSUPPORTED_SIGNATURE_ALGORITHM: row('unsupported_certificate', '4.5.1.2'),
} as const satisfies Record<string, Row>

export type VerifyCode = keyof typeof verifyCodes
