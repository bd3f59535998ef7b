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
import {
  TLS_ST_CR_CERT_STATUS,
  TLS_ST_CR_CHANGE,
  TLS_ST_CR_FINISHED,
  TLS_ST_CR_HELLO_REQ,
  TLS_ST_CR_KEY_EXCH,
  TLS_ST_CR_SESSION_TICKET,
  TLS_ST_CR_SRVR_DONE,
  TLS_ST_CW_CERT,
  TLS_ST_CW_CERT_VRFY,
  TLS_ST_CW_CHANGE,
  TLS_ST_CW_FINISHED,
  TLS_ST_CW_KEY_EXCH,
  TLS_ST_SR_CERT_VRFY,
  TLS_ST_SR_CHANGE,
  TLS_ST_SR_CLNT_HELLO,
  TLS_ST_SR_FINISHED,
  TLS_ST_SR_KEY_EXCH,
  TLS_ST_SW_CERT,
  TLS_ST_SW_CERT_REQ,
  TLS_ST_SW_CERT_STATUS,
  TLS_ST_SW_CHANGE,
  TLS_ST_SW_FINISHED,
  TLS_ST_SW_KEY_EXCH,
  TLS_ST_SW_SESSION_TICKET,
  TLS_ST_SW_SRVR_DONE,
} from './states12.ts'
import { waitsAgain } from './waits-again.ts'

/** OpenSSL 3.0's numbers (OSSL_HANDSHAKE_STATE), of the states that there are here; states12.ts has those of TLS 1.2. */
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

/** Of TLS 1.2, by SSL_state_string(3)'s letters for the message that was read or written last. */
const states12: Readonly<Record<'client' | 'server', Readonly<Record<string, number>>>> = {
  client: {
    SSLOK: TLS_ST_OK,
    TRSH: TLS_ST_CR_SRVR_HELLO,
    TRSC: TLS_ST_CR_CERT,
    TRCS: TLS_ST_CR_CERT_STATUS,
    TRSKE: TLS_ST_CR_KEY_EXCH,
    TRCR: TLS_ST_CR_CERT_REQ,
    TRSD: TLS_ST_CR_SRVR_DONE,
    TRST: TLS_ST_CR_SESSION_TICKET,
    TRCCS: TLS_ST_CR_CHANGE,
    TRFIN: TLS_ST_CR_FINISHED,
    TWCH: TLS_ST_CW_CLNT_HELLO,
    TWCC: TLS_ST_CW_CERT,
    TWCKE: TLS_ST_CW_KEY_EXCH,
    TWCV: TLS_ST_CW_CERT_VRFY,
    TWCCS: TLS_ST_CW_CHANGE,
    TWFIN: TLS_ST_CW_FINISHED,
    TRREQ: TLS_ST_CR_HELLO_REQ,
  },
  server: {
    SSLOK: TLS_ST_OK,
    TRCH: TLS_ST_SR_CLNT_HELLO,
    TWSH: TLS_ST_SW_SRVR_HELLO,
    TWSC: TLS_ST_SW_CERT,
    TWSKE: TLS_ST_SW_KEY_EXCH,
    TWCR: TLS_ST_SW_CERT_REQ,
    TWSD: TLS_ST_SW_SRVR_DONE,
    TRCC: TLS_ST_SR_CERT,
    TRCKE: TLS_ST_SR_KEY_EXCH,
    TRCV: TLS_ST_SR_CERT_VRFY,
    TRCCS: TLS_ST_SR_CHANGE,
    TRFIN: TLS_ST_SR_FINISHED,
    TWST: TLS_ST_SW_SESSION_TICKET,
    TWCS: TLS_ST_SW_CERT_STATUS,
    TWCCS: TLS_ST_SW_CHANGE,
    TWFIN: TLS_ST_SW_FINISHED,
  },
}

/** What was read or written last; EARLY_DATA is, in TLS 1.3, a server whose flight is out, or a client that has sent some, as in OpenSSL. */
export function SSL_get_state(ssl: SSL): number {
  const { native, watch } = ssl
  const older = native?.version === 'TLSv1.2' && state12(native.role ?? 'client', watch.letters)
  if (older) return older
  if (native && (waitsAgain(native) || watch.letters === 'TED')) return TLS_ST_EARLY_DATA
  return native ? (states[native.role ?? 'client'][native.state] ?? TLS_ST_BEFORE) : TLS_ST_BEFORE
}

/** Undefined for what is no state of its own. */
function state12(role: 'client' | 'server', letters: string | undefined): number | undefined {
  return letters === undefined ? undefined : states12[role][letters]
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
