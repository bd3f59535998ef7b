/** Errors that are our user's: a TypeError with a stable code. */

export type TlsMisuseCode =
  | 'ERR_CARRIER_IN_USE'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_STATE_MACHINE_STARTED'

export function misuse(
  code: TlsMisuseCode,
  message: string,
): TypeError & { readonly code: TlsMisuseCode } {
  return Object.assign(new TypeError(message), { code })
}
