/** Where a connection is, as numbers and questions: SSL_get_state(3), SSL_in_init(3), SSL_rstate_string(3), SSL_want(3). */
import {
  SSL_CLIENT_HELLO_CB,
  SSL_NOTHING,
  SSL_READING,
  SSL_RETRY_VERIFY,
  SSL_WRITING,
  SSL_X509_LOOKUP,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from './constants.ts'
import { SSL_want } from './result.ts'
import type { SSL } from './ssl.ts'
import { waitsAgain } from './waits-again.ts'

/** OpenSSL 3.0's numbers (OSSL_HANDSHAKE_STATE), of the states that there are here. */
export const TLS_ST_BEFORE = 0
export const TLS_ST_OK = 1
export const TLS_ST_CR_SRVR_HELLO = 3
export const TLS_ST_CR_CERT = 4
export const TLS_ST_CR_CERT_REQ = 7
export const TLS_ST_CW_CLNT_HELLO = 12
export const TLS_ST_SW_SRVR_HELLO = 22
export const TLS_ST_SR_CERT = 27
export const TLS_ST_CR_ENCRYPTED_EXTENSIONS = 38
export const TLS_ST_CR_CERT_VRFY = 39
export const TLS_ST_EARLY_DATA = 46

const states: Readonly<Record<'client' | 'server', Readonly<Record<string, number>>>> = {
  client: {
    WAIT_SH: TLS_ST_CW_CLNT_HELLO,
    WAIT_EE: TLS_ST_CR_SRVR_HELLO,
    WAIT_CERT_CR: TLS_ST_CR_ENCRYPTED_EXTENSIONS,
    WAIT_CERT: TLS_ST_CR_CERT_REQ,
    WAIT_CV: TLS_ST_CR_CERT,
    WAIT_FINISHED: TLS_ST_CR_CERT_VRFY,
    CONNECTED: TLS_ST_OK,
  },
  server: {
    NEGOTIATED: TLS_ST_SW_SRVR_HELLO,
    WAIT_EOED: TLS_ST_EARLY_DATA,
    WAIT_CERT: TLS_ST_EARLY_DATA,
    WAIT_CV: TLS_ST_SR_CERT,
    WAIT_FINISHED: TLS_ST_EARLY_DATA,
    CONNECTED: TLS_ST_OK,
  },
}

/** What was read or written last; EARLY_DATA is a server whose flight is out, or a client that has sent some, as in OpenSSL. */
export function SSL_get_state(ssl: SSL): number {
  const { native, watch } = ssl
  if (native && (waitsAgain(native) || watch.letters === 'TED')) return TLS_ST_EARLY_DATA
  return native ? (states[native.role ?? 'client'][native.state] ?? TLS_ST_BEFORE) : TLS_ST_BEFORE
}

/** 1 where no handshake has begun. */
export function SSL_in_before(ssl: SSL): 0 | 1 {
  return SSL_get_state(ssl) === TLS_ST_BEFORE ? 1 : 0
}

/** 1 for a client whose handshake is not over. */
export function SSL_in_connect_init(ssl: SSL): 0 | 1 {
  return !ssl.finished && ssl.role === 'client' ? 1 : 0
}

/** 1 for a server whose handshake is not over. */
export function SSL_in_accept_init(ssl: SSL): 0 | 1 {
  return !ssl.finished && ssl.role === 'server' ? 1 : 0
}

/** `RH` where the next byte belongs to a record's header, `RB` where it belongs to its body. */
export function SSL_rstate_string(ssl: SSL): 'RH' | 'RB' {
  return ssl.port.edge.inBody ? 'RB' : 'RH'
}

export function SSL_rstate_string_long(ssl: SSL): 'read header' | 'read body' {
  return ssl.port.edge.inBody ? 'read body' : 'read header'
}

/** TLS1_3_VERSION or TLS1_2_VERSION; the newest that there is before it is agreed on. */
export function SSL_version(ssl: SSL): number {
  return ssl.native?.version === 'TLSv1.2' ? TLS1_2_VERSION : TLS1_3_VERSION
}

/** 0: datagrams come with DTLS. */
export function SSL_is_dtls(_ssl: SSL): 0 {
  return 0
}

/** RFC 9846's name of the group that the key exchange is in, or null before it is agreed on. */
export function SSL_get0_group_name(ssl: SSL): string | null {
  return ssl.native?.group ?? null
}

export function SSL_want_nothing(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_NOTHING
}

export function SSL_want_read(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_READING
}

export function SSL_want_write(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_WRITING
}

export function SSL_want_x509_lookup(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_X509_LOOKUP
}

export function SSL_want_retry_verify(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_RETRY_VERIFY
}

export function SSL_want_client_hello_cb(ssl: SSL): boolean {
  return SSL_want(ssl) === SSL_CLIENT_HELLO_CB
}
