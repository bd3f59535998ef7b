/** Certificates after the handshake (SSL_CTX_set_verify(3), SSL_VERIFY_POST_HANDSHAKE), and the lists that go with certificates. */
import type { Bytes } from '@biopair/wire'
import type { Ssl } from '../ssl.ts'
import {
  SSL_VERIFY_CLIENT_ONCE,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
} from './constants.ts'
import { type Configured, probe, type SSL_CTX, set } from './ctx.ts'
import { refuse } from './result.ts'
import { schemesFrom } from './sigalgs.ts'
import type { SSL } from './ssl.ts'

/** Client: whether the server may ask for a certificate after the handshake; not unless this says so. Before the handshake. */
export function SSL_CTX_set_post_handshake_auth(ctx: SSL_CTX, val: number): void {
  set(ctx, { postHandshakeAuth: val !== 0 })
}

export function SSL_set_post_handshake_auth(ssl: SSL, val: number): void {
  set(ssl, { postHandshakeAuth: val !== 0 })
}

/**
 * Server: orders a request for the client's certificate, which the next call that does something sends. Later reads take the answer in. 1, or 0
 * with the reason: NOT_SERVER, STILL_IN_INIT, EXTENSION_NOT_RECEIVED, INVALID_CONFIG where the verify mode asks for none (or no second one), REQUEST_SENT where
 * one waits.
 */
export function SSL_verify_client_post_handshake(ssl: SSL): 0 | 1 {
  ssl.errors.clear()
  const { native, inquiry } = ssl
  if (ssl.role !== 'server') return refuse(ssl, 'NOT_SERVER', 0)
  if (!native?.connected) return refuse(ssl, 'STILL_IN_INIT', 0)
  if (!native.canRequestCertificate) return refuse(ssl, 'EXTENSION_NOT_RECEIVED', 0)
  const waits = inquiry && ['requested', 'answered'].includes(inquiry.state)
  if (ssl.ordersRequest || waits) return refuse(ssl, 'REQUEST_SENT', 0)
  const { verifyMode = 0 } = ssl.settings.values
  const once = (verifyMode & SSL_VERIFY_CLIENT_ONCE) !== 0
  const before = inquiry !== undefined || native.peerCertificates.length > 0
  if (!(verifyMode & SSL_VERIFY_PEER) || (once && before)) return refuse(ssl, 'INVALID_CONFIG', 0)
  ssl.ordersRequest = true
  ssl.ordered = true
  return 1
}

/** Sends what was ordered, if it can go now. */
export function sendRequest(ssl: SSL, native: Ssl): ReturnType<Ssl['flush']> | undefined {
  if (!ssl.ordersRequest) return undefined
  const { verifyMode = 0 } = ssl.settings.values
  const required = (verifyMode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) !== 0
  const sent = native.requestCertificate({ required })
  if ('error' in sent || 'read' in sent) return sent
  ssl.ordersRequest = false
  if (sent.status === 'done') ssl.inquiry = sent.request
  return undefined
}

/** Schemes of client certificates: those that a server verifies, or that a client signs with. As SSL_CTX_set1_sigalgs_list. */
export function SSL_CTX_set1_client_sigalgs_list(ctx: SSL_CTX, str: string): 0 | 1 {
  return setClientSigalgs(ctx, str)
}

export function SSL_set1_client_sigalgs_list(ssl: SSL, str: string): 0 | 1 {
  return setClientSigalgs(ssl, str)
}

/** The names that are told to the peer, in either role (certificate_authorities); those of SSL_CTX_set_client_CA_list go before them at a server. */
export function SSL_CTX_set0_CA_list(ctx: SSL_CTX, list: readonly Uint8Array[]): void {
  setAuthorities(ctx, list)
}

export function SSL_set0_CA_list(ssl: SSL, list: readonly Uint8Array[]): void {
  setAuthorities(ssl, list)
}

/** What was set, as DER. */
export function SSL_CTX_get0_CA_list(ctx: SSL_CTX): readonly Bytes[] {
  return ctx.settings.values.authorities
}

export function SSL_get0_CA_list(ssl: SSL): readonly Bytes[] {
  return ssl.settings.values.authorities
}

/** The names that the peer said it would take certificates of, once it was asked for one; of length 0 for none. */
export function SSL_get0_peer_CA_list(ssl: SSL): readonly Bytes[] {
  return ssl.peerAuthorities
}

function setClientSigalgs(owner: Configured, str: string): 0 | 1 {
  const clientSigalgs = schemesFrom(str)
  return set(owner, { clientSigalgs }, () => probe(owner, { sigalgs: clientSigalgs }))
}

function setAuthorities(owner: Configured, list: readonly Uint8Array[]): void {
  const authorities = list.map(name => new Uint8Array(name))
  set(owner, { authorities }, () => probe(owner, { requestAuthorities: authorities }))
}
