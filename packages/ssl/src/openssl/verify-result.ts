/** SSL_get_verify_result(3): the verdict on a chain as OpenSSL's X509_V number. */
import type { AlertName } from '@biopair/wire'
import { parseIp, type Verdict } from '@biopair/x509'
import {
  X509_V_ERR_EMAIL_MISMATCH,
  X509_V_ERR_HOSTNAME_MISMATCH,
  X509_V_ERR_IP_ADDRESS_MISMATCH,
  X509_V_ERR_UNSPECIFIED,
  X509_V_OK,
} from './constants.ts'
import type { X509_VERIFY_PARAM } from './verify-param.ts'

/**
 * The number of a verdict, in the light of which names were demanded. Where the peer showed no certificate, UNSPECIFIED: nothing was
 * proved (OpenSSL says OK).
 */
export function verifyResult(verdict: Verdict | undefined, { kinds }: X509_VERIFY_PARAM): number {
  if (!verdict) return X509_V_ERR_UNSPECIFIED
  if (verdict.ok) return X509_V_OK
  const { number } = verdict
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
