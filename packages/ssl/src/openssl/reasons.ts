/** Reasons as numbers: OpenSSL's where it has one, ours from 2000 up where it has none. */

export const ERR_LIB_SYS = 2
export const ERR_LIB_PEM = 9
export const ERR_LIB_X509 = 11
export const ERR_LIB_SSL = 20
export const ERR_LIB_BIO = 32

const common = 0x2 << 18
const fatal = common | (0x1 << 18)

/** Reasons that every library has (ERR_R_). */
const shared: Readonly<Record<string, number>> = {
  SHOULD_NOT_HAVE_BEEN_CALLED: 257 | fatal,
  PASSED_NULL_PARAMETER: 258 | fatal,
  INTERNAL_ERROR: 259 | fatal,
  PASSED_INVALID_ARGUMENT: 262 | common,
}

const ssl: Readonly<Record<string, number>> = {
  APP_DATA_IN_HANDSHAKE: 100,
  NO_SUITABLE_KEY_SHARE: 101,
  BAD_DECOMPRESSION: 107,
  BAD_KEY_SHARE: 108,
  BAD_EXTENSION: 110,
  BAD_DIGEST_LENGTH: 111,
  MISSING_SIGALGS_EXTENSION: 112,
  BAD_PSK_IDENTITY: 114,
  BAD_PROTOCOL_VERSION_NUMBER: 116,
  NO_SUITABLE_SIGNATURE_ALGORITHM: 118,
  INVALID_KEY_UPDATE_TYPE: 120,
  STILL_IN_INIT: 121,
  BAD_KEY_UPDATE: 122,
  BAD_SIGNATURE: 123,
  BAD_SSL_FILETYPE: 124,
  BIO_NOT_SET: 128,
  TOO_MANY_KEY_UPDATES: 132,
  CERTIFICATE_VERIFY_FAILED: 134,
  CERT_LENGTH_MISMATCH: 135,
  CONNECTION_TYPE_NOT_SET: 144,
  DATA_LENGTH_TOO_LONG: 146,
  DIGEST_CHECK_FAILED: 149,
  ENCRYPTED_LENGTH_TOO_LONG: 150,
  EXCESSIVE_MESSAGE_SIZE: 152,
  HTTPS_PROXY_REQUEST: 155,
  HTTP_REQUEST: 156,
  TOO_MUCH_EARLY_DATA: 164,
  NO_CERTIFICATE_ASSIGNED: 177,
  NO_CERTIFICATE_SET: 179,
  NO_CIPHER_MATCH: 185,
  BAD_CIPHER: 186,
  NO_PRIVATE_KEY_ASSIGNED: 190,
  NO_PROTOCOLS_AVAILABLE: 191,
  NO_SHARED_CIPHER: 193,
  NULL_SSL_METHOD_PASSED: 196,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 199,
  INVALID_ALERT: 205,
  PROTOCOL_IS_SHUTDOWN: 207,
  MISSING_SUPPORTED_GROUPS_EXTENSION: 209,
  READ_BIO_NOT_SET: 211,
  NO_CHANGE_FOLLOWING_HRR: 214,
  UNSOLICITED_EXTENSION: 217,
  BAD_PSK: 219,
  CALLBACK_FAILED: 234,
  NO_APPLICATION_PROTOCOL: 235,
  UNEXPECTED_MESSAGE: 244,
  UNEXPECTED_RECORD: 245,
  UNKNOWN_CERTIFICATE_TYPE: 247,
  BINDER_DOES_NOT_VERIFY: 253,
  UNSUPPORTED_PROTOCOL: 258,
  INVALID_CCS_MESSAGE: 260,
  WRONG_CIPHER_RETURNED: 261,
  UNEXPECTED_CCS_MESSAGE: 262,
  WRONG_SSL_VERSION: 266,
  WRONG_VERSION_NUMBER: 267,
  BAD_LENGTH: 271,
  UNINITIALIZED: 276,
  DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 281,
  EXTENSION_NOT_RECEIVED: 279,
  INVALID_CONTEXT: 282,
  INVALID_CONFIG: 283,
  NOT_SERVER: 284,
  REQUEST_SENT: 286,
  NO_COOKIE_CALLBACK_SET: 287,
  APPLICATION_DATA_AFTER_CLOSE_NOTIFY: 291,
  UNEXPECTED_EOF_WHILE_READING: 294,
  OCSP_CALLBACK_FAILURE: 305,
  COOKIE_MISMATCH: 308,
  MISSING_PSK_KEX_MODES_EXTENSION: 310,
  BAD_COMPRESSION_ALGORITHM: 326,
  INVALID_STATUS_RESPONSE: 328,
  UNSUPPORTED_STATUS_TYPE: 329,
  INVALID_COMPRESSION_ALGORITHM: 341,
  WRONG_SIGNATURE_TYPE: 370,
  CERT_CB_ERROR: 377,
  BAD_VALUE: 384,
  SHUTDOWN_WHILE_IN_INIT: 407,
  TOO_MANY_WARN_ALERTS: 409,
  BAD_RECORD_TYPE: 443,
  INVALID_SESSION_ID: 999,
  // Ours and BoringSSL's, which OpenSSL has no number for.
  UNKNOWN_REASON: 2000,
  BAD_CERTIFICATE: 2001,
  DECODE_ERROR: 2002,
  DUPLICATE_EXTENSION: 2003,
  EXCESS_HANDSHAKE_DATA: 2004,
  INVALID_ALPN_PROTOCOL: 2005,
  SEQUENCE_CTR_WRAPPED: 2006,
  TLS13_DOWNGRADE: 2007,
  TOO_MANY_EMPTY_FRAGMENTS: 2008,
  NO_SERVERNAME: 2009,
  NO_TRUST_ANCHORS: 2010,
  PSK_IDENTITY_BINDER_COUNT_MISMATCH: 2012,
  TOO_MANY_CERTIFICATE_REQUESTS: 2013,
  ALPN_MISMATCH_ON_EARLY_DATA: 2014,
  CIPHER_MISMATCH_ON_EARLY_DATA: 2015,
  UNEXPECTED_EXTENSION_ON_EARLY_DATA: 2016,
  INVALID_DELEGATED_CREDENTIAL: 2030,
  UNEXPECTED_EXTENSION: 2031,
}

const bio: Readonly<Record<string, number>> = {
  BAD_FOPEN_MODE: 101,
  UNINITIALIZED: 120,
  UNSUPPORTED_METHOD: 121,
  IN_USE: 123,
  BROKEN_PIPE: 124,
  INVALID_ARGUMENT: 125,
  WRITE_TO_READ_ONLY_BIO: 126,
  AMBIGUOUS_HOST_OR_SERVICE: 129,
  NO_ACCEPT_ADDR_OR_SERVICE_SPECIFIED: 143,
  NO_HOSTNAME_OR_SERVICE_SPECIFIED: 144,
  // Ours, which OpenSSL has no number for.
  CLOSED: 2000,
  PREMATURE_CLOSE: 2001,
  CANNOT_BLOCK: 2002,
  BAD_BASE64_DECODE: 2003,
  BAD_DECRYPT: 2004,
  CALLBACK_FAILED: 2005,
  CIPHER_OPERATION_FAILED: 2006,
}

const rows: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [ERR_LIB_PEM]: { NO_START_LINE: 108 },
  [ERR_LIB_X509]: { KEY_VALUES_MISMATCH: 116 },
  [ERR_LIB_SSL]: ssl,
  [ERR_LIB_BIO]: bio,
}

/** The number of a fatal alert that the peer sent is this and the alert's own. */
const receivedAlert = 1000

/**
 * The number of a reason in its library: the reason code proper and OpenSSL's flags, without the library.
 * `alert` is the alert that came from the peer, where it is what the reason is about. undefined for a reason without a number.
 */
export function reasonNumber(lib: number, name: string, alert?: number): number | undefined {
  if (alert !== undefined) return receivedAlert + alert
  const row = rows[lib]
  if (row && Object.hasOwn(row, name)) return row[name]
  return Object.hasOwn(shared, name) ? shared[name] : undefined
}

/** The name of a number; `reason(N)` for one that has none. */
export function reasonName(
  lib: number,
  reason: number,
  alertName: (alert: number) => string,
): string {
  const named = Object.entries({ ...shared, ...rows[lib] }).find(([, value]) => value === reason)
  if (named) return named[0]
  if (lib === ERR_LIB_SSL && reason >= receivedAlert && reason < receivedAlert + 256)
    return alertName(reason - receivedAlert)
  return `reason(${reason})`
}
