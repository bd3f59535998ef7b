/** Errors that are our user's: stable codes, nothing on the wire. */

export type MisuseCode =
  | 'ERR_BIO_NOT_SET'
  | 'ERR_CANNOT_MOVE'
  | 'ERR_CLOSED'
  | 'ERR_CONNECTION_TYPE_NOT_SET'
  | 'ERR_EXPORT_EXPIRED'
  | 'ERR_EXPORT_INVALID'
  | 'ERR_EXPORT_USED'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_MOVED'
  | 'ERR_NO_CERTIFICATE'
  | 'ERR_NO_CHANNEL_BINDING'
  | 'ERR_NO_EARLY_EXPORTER'
  | 'ERR_NO_SERVERNAME'
  | 'ERR_NO_TRUST_ANCHORS'
  | 'ERR_NOT_SERVER'
  | 'ERR_PROTOCOL_IS_SHUTDOWN'
  | 'ERR_REENTRANT_CALL'
  | 'ERR_RETRIED'
  | 'ERR_SHUTDOWN_WHILE_IN_INIT'
  | 'ERR_STILL_IN_INIT'
  | 'ERR_STATE_MACHINE_STARTED'
  | 'ERR_UNKNOWN_OPTION'
  | 'ERR_WRONG_SSL_VERSION'

export function misuse(
  code: MisuseCode,
  message: string,
): TypeError & { readonly code: MisuseCode } {
  return Object.assign(new TypeError(message), { code })
}
