/** Errors as C has them: kept by the object whose call failed, with a number for an answer. */
import { type BIO, ERR_LIB_BIO, type SSL, type SSL_CTX } from '@biopair/ssl/openssl'

/** Notes a reason of BIO's or of another library's, and answers with `result`. */
export function fail<T>(
  owner: BIO | SSL | SSL_CTX,
  reason: string,
  data: string,
  result: T,
  lib: number = ERR_LIB_BIO,
): T {
  owner.errors.push(lib, reason, data, new Error(data))
  return result
}

/** Does it; where that throws what the caller or the system is to blame for, notes it and answers with `result`. */
export function attempt<T>(owner: BIO | SSL | SSL_CTX, result: T, work: () => T): T {
  owner.errors.clear()
  try {
    return work()
  } catch (error) {
    note(owner, error)
    return result
  }
}

/** The system's error (ERR_LIB_SYS), ours, or Node's own of a wrong argument. A bug is thrown on. */
function note(owner: BIO | SSL | SSL_CTX, error: unknown): void {
  if (!(error instanceof Error)) throw error
  const { code } = error as { readonly code?: unknown }
  if (typeof code !== 'string') throw error
  if (code.startsWith('ERR_BIO_'))
    owner.errors.push(ERR_LIB_BIO, code.slice('ERR_BIO_'.length), error.message, error)
  else if (code.startsWith('ERR_'))
    owner.errors.push(ERR_LIB_BIO, 'INVALID_ARGUMENT', error.message, error)
  else owner.errors.broken(error)
}
