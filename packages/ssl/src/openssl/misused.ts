/** Misuse in C's manner: our TypeErrors as an error in the list and a return value. */
import type { ErrorList } from './errors.ts'
import { ERR_LIB_PEM, ERR_LIB_SSL, ERR_LIB_X509 } from './reasons.ts'

/** OpenSSL's reason for a code of ours; NO_SERVERNAME and NO_TRUST_ANCHORS are ours alone. */
const reasons: Readonly<Record<string, string>> = {
  ERR_BIO_NOT_SET: 'BIO_NOT_SET',
  ERR_CLOSED: 'UNINITIALIZED',
  ERR_CONNECTION_TYPE_NOT_SET: 'CONNECTION_TYPE_NOT_SET',
  ERR_NO_CERTIFICATE: 'NO_CERTIFICATE_ASSIGNED',
  ERR_NO_SERVERNAME: 'NO_SERVERNAME',
  ERR_NO_TRUST_ANCHORS: 'NO_TRUST_ANCHORS',
  ERR_NOT_SERVER: 'NOT_SERVER',
  ERR_PROTOCOL_IS_SHUTDOWN: 'PROTOCOL_IS_SHUTDOWN',
  ERR_REENTRANT_CALL: 'SHOULD_NOT_HAVE_BEEN_CALLED',
  ERR_SHUTDOWN_WHILE_IN_INIT: 'SHUTDOWN_WHILE_IN_INIT',
  ERR_STATE_MACHINE_STARTED: 'SHOULD_NOT_HAVE_BEEN_CALLED',
  ERR_STILL_IN_INIT: 'STILL_IN_INIT',
}

/** Notes what was misused. Anything that is no misuse is thrown on: it is a bug, and must show. */
export function noteMisuse(errors: ErrorList, error: unknown): void {
  const code = codeOf(error)
  if (code === undefined) throw error
  const message = (error as Error).message
  if (message.startsWith('KEY_VALUES_MISMATCH'))
    errors.push(ERR_LIB_X509, 'KEY_VALUES_MISMATCH', message, error)
  else if (code.startsWith('ERR_PEM_') || code.startsWith('ERR_X509_'))
    errors.push(ERR_LIB_PEM, 'NO_START_LINE', message, error)
  else errors.push(ERR_LIB_SSL, reasons[code] ?? 'PASSED_INVALID_ARGUMENT', message, error)
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof RangeError) return 'ERR_OUT_OF_RANGE'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
