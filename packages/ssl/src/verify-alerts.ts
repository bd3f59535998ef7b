/** What a peer is told whose chain is not believed: the alert of each verify code (RFC 9846 §6.2). */
import type { AlertName } from '@biopair/wire'
import type { VerifyCode } from '@biopair/x509'

/**
 * Alerts follow RFC 9846 §6.2; where its words leave a choice, OpenSSL's. Two differ from OpenSSL's because the RFC names them: a signature
 * that does not verify is `bad_certificate`, and a certificate that is not yet valid is `certificate_expired` ("or is not currently valid").
 */
export const verifyAlerts = {
  CA_KEY_TOO_SMALL: 'bad_certificate',
  CA_MD_TOO_WEAK: 'bad_certificate',
  CERT_CHAIN_TOO_LONG: 'unknown_ca',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_expired',
  CERT_REVOKED: 'certificate_revoked',
  CERT_SIGNATURE_FAILURE: 'bad_certificate',
  CRL_HAS_EXPIRED: 'certificate_unknown',
  CRL_NOT_YET_VALID: 'certificate_unknown',
  CRL_PATH_VALIDATION_ERROR: 'certificate_unknown',
  CRL_SIGNATURE_FAILURE: 'certificate_unknown',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown_ca',
  DIFFERENT_CRL_SCOPE: 'certificate_unknown',
  EE_KEY_TOO_SMALL: 'bad_certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'bad_certificate',
  ERR_X509_MALFORMED: 'bad_certificate',
  EXCLUDED_VIOLATION: 'certificate_unknown',
  INVALID_CA: 'unknown_ca',
  INVALID_EXTENSION: 'certificate_unknown',
  INVALID_PURPOSE: 'unsupported_certificate',
  KEYUSAGE_NO_CRL_SIGN: 'certificate_unknown',
  NO_EXPLICIT_POLICY: 'certificate_unknown',
  OCSP_CERT_UNKNOWN: 'bad_certificate_status_response',
  OCSP_VERIFY_FAILED: 'bad_certificate_status_response',
  OCSP_VERIFY_NEEDED: 'bad_certificate_status_response',
  PATH_LENGTH_EXCEEDED: 'unknown_ca',
  PERMITTED_VIOLATION: 'certificate_unknown',
  RPK_UNTRUSTED: 'bad_certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown_ca',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'bad_certificate',
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: 'unsupported_certificate',
  UNABLE_TO_GET_CRL: 'certificate_unknown',
  UNABLE_TO_GET_CRL_ISSUER: 'certificate_unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown_ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown_ca',
  UNHANDLED_CRITICAL_CRL_EXTENSION: 'certificate_unknown',
  UNHANDLED_CRITICAL_EXTENSION: 'unsupported_certificate',
  UNSPECIFIED: 'certificate_unknown',
  UNSUPPORTED_CONSTRAINT_TYPE: 'certificate_unknown',
  UNSUPPORTED_NAME_SYNTAX: 'certificate_unknown',
  UNSUPPORTED_SIGNATURE_ALGORITHM: 'unsupported_certificate',
} as const satisfies Record<VerifyCode, AlertName>
