/** The codes of verdicts in three tongues: ours, OpenSSL's X509_V_ERR_ number, and what node:tls has in an error's `code` and `message`. */
import { type VerifyCode, verifyCodes } from './problem.ts'
import { type VerifyErrorName, verifyErrorName, verifyErrors } from './verify-errors.ts'

/** One code, as each of them has it. */
export interface VerifyError {
  readonly code: VerifyCode
  /** X509_STORE_CTX_get_error(3)'s number. */
  readonly number: number
  /** Its name: `X509_V_ERR_CERT_HAS_EXPIRED`. */
  readonly name: `X509_V_ERR_${VerifyErrorName}`
  /** What X509_verify_cert_error_string(3) says, which is the message of node:tls's error. */
  readonly message: string
  /** `code` of node:tls's error, which has names for few of the numbers: `UNSPECIFIED` for the others. Where it has one, it is ours. */
  readonly nodeCode: string
}

/** Ours that are no name of OpenSSL's, and what OpenSSL would say. */
const others = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'HOSTNAME_MISMATCH',
  ERR_TLS_CERT_NOT_PINNED: 'APPLICATION_VERIFICATION',
  ERR_X509_MALFORMED: 'UNSPECIFIED',
  ERR_X509_PROFILE: 'UNSPECIFIED',
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: 'UNSPECIFIED',
} as const satisfies Partial<Record<VerifyCode, VerifyErrorName>>

type Other = keyof typeof others

/** A code of a verdict, in the others' words. The number of a name that does not match is that of a host name, whatever was asked for. */
export function verifyErrorOf(code: VerifyCode): VerifyError {
  // A code that is neither OpenSSL's nor among the others does not compile here.
  const name: VerifyErrorName = isOther(code) ? others[code] : code
  const [number, message] = verifyErrors[name]
  const nodeCode = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? code : nodeCodeOf(number)
  return { code, number, name: `X509_V_ERR_${name}`, message, nodeCode }
}

function isOther(code: VerifyCode): code is Other {
  return Object.hasOwn(others, code)
}

/**
 * What node:tls has in an error's `code` for a number of OpenSSL's: `UNSPECIFIED` for one that it has no name for. It never sees a name
 * that does not match as a number, since it looks at names itself (`ERR_TLS_CERT_ALTNAME_INVALID`).
 */
export function nodeCodeOf(number: number): string {
  const name = verifyErrorName(number)
  return name !== undefined && verifyErrors[name].length > 2 ? name : 'UNSPECIFIED'
}

/** Our code for a number of OpenSSL's, or for a name without `X509_V_ERR_` as node:tls has it; undefined where no verdict of ours has it. */
export function verifyCodeOf(error: number | string): VerifyCode | undefined {
  const name = typeof error === 'number' ? verifyErrorName(error) : error
  if (name !== undefined && Object.hasOwn(verifyCodes, name)) return name as VerifyCode
  // Three kinds of names, one code: what was asked for says which.
  return name !== undefined && /^(?:HOSTNAME|EMAIL|IP_ADDRESS)_MISMATCH$/.test(name)
    ? 'ERR_TLS_CERT_ALTNAME_INVALID'
    : undefined
}
