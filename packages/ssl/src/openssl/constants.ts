/** OpenSSL's numbers: results of SSL_get_error(3), flags, modes, verify results; the values of its headers. */

export const SSL_ERROR_NONE = 0
export const SSL_ERROR_SSL = 1
export const SSL_ERROR_WANT_READ = 2
export const SSL_ERROR_WANT_WRITE = 3
export const SSL_ERROR_WANT_X509_LOOKUP = 4
export const SSL_ERROR_SYSCALL = 5
export const SSL_ERROR_ZERO_RETURN = 6
export const SSL_ERROR_WANT_CONNECT = 7
export const SSL_ERROR_WANT_ACCEPT = 8
export const SSL_ERROR_WANT_ASYNC = 9
export const SSL_ERROR_WANT_ASYNC_JOB = 10
export const SSL_ERROR_WANT_CLIENT_HELLO_CB = 11
export const SSL_ERROR_WANT_RETRY_VERIFY = 12

/** Results of SSL_want(3). */
export const SSL_NOTHING = 1
export const SSL_WRITING = 2
export const SSL_READING = 3
export const SSL_X509_LOOKUP = 4
export const SSL_ASYNC_PAUSED = 5
export const SSL_ASYNC_NO_JOBS = 6
export const SSL_CLIENT_HELLO_CB = 7
export const SSL_RETRY_VERIFY = 8

/** Bits of SSL_get_shutdown(3). */
export const SSL_SENT_SHUTDOWN = 1
export const SSL_RECEIVED_SHUTDOWN = 2

export const SSL_MODE_ENABLE_PARTIAL_WRITE = 0x1
export const SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2
export const SSL_MODE_AUTO_RETRY = 0x4
export const SSL_MODE_RELEASE_BUFFERS = 0x10
export const SSL_MODE_SEND_FALLBACK_SCSV = 0x80
export const SSL_MODE_ASYNC = 0x100

/** Which of these have a meaning here is a table in docs/openssl.md; the others are kept and do nothing. */
export const SSL_OP_NO_EXTENDED_MASTER_SECRET = 0x1
export const SSL_OP_CLEANSE_PLAINTEXT = 0x2
export const SSL_OP_LEGACY_SERVER_CONNECT = 0x4
export const SSL_OP_TLSEXT_PADDING = 0x10
export const SSL_OP_IGNORE_UNEXPECTED_EOF = 0x80
export const SSL_OP_ALLOW_CLIENT_RENEGOTIATION = 0x100
export const SSL_OP_DISABLE_TLSEXT_CA_NAMES = 0x200
export const SSL_OP_ALLOW_NO_DHE_KEX = 0x400
export const SSL_OP_COOKIE_EXCHANGE = 0x2000
export const SSL_OP_NO_TICKET = 0x4000
export const SSL_OP_NO_COMPRESSION = 0x2_0000
export const SSL_OP_NO_ENCRYPT_THEN_MAC = 0x8_0000
export const SSL_OP_ENABLE_MIDDLEBOX_COMPAT = 0x10_0000
export const SSL_OP_PRIORITIZE_CHACHA = 0x20_0000
export const SSL_OP_CIPHER_SERVER_PREFERENCE = 0x40_0000
export const SSL_OP_NO_ANTI_REPLAY = 0x100_0000
export const SSL_OP_NO_SSLv3 = 0x200_0000
export const SSL_OP_NO_TLSv1 = 0x400_0000
export const SSL_OP_NO_TLSv1_2 = 0x800_0000
export const SSL_OP_NO_TLSv1_1 = 0x1000_0000
export const SSL_OP_NO_TLSv1_3 = 0x2000_0000
export const SSL_OP_NO_RENEGOTIATION = 0x4000_0000

export const SSL_VERIFY_NONE = 0
export const SSL_VERIFY_PEER = 1
export const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2
export const SSL_VERIFY_CLIENT_ONCE = 4
export const SSL_VERIFY_POST_HANDSHAKE = 8

export const SSL_KEY_UPDATE_NONE = -1
export const SSL_KEY_UPDATE_NOT_REQUESTED = 0
export const SSL_KEY_UPDATE_REQUESTED = 1

export const TLS1_2_VERSION = 0x0303
export const TLS1_3_VERSION = 0x0304

export const TLSEXT_NAMETYPE_host_name = 0

/** What a callback of an extension answers. */
export const SSL_TLSEXT_ERR_OK = 0
export const SSL_TLSEXT_ERR_ALERT_WARNING = 1
export const SSL_TLSEXT_ERR_ALERT_FATAL = 2
export const SSL_TLSEXT_ERR_NOACK = 3

/** Results of SSL_select_next_proto(3). */
export const OPENSSL_NPN_NEGOTIATED = 1
export const OPENSSL_NPN_NO_OVERLAP = 2

export const X509_V_OK = 0
export const X509_V_ERR_UNSPECIFIED = 1
export const X509_V_ERR_CERT_HAS_EXPIRED = 10
export const X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT = 18
export const X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN = 19
export const X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20
export const X509_V_ERR_CERT_CHAIN_TOO_LONG = 22
export const X509_V_ERR_CERT_REVOKED = 23
/** For callbacks of the application's alone. */
export const X509_V_ERR_APPLICATION_VERIFICATION = 50
export const X509_V_ERR_HOSTNAME_MISMATCH = 62
export const X509_V_ERR_EMAIL_MISMATCH = 63
export const X509_V_ERR_IP_ADDRESS_MISMATCH = 64
export const X509_V_ERR_RPK_UNTRUSTED = 95

/** Certificate types (RFC 7250). */
export const TLSEXT_cert_type_x509 = 0
export const TLSEXT_cert_type_rpk = 2

/** Nothing is kept, by either role. */
export const SSL_SESS_CACHE_OFF = 0
/** A client is told of its sessions; it keeps them itself. */
export const SSL_SESS_CACHE_CLIENT = 1
/** A server that issues no tickets (SSL_OP_NO_TICKET) keeps sessions in the context. */
export const SSL_SESS_CACHE_SERVER = 2
export const SSL_SESS_CACHE_BOTH = 3
/** Nothing here: what is out of time goes when it is asked for, or when room is needed. */
export const SSL_SESS_CACHE_NO_AUTO_CLEAR = 0x0080
/** A server keeps nothing in the context. */
export const SSL_SESS_CACHE_NO_INTERNAL_LOOKUP = 0x0100
export const SSL_SESS_CACHE_NO_INTERNAL_STORE = 0x0200
export const SSL_SESS_CACHE_NO_INTERNAL = 0x0300
export const SSL_MAX_SID_CTX_LENGTH = 32
export const SSL_SESSION_CACHE_MAX_SIZE_DEFAULT = 20480
