/** Errors for our user's mistakes: they name the mistake and carry a stable `code`; nothing goes on the wire. */

export type MisuseCode =
  | 'ERR_WIPED'
  | 'ERR_ALGORITHM_KEY_MISMATCH'
  | 'ERR_RANDOM_LENGTH'
  | 'ERR_RANDOM_STUCK'
  | 'ERR_KEY_LENGTH'

/** A TypeError with a code, to be thrown. */
export function misuse(code: MisuseCode, message: string): TypeError & { code: MisuseCode } {
  return Object.assign(new TypeError(message), { code })
}

/** The secret, or a TypeError (`ERR_WIPED`) where its holder was wiped before. */
export function present<T>(secret: T | undefined, holder: string): T {
  if (secret === undefined) throw misuse('ERR_WIPED', `this ${holder} was wiped; it has no key`)
  return secret
}
