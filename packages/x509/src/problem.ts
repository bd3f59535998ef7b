/** Why a certificate chain is not believed: one row per OpenSSL code. */

/** A check that failed, before it is known where in which path. */
export interface Problem {
  readonly code: VerifyCode
  /** What was expected and what came. */
  readonly why: string
  /** Where it is not the row's: the RFC and section that was broken. */
  readonly section?: string | undefined
  /** Where it is not the row's: the field at fault. */
  readonly field?: string | undefined
}

interface Row {
  /** The RFC and section that is broken. */
  readonly section: string
  /**
   * The field at fault, in RFC 5280's words: one of tbsCertificate, or of an extension (`basicConstraints.cA`). Undefined where it is no one field.
   */
  readonly field?: string
}

function row(section: string, field?: string): Row {
  return field === undefined ? { section } : { section, field }
}

/** The codes, as node:tls spells them, or X509_STORE_CTX_get_error(3) without `X509_V_ERR_`. */
export const verifyCodes = {
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: row('RFC 5280 4.2.1.1', 'authorityKeyIdentifier'),
  CA_BCONS_NOT_CRITICAL: row('RFC 5280 4.2.1.9', 'basicConstraints'),
  CA_CERT_MISSING_KEY_USAGE: row('RFC 5280 4.2.1.3', 'keyUsage'),
  CA_KEY_TOO_SMALL: row('RFC 9325 4.5', 'subjectPublicKeyInfo'),
  CA_MD_TOO_WEAK: row('4.5.1.3', 'signatureAlgorithm'),
  CERT_CHAIN_TOO_LONG: row('RFC 5280 6.1'),
  CERT_HAS_EXPIRED: row('RFC 5280 4.1.2.5', 'validity.notAfter'),
  CERT_NOT_YET_VALID: row('RFC 5280 4.1.2.5', 'validity.notBefore'),
  CERT_REVOKED: row('RFC 6960 2.2', 'serialNumber'),
  CERT_SIGNATURE_FAILURE: row('RFC 5280 6.1.3', 'signatureValue'),
  /** Another certificate of the issuer signed the CRL, and is not believed. */
  CRL_PATH_VALIDATION_ERROR: row('RFC 5280 6.3.3'),
  CRL_HAS_EXPIRED: row('RFC 5280 5.1.2.5', 'nextUpdate'),
  CRL_NOT_YET_VALID: row('RFC 5280 5.1.2.4', 'thisUpdate'),
  CRL_SIGNATURE_FAILURE: row('RFC 5280 6.3.3', 'CertificateList.signatureValue'),
  DEPTH_ZERO_SELF_SIGNED_CERT: row('RFC 5280 6.1', 'issuer'),
  /** The CRL is about other certificates. */
  DIFFERENT_CRL_SCOPE: row('RFC 5280 5.2.5', 'issuingDistributionPoint'),
  EE_KEY_TOO_SMALL: row('RFC 9325 4.5', 'subjectPublicKeyInfo'),
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: row('RFC 5280 4.2.1.6', 'subjectAltName'),
  ERR_TLS_CERT_ALTNAME_INVALID: row('RFC 9525 6', 'subjectAltName'),
  /** Ours: nobody on the path has a key that was pinned. */
  ERR_TLS_CERT_NOT_PINNED: row('RFC 7469 2.6', 'subjectPublicKeyInfo'),
  /** Ours: the bytes are no certificate. */
  ERR_X509_MALFORMED: row('RFC 5280 4.1'),
  /** Ours: what the profile forbids and OpenSSL has no code for. */
  ERR_X509_PROFILE: row('RFC 5280 4.2'),
  EXCLUDED_VIOLATION: row('RFC 5280 4.2.1.10', 'subjectAltName'),
  INVALID_CA: row('RFC 5280 4.2.1.9', 'basicConstraints.cA'),
  INVALID_EXTENSION: row('RFC 5280 4.2.1.10', 'nameConstraints'),
  INVALID_POLICY_EXTENSION: row('RFC 5280 4.2.1.5', 'policyMappings'),
  INVALID_PURPOSE: row('RFC 5280 4.2.1.12', 'extKeyUsage'),
  KEYUSAGE_NO_CRL_SIGN: row('RFC 5280 4.2.1.3', 'keyUsage'),
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: row('RFC 5280 4.2.1.9', 'keyUsage'),
  MISSING_AUTHORITY_KEY_IDENTIFIER: row('RFC 5280 4.2.1.1', 'authorityKeyIdentifier.keyIdentifier'),
  MISSING_SUBJECT_KEY_IDENTIFIER: row('RFC 5280 4.2.1.2', 'subjectKeyIdentifier'),
  NO_EXPLICIT_POLICY: row('RFC 5280 6.1.5', 'certificatePolicies'),
  /** The responder does not know the certificate. */
  OCSP_CERT_UNKNOWN: row('RFC 6960 2.2', 'serialNumber'),
  /** What was stapled is no OCSP response for this certificate, at this time, that can be believed. */
  OCSP_VERIFY_FAILED: row('RFC 6960 3.2'),
  /** Nothing was stapled where something has to be. */
  OCSP_VERIFY_NEEDED: row('RFC 6066 8'),
  PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: row('RFC 5280 4.2.1.9', 'basicConstraints.pathLenConstraint'),
  PATH_LENGTH_EXCEEDED: row('RFC 5280 4.2.1.9', 'basicConstraints.pathLenConstraint'),
  PERMITTED_VIOLATION: row('RFC 5280 4.2.1.10', 'subjectAltName'),
  RPK_UNTRUSTED: row('RFC 7250 6', 'subjectPublicKeyInfo'),
  SELF_SIGNED_CERT_IN_CHAIN: row('RFC 5280 6.1', 'issuer'),
  SUBJECT_KEY_IDENTIFIER_CRITICAL: row('RFC 5280 4.2.1.2', 'subjectKeyIdentifier'),
  SUBJECT_NAME_EMPTY: row('RFC 5280 4.1.2.6', 'subject'),
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: row('RFC 5280 4.1.2.7', 'subjectPublicKeyInfo'),
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: row('4.5.1.2', 'subjectPublicKeyInfo'),
  /** Nothing says that the certificate is good, and something has to. */
  UNABLE_TO_GET_CRL: row('RFC 5280 6.3.3'),
  /** Nobody is known whose key signed the CRL. */
  UNABLE_TO_GET_CRL_ISSUER: row('RFC 5280 6.3.3'),
  UNABLE_TO_GET_ISSUER_CERT: row('RFC 5280 6.1', 'issuer'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: row('RFC 5280 6.1', 'issuer'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: row('RFC 5280 6.1', 'issuer'),
  UNHANDLED_CRITICAL_CRL_EXTENSION: row('RFC 5280 5.2', 'crlExtensions'),
  UNHANDLED_CRITICAL_EXTENSION: row('RFC 5280 4.2', 'extensions'),
  UNSPECIFIED: row('RFC 5280 6.1'),
  UNSUPPORTED_CONSTRAINT_TYPE: row('RFC 5280 4.2.1.10', 'subjectAltName'),
  UNSUPPORTED_NAME_SYNTAX: row('RFC 5280 4.2.1.10', 'subjectAltName'),
  UNSUPPORTED_SIGNATURE_ALGORITHM: row('4.5.1.2', 'signatureAlgorithm'),
} as const satisfies Record<string, Row>

export type VerifyCode = keyof typeof verifyCodes
