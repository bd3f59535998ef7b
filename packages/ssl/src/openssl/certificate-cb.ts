/** The certificate callbacks (SSL_CTX_set_cert_cb(3), SSL_CTX_set_client_cert_cb(3)): what to show, decided late. */
import type { Identity, WantCertificate } from '@biopair/handshake'
import { type Again, again, following } from '../answers.ts'
import { credentialsFrom } from '../credentials.ts'
import { chooseIdentity } from '../own-identity.ts'
import { fatalAlert } from './alert-number.ts'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'
import type { Pem } from './values.ts'

/** 1 to go on, 0 to fail, below 0 to be called again by the next call on the SSL; or a promise of one of these. */
export type SSL_cert_cb = (ssl: SSL, arg: unknown) => number | Promise<number>

/** `[1, chain, key]`, 0 for none, below 0 to be called again; or a promise of one of these. */
export type SSL_client_cert_cb = (
  ssl: SSL,
) => ClientCertificate | number | Promise<ClientCertificate | number>

export type ClientCertificate = readonly [result: number, chain: Pem, key: Pem]

/** Called whenever a certificate may have to be shown, whether or not there is one; SSL_use_certificate and its like take effect inside. */
export function SSL_CTX_set_cert_cb(
  ctx: SSL_CTX,
  callback: SSL_cert_cb | null,
  arg?: unknown,
): void {
  ctx.settings = ctx.settings.with({
    certificateCb: callback ? { call: callback, arg } : undefined,
  })
}

export function SSL_set_cert_cb(ssl: SSL, callback: SSL_cert_cb | null, arg?: unknown): void {
  ssl.settings = ssl.settings.with({
    certificateCb: callback ? { call: callback, arg } : undefined,
  })
}

/** Client: called where a certificate is asked for and there is none that fits. */
export function SSL_CTX_set_client_cert_cb(
  ctx: SSL_CTX,
  callback: SSL_client_cert_cb | null,
): void {
  ctx.settings = ctx.settings.with({ clientCertificateCb: callback ?? undefined })
}

export function SSL_CTX_get_client_cert_cb(ctx: SSL_CTX): SSL_client_cert_cb | null {
  return ctx.settings.values.clientCertificateCb ?? null
}

type Answer = Identity | undefined | Again
type Later<T> = T | Promise<T>

/** Asks the callbacks, and chooses among what the SSL then has. */
export function askCertificate(ssl: SSL, want: WantCertificate): Later<Identity | undefined> {
  ssl.peerAuthorities = want.authorities
  const callback = ssl.settings.values.certificateCb
  // A connection hands `again` on to whoever asked; the type of a certificateCallback does not know it.
  const answer = callback
    ? following(callback.call(ssl, callback.arg), said => judged(ssl, want, said))
    : chosen(ssl, want)
  return answer as Later<Identity | undefined>
}

function judged(ssl: SSL, want: WantCertificate, said: number): Later<Answer> {
  if (said > 0) return chosen(ssl, want)
  if (said < 0) return again
  const reason = want.role === 'server' ? 'CERT_CB_ERROR' : 'CALLBACK_FAILED'
  throw fatalAlert(undefined, 'internal_error', reason, 'the certificate callback says no')
}

function chosen(ssl: SSL, want: WantCertificate): Later<Answer> {
  const context = ssl.settings.context(want.role)
  const identity = chooseIdentity(context, limited(ssl, want))
  const callback = ssl.settings.values.clientCertificateCb
  if (identity || want.role === 'server' || !callback)
    return identity && signing(ssl, want, identity)
  return following(callback(ssl), said => {
    if (typeof said === 'number') return said < 0 ? again : undefined
    const [result, chain, key] = said
    if (result < 0) return again
    const { crypto, options } = context
    const [given] = result === 0 ? [] : credentialsFrom([chain], [key], crypto, options.passphrase)
    return given && signing(ssl, want, given)
  })
}

/** Client: what SSL_CTX_set1_client_sigalgs_list leaves of a credential's schemes. */
function signing(ssl: SSL, { role }: WantCertificate, credential: Identity): Identity {
  const { clientSigalgs } = ssl.settings.values
  if (role === 'server' || clientSigalgs === undefined) return credential
  const names = clientSigalgs.split(':')
  return { ...credential, schemes: credential.schemes.filter(({ name }) => names.includes(name)) }
}

/** A want with the schemes that a client may sign with. */
function limited(ssl: SSL, want: WantCertificate): WantCertificate {
  const { clientSigalgs } = ssl.settings.values
  if (want.role === 'server' || clientSigalgs === undefined) return want
  const names = clientSigalgs.split(':')
  return { ...want, schemes: want.schemes.filter(({ name }) => names.includes(name)) }
}
