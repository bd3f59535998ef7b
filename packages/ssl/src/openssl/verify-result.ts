/** SSL_get_verify_result(3): the verdict on a chain as OpenSSL's X509_V number. */
import type { AlertName } from '@biopair/wire'
import { parseIp, type Verdict, type VerifyCode } from '@biopair/x509'
import {
  X509_V_ERR_EMAIL_MISMATCH,
  X509_V_ERR_HOSTNAME_MISMATCH,
  X509_V_ERR_IP_ADDRESS_MISMATCH,
  X509_V_ERR_RPK_UNTRUSTED,
  X509_V_ERR_UNSPECIFIED,
  X509_V_OK,
} from './constants.ts'
import type { X509_VERIFY_PARAM } from './verify-param.ts'

/** X509_STORE_CTX_get_error(3)'s numbers. */
const numbers: Readonly<Record<VerifyCode, number>> = {
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: 90,
  CA_BCONS_NOT_CRITICAL: 89,
  CA_CERT_MISSING_KEY_USAGE: 92,
  CA_KEY_TOO_SMALL: 67,
  CA_MD_TOO_WEAK: 68,
  CERT_CHAIN_TOO_LONG: 22,
  CERT_HAS_EXPIRED: 10,
  CERT_NOT_YET_VALID: 9,
  CERT_REVOKED: 23,
  CERT_SIGNATURE_FAILURE: 7,
  CRL_HAS_EXPIRED: 12,
  CRL_NOT_YET_VALID: 11,
  CRL_PATH_VALIDATION_ERROR: 54,
  CRL_SIGNATURE_FAILURE: 8,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  DIFFERENT_CRL_SCOPE: 44,
  EE_KEY_TOO_SMALL: 66,
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: 88,
  ERR_TLS_CERT_ALTNAME_INVALID: X509_V_ERR_HOSTNAME_MISMATCH,
  ERR_X509_MALFORMED: X509_V_ERR_UNSPECIFIED,
  ERR_X509_PROFILE: X509_V_ERR_UNSPECIFIED,
  EXCLUDED_VIOLATION: 48,
  INVALID_CA: 79,
  INVALID_EXTENSION: 41,
  INVALID_POLICY_EXTENSION: 42,
  INVALID_PURPOSE: 26,
  KEYUSAGE_NO_CRL_SIGN: 35,
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: 82,
  MISSING_AUTHORITY_KEY_IDENTIFIER: 85,
  MISSING_SUBJECT_KEY_IDENTIFIER: 86,
  NO_EXPLICIT_POLICY: 43,
  OCSP_CERT_UNKNOWN: 75,
  OCSP_VERIFY_FAILED: 74,
  OCSP_VERIFY_NEEDED: 73,
  PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: 81,
  PATH_LENGTH_EXCEEDED: 25,
  PERMITTED_VIOLATION: 47,
  RPK_UNTRUSTED: X509_V_ERR_RPK_UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  SUBJECT_KEY_IDENTIFIER_CRITICAL: 91,
  SUBJECT_NAME_EMPTY: 84,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 6,
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: X509_V_ERR_UNSPECIFIED,
  UNABLE_TO_GET_CRL: 3,
  UNABLE_TO_GET_CRL_ISSUER: 33,
  UNABLE_TO_GET_ISSUER_CERT: 2,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  UNHANDLED_CRITICAL_CRL_EXTENSION: 36,
  UNHANDLED_CRITICAL_EXTENSION: 34,
  UNSPECIFIED: X509_V_ERR_UNSPECIFIED,
  UNSUPPORTED_CONSTRAINT_TYPE: 51,
  UNSUPPORTED_NAME_SYNTAX: 53,
  UNSUPPORTED_SIGNATURE_ALGORITHM: 76,
}

/**
 * The number of a verdict, in the light of which names were demanded. Where the peer showed no certificate, UNSPECIFIED: nothing was
 * proved (OpenSSL says OK).
 */
export function verifyResult(verdict: Verdict | undefined, { kinds }: X509_VERIFY_PARAM): number {
  if (!verdict) return X509_V_ERR_UNSPECIFIED
  if (verdict.ok) return X509_V_OK
  // Codes can be added to x509 before they have a number here.
  const number = numbers[verdict.code] ?? X509_V_ERR_UNSPECIFIED
  const names = kinds[0] ?? []
  if (number !== X509_V_ERR_HOSTNAME_MISMATCH || names.length === 0) return number
  if (names.every(name => name.startsWith('email:'))) return X509_V_ERR_EMAIL_MISMATCH
  return names.every(name => parseIp(name)) ? X509_V_ERR_IP_ADDRESS_MISMATCH : number
}

/** The alert that a number comes to, as OpenSSL has it; certificate_unknown where a callback gave no reason. */
export function alertOf(error: number): AlertName {
  return fitting.find(([, numbers]) => numbers.includes(error))?.[0] ?? 'bad_certificate'
}

const fitting: readonly (readonly [AlertName, readonly number[]])[] = [
  ['certificate_unknown', [X509_V_OK, X509_V_ERR_UNSPECIFIED]],
  ['certificate_expired', [10, 12]],
  ['certificate_revoked', [23]],
  ['decrypt_error', [7, 8]],
  ['handshake_failure', [50]],
  ['internal_error', [17, 69, 70]],
  ['unknown_ca', [2, 3, 18, 19, 20, 21, 22, 25, 33, 79]],
  ['unsupported_certificate', [26]],
]
