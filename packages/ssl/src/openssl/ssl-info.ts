/** The calls that say something about a connection, and the names it is told. */
import type { AnyCipherSuite } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { TLSEXT_NAMETYPE_host_name } from './constants.ts'
import type { SSL } from './ssl.ts'
import { verifyResult } from './verify-result.ts'
import { waitsAgain } from './waits-again.ts'

/** Bytes that SSL_read gives without the BIO. */
export function SSL_pending(ssl: SSL): number {
  return ssl.native?.pending ?? 0
}

/** 1 if SSL_read gives bytes without the BIO: part of a record does not count (in OpenSSL it may). */
export function SSL_has_pending(ssl: SSL): 0 | 1 {
  return SSL_pending(ssl) > 0 ? 1 : 0
}

/** 1 for a server. Before there is a role: what the method is for, and 1 where it is for both, as in OpenSSL. */
export function SSL_is_server(ssl: SSL): 0 | 1 {
  const { role = ssl.firstContext.method.role } = ssl
  return role === 'client' ? 0 : 1
}

/** 1 once a call has said that the handshake is done. */
export function SSL_is_init_finished(ssl: SSL): 0 | 1 {
  return ssl.finished ? 1 : 0
}

export function SSL_in_init(ssl: SSL): 0 | 1 {
  return ssl.finished ? 0 : 1
}

/** SSL_state_string(3)'s letters for where the handshake is. */
export function SSL_state_string(ssl: SSL): string {
  return stateOf(ssl)[0]
}

/** As SSL_state_string, in words: RFC 9846's own name of the state. */
export function SSL_state_string_long(ssl: SSL): string {
  return stateOf(ssl)[1]
}

function stateOf(ssl: SSL): readonly [string, string] {
  const { native, watch } = ssl
  if (!native || (!watch.letters && native.role === 'client' && native.state === 'START'))
    return ['PINIT', 'before the handshake']
  if (ssl.failed) return ['SSLERR', 'error']
  const letters = waitsAgain(native) ? 'TED' : states[native.role ?? 'client'][native.state]
  return [watch.letters ?? letters ?? 'UNKWN', `${native.role} ${native.state}`]
}

/** What was read or written last, in OpenSSL's letters; TED is a server whose flight is out. */
const states: Readonly<Record<'client' | 'server', Readonly<Record<string, string>>>> = {
  client: {
    WAIT_SH: 'TWCH',
    WAIT_EE: 'TRSH',
    WAIT_CERT_CR: 'TREE',
    WAIT_CERT: 'TRCR',
    WAIT_CV: 'TRSC',
    WAIT_FINISHED: 'TRSCV',
    CONNECTED: 'SSLOK',
  },
  server: {
    START: 'PINIT',
    NEGOTIATED: 'TWSH',
    WAIT_EOED: 'TED',
    WAIT_CERT: 'TED',
    WAIT_CV: 'TRCC',
    WAIT_FINISHED: 'TED',
    CONNECTED: 'SSLOK',
  },
}

/** `TLSv1.3`; `unknown` before it is agreed on. */
export function SSL_get_version(ssl: SSL): string {
  return ssl.native?.version ?? 'unknown'
}

/** The cipher suite, or null before it is agreed on. */
export function SSL_get_current_cipher(ssl: SSL): AnyCipherSuite | null {
  return ssl.native?.cipher ?? null
}

/** RFC 9846's name, and OpenSSL's own for a suite of TLS 1.2; `(NONE)` for none. */
export function SSL_CIPHER_get_name(cipher: AnyCipherSuite | null): string {
  if (!cipher) return '(NONE)'
  return 'alias' in cipher ? cipher.alias : cipher.name
}

/** The name that IANA has; `(NONE)` for none. */
export function SSL_CIPHER_standard_name(cipher: AnyCipherSuite | null): string {
  return cipher?.name ?? '(NONE)'
}

/** The two bytes on the wire. */
export function SSL_CIPHER_get_protocol_id(cipher: AnyCipherSuite): number {
  return cipher.id
}

export function SSL_get_cipher_name(ssl: SSL): string {
  return SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
}

/** A macro in C, for SSL_get_cipher_name. */
export function SSL_get_cipher(ssl: SSL): string {
  return SSL_get_cipher_name(ssl)
}

/** The protocol that was agreed on; of length 0 for none. C passes it out. */
export function SSL_get0_alpn_selected(ssl: SSL): Bytes {
  const name = ssl.native?.alpnProtocol ?? ''
  return Uint8Array.from(name, character => character.charCodeAt(0))
}

/** The peer's own certificate as DER, or null. */
export function SSL_get_peer_certificate(ssl: SSL): Bytes | null {
  return ssl.native?.peerCertificates[0] ?? null
}

/** OpenSSL 3's name of SSL_get_peer_certificate. */
export function SSL_get0_peer_certificate(ssl: SSL): Bytes | null {
  return SSL_get_peer_certificate(ssl)
}

/** OpenSSL 3's other name of it: bytes have no owners to count. */
export function SSL_get1_peer_certificate(ssl: SSL): Bytes | null {
  return SSL_get_peer_certificate(ssl)
}

/** What the peer sent, as DER, its own first in either role (a server of OpenSSL's leaves that one out); null for none. */
export function SSL_get_peer_cert_chain(ssl: SSL): readonly Bytes[] | null {
  const chain = ssl.native?.peerCertificates ?? []
  return chain.length > 0 ? chain : null
}

/**
 * X509_V_OK if the peer showed a certificate that is believed; X509_V_ERR_UNSPECIFIED if it showed none (OpenSSL says OK). What a verify callback
 * put up with stays, unless that cleared it.
 */
export function SSL_get_verify_result(ssl: SSL): number {
  return ssl.verifyError ?? verifyResult(ssl.native?.verdict, ssl.param)
}

/** The name that the server is asked for; null for none. It is not proved by that: see SSL_set1_host. 1. */
export function SSL_set_tlsext_host_name(ssl: SSL, name: string | null): 1 {
  ssl.serverName = name ?? undefined
  return 1
}

/** Client: the name that is asked for. Server: the name that the client asked for. */
export function SSL_get_servername(
  ssl: SSL,
  type: number = TLSEXT_NAMETYPE_host_name,
): string | null {
  if (type !== TLSEXT_NAMETYPE_host_name) return null
  if (ssl.native) return ssl.native.servername ?? null
  return ssl.serverName ?? null
}
