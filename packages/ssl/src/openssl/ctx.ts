/** SSL_CTX: what connections share, and the calls that set it; those named SSL_ set one connection. */
import { certificateChainFrom, crlStore, trustStore } from '@biopair/x509'
import { SslContext } from '../context.ts'
import { credentialsFrom } from '../credentials.ts'
import type { SSL_CTX_alpn_select_cb_func } from './alpn-select.ts'
import { ErrorList } from './errors.ts'
import { ExData } from './ex-data.ts'
import { noteMisuse } from './misused.ts'
import { protocolNames } from './protocols.ts'
import { ERR_LIB_SSL } from './reasons.ts'
import { SessionCounts } from './session-counts.ts'
import { Settings } from './settings.ts'
import { schemesFrom } from './sigalgs.ts'
import type { SSL } from './ssl.ts'
import type { SSL_SESSION } from './ssl-session.ts'
import { initialValues, type Pem, type Surroundings, type Values } from './values.ts'
import type { SSL_verify_cb } from './verify.ts'
import { anchorsAndCrls } from './verify-crl.ts'
import { X509_VERIFY_PARAM } from './verify-param.ts'

/** Which roles a context is for (SSL_METHOD). */
export interface SSL_METHOD {
  readonly role: 'any' | 'client' | 'server'
}

/** Any version that there is, either role. */
export function TLS_method(): SSL_METHOD {
  return { role: 'any' }
}

export function TLS_client_method(): SSL_METHOD {
  return { role: 'client' }
}

export function TLS_server_method(): SSL_METHOD {
  return { role: 'server' }
}

/** A context. Made by SSL_CTX_new; its members are for the calls of this folder. */
export class SSL_CTX {
  readonly method: SSL_METHOD
  readonly errors = new ErrorList()
  readonly exData = new ExData<SSL_CTX>(this)
  /** What the peers of SSLs that are made from now on have to be and to prove. */
  readonly param = new X509_VERIFY_PARAM()
  readonly counts = new SessionCounts()
  settings: Settings
  references = 1

  constructor(method: SSL_METHOD, surroundings: Surroundings) {
    this.method = method
    this.settings = new Settings(initialValues(surroundings))
  }

  /** One owner less. */
  release(): void {
    if (this.references > 0 && --this.references === 0) this.exData.free()
  }
}

/** Whatever has settings: a context, or one connection with its copy of them. */
export interface Configured {
  readonly errors: ErrorList
  settings: Settings
}

/** A context; null without a method. `surroundings` is ours: what OpenSSL takes from its process. */
export function SSL_CTX_new(method: SSL_METHOD, surroundings?: Surroundings): SSL_CTX
export function SSL_CTX_new(method: SSL_METHOD | null, surroundings?: Surroundings): SSL_CTX | null
export function SSL_CTX_new(
  method: SSL_METHOD | null,
  surroundings: Surroundings = {},
): SSL_CTX | null {
  return method && new SSL_CTX(method, surroundings)
}

export function SSL_CTX_up_ref(ctx: SSL_CTX): 1 {
  ctx.references++
  return 1
}

/** One owner less. Connections that were made from it are owners too, and go on. */
export function SSL_CTX_free(ctx: SSL_CTX | null): void {
  ctx?.release()
}

/** The chain to show, leaf first: PEM or DER bytes (C names a file). 1, or 0 with the error in `ctx`. */
export function SSL_CTX_use_certificate_chain(ctx: SSL_CTX, chain: Pem): 0 | 1 {
  return pairUp(ctx, { certificate: chain })
}

/** As SSL_CTX_use_certificate_chain, of a leaf alone: C gives an X509, here it is PEM or DER. */
export function SSL_CTX_use_certificate(ctx: SSL_CTX, certificate: Pem): 0 | 1 {
  return pairUp(ctx, { certificate })
}

/** The chain's private key: PEM or DER bytes. 1, or 0 with the error in `ctx` (KEY_VALUES_MISMATCH if it is another's). */
export function SSL_CTX_use_PrivateKey(ctx: SSL_CTX, key: Pem): 0 | 1 {
  return pairUp(ctx, { key })
}

/** For one connection, also in its certificate callback: the chain to show, leaf first, PEM or DER. 1, or 0 with the error in `ssl`. */
export function SSL_use_certificate_chain(ssl: SSL, chain: Pem): 0 | 1 {
  return pairUp(ssl, { certificate: chain })
}

/** As SSL_use_certificate_chain, of a leaf alone. */
export function SSL_use_certificate(ssl: SSL, certificate: Pem): 0 | 1 {
  return pairUp(ssl, { certificate })
}

export function SSL_use_PrivateKey(ssl: SSL, key: Pem): 0 | 1 {
  return pairUp(ssl, { key })
}

/** 1 if there is a certificate with its key. */
export function SSL_CTX_check_private_key(ctx: SSL_CTX): 0 | 1 {
  return checkKey(ctx)
}

export function SSL_check_private_key(ssl: SSL): 0 | 1 {
  return checkKey(ssl)
}

function checkKey(owner: Configured): 0 | 1 {
  owner.errors.clear()
  const { certificate, credentials } = owner.settings.values
  if (certificate !== undefined) return refuse(owner, 'NO_PRIVATE_KEY_ASSIGNED')
  return credentials.length > 0 ? 1 : refuse(owner, 'NO_CERTIFICATE_ASSIGNED')
}

/**
 * Whom to believe, besides whoever was given before: PEM or DER bytes (C names files); PEM may hold CRLs too, which X509_V_FLAG_CRL_CHECK goes by. 1, or 0
 * with the error in `ctx`.
 */
export function SSL_CTX_load_verify(ctx: SSL_CTX, anchors: Pem): 0 | 1 {
  const { ca, crls = [] } = ctx.settings.values
  const changes: { ca?: Values['ca']; crls?: readonly Pem[] } = {}
  return set(ctx, changes, () => {
    const found = anchorsAndCrls(anchors)
    trustStore(found.ca)
    crlStore(found.crls)
    changes.ca = [...ca, ...found.ca]
    changes.crls = [...crls, ...found.crls]
  })
}

/** SSL_VERIFY_ bits, and who has the last word. A client verifies unless this says SSL_VERIFY_NONE. */
export function SSL_CTX_set_verify(
  ctx: SSL_CTX,
  mode: number,
  callback?: SSL_verify_cb | null,
): void {
  set(ctx, { verifyMode: mode, verify: callback ?? undefined })
}

export function SSL_set_verify(ssl: SSL, mode: number, callback?: SSL_verify_cb | null): void {
  ssl.ownVerification = { verifyMode: mode, verify: callback ?? undefined }
  set(ssl, ssl.ownVerification)
}

export function SSL_CTX_get_verify_mode(ctx: SSL_CTX): number {
  return ctx.settings.values.verifyMode ?? (ctx.method.role === 'server' ? 0 : 1)
}

/** How many certificates may stand between the peer's and the anchor. */
export function SSL_CTX_set_verify_depth(ctx: SSL_CTX, depth: number): void {
  ctx.param.depth = depth
}

/** The protocols that a client offers, lengths before names. **0 if it worked**, 1 if the list is none. */
export function SSL_CTX_set_alpn_protos(ctx: SSL_CTX, protos: Uint8Array): 0 | 1 {
  return offer(ctx, protos)
}

export function SSL_set_alpn_protos(ssl: SSL, protos: Uint8Array): 0 | 1 {
  return offer(ssl, protos)
}

/** A server's choice among the client's protocols; without it there is no ALPN. */
export function SSL_CTX_set_alpn_select_cb(
  ctx: SSL_CTX,
  callback: SSL_CTX_alpn_select_cb_func | null,
  arg?: unknown,
): void {
  set(ctx, { selectAlpn: callback ? { call: callback, arg } : undefined })
}

/** Lines of the key log, without a newline: whoever has them reads everything. */
export function SSL_CTX_set_keylog_callback(
  ctx: SSL_CTX,
  callback: ((ssl: SSL, line: string) => void) | null,
): void {
  set(ctx, { keylog: callback ?? undefined })
}

/** A client is told of each ticket, during a later read. Answering 1 keeps the reference; what else is answered means nothing more. */
export function SSL_CTX_sess_set_new_cb(
  ctx: SSL_CTX,
  callback: ((ssl: SSL, session: SSL_SESSION) => unknown) | null,
): void {
  set(ctx, { newSession: callback ?? undefined })
}

/** `X25519MLKEM768:X25519:P-256`, most preferred first. 1, or 0 for a name that is not known. */
export function SSL_CTX_set1_groups_list(ctx: SSL_CTX, groups: string): 0 | 1 {
  return set(ctx, { groups }, () => probe(ctx, { groups }))
}

export function SSL_set1_groups_list(ssl: SSL, groups: string): 0 | 1 {
  return set(ssl, { groups }, () => probe(ssl, { groups }))
}

/** The name that SSL_CTX_set1_groups_list had before. */
export function SSL_CTX_set1_curves_list(ctx: SSL_CTX, curves: string): 0 | 1 {
  return SSL_CTX_set1_groups_list(ctx, curves)
}

export function SSL_set1_curves_list(ssl: SSL, curves: string): 0 | 1 {
  return SSL_set1_groups_list(ssl, curves)
}

/**
 * Signature schemes by RFC 9846's names or OpenSSL's (`ecdsa_secp256r1_sha256:RSA-PSS+SHA256:...`), most preferred first. 1, or 0 for a
 * name that is not known.
 */
export function SSL_CTX_set1_sigalgs_list(ctx: SSL_CTX, str: string): 0 | 1 {
  const sigalgs = schemesFrom(str)
  return set(ctx, { sigalgs }, () => probe(ctx, { sigalgs }))
}

export function SSL_set1_sigalgs_list(ssl: SSL, str: string): 0 | 1 {
  const sigalgs = schemesFrom(str)
  return set(ssl, { sigalgs }, () => probe(ssl, { sigalgs }))
}

/** Tickets that a server issues after a handshake, which they never hold up. 1. */
export function SSL_CTX_set_num_tickets(ctx: SSL_CTX, tickets: number): 0 | 1 {
  return set(ctx, { tickets }, () => probe(ctx, { numTickets: tickets }))
}

export function SSL_CTX_get_num_tickets(ctx: SSL_CTX): number {
  return ctx.settings.values.tickets
}

/** Adds option bits; answers all that are set. Bits without a meaning here are kept and do nothing. */
export function SSL_CTX_set_options(ctx: SSL_CTX, options: number): number {
  return toggled(ctx, 'options', options, 0)
}

export function SSL_CTX_clear_options(ctx: SSL_CTX, options: number): number {
  return toggled(ctx, 'options', 0, options)
}

export function SSL_CTX_get_options(ctx: SSL_CTX): number {
  return ctx.settings.values.options
}

/** Adds mode bits; answers all that are set. */
export function SSL_CTX_set_mode(ctx: SSL_CTX, mode: number): number {
  return toggled(ctx, 'mode', mode, 0)
}

export function SSL_CTX_clear_mode(ctx: SSL_CTX, mode: number): number {
  return toggled(ctx, 'mode', 0, mode)
}

export function SSL_CTX_get_mode(ctx: SSL_CTX): number {
  return ctx.settings.values.mode
}

export function SSL_set_mode(ssl: SSL, mode: number): number {
  return toggled(ssl, 'mode', mode, 0)
}

export function SSL_clear_mode(ssl: SSL, mode: number): number {
  return toggled(ssl, 'mode', 0, mode)
}

export function SSL_get_mode(ssl: SSL): number {
  return ssl.settings.values.mode
}

/** As SSL_CTX_set_options, for one connection: those about the handshake before it, IGNORE_UNEXPECTED_EOF at any time. */
export function SSL_set_options(ssl: SSL, options: number): number {
  return toggled(ssl, 'options', options, 0)
}

export function SSL_clear_options(ssl: SSL, options: number): number {
  return toggled(ssl, 'options', 0, options)
}

export function SSL_get_options(ssl: SSL): number {
  return ssl.settings.values.options
}

/** Bytes of content in a record of ours, 512 to 16384: else 0. */
export function SSL_CTX_set_max_send_fragment(ctx: SSL_CTX, size: number): 0 | 1 {
  ctx.errors.clear()
  if (!(Number.isInteger(size) && size >= 512 && size <= 16384))
    return refuse(ctx, 'PASSED_INVALID_ARGUMENT')
  return set(ctx, { maxFragment: size })
}

/** SSL_shutdown says nothing to the peer, which then cannot tell the end from a cut. */
export function SSL_CTX_set_quiet_shutdown(ctx: SSL_CTX, mode: number): void {
  set(ctx, { quiet: mode !== 0 })
}

/** Changes settings, if `check` does not throw. */
export function set(owner: Configured, changes: Partial<Values>, check?: () => unknown): 0 | 1 {
  owner.errors.clear()
  try {
    check?.()
  } catch (error) {
    noteMisuse(owner.errors, error)
    return 0
  }
  owner.settings = owner.settings.with(changes)
  return 1
}

/** Our own context of some options alone, so that a mistake shows with the call that made it. */
export function probe(
  owner: Configured,
  options: ConstructorParameters<typeof SslContext>[0],
): SslContext {
  const { crypto } = owner.settings.values.surroundings
  return new SslContext(crypto ? { crypto, ...options } : options)
}

/** Certificate and key may come in either order; a pair takes the place of one of its kind. */
export function pairUp(ctx: Configured, half: { certificate: Pem } | { key: Pem }): 0 | 1 {
  const { certificate, key, credentials, surroundings } = { ...ctx.settings.values, ...half }
  if (certificate === undefined) return set(ctx, half)
  if (key === undefined) return set(ctx, half, () => certificateChainFrom(certificate))
  const changes: { credentials?: Values['credentials']; certificate?: undefined; key?: undefined } =
    {}
  return set(ctx, changes, () => {
    const { crypto } = new SslContext(surroundings)
    const pairs = credentialsFrom([certificate], [key], crypto, surroundings.passphrase)
    const [{ key: parsed } = { key: undefined }] = pairs
    const kind = parsed?.publicMaterial.kind ?? ''
    const others = credentials.filter(other => other.kind !== kind)
    changes.credentials = [...others, { cert: certificate, key, kind }]
    changes.certificate = undefined
    changes.key = undefined
  })
}

function offer(owner: Configured, protos: Uint8Array): 0 | 1 {
  const alpn = protocolNames(protos)
  if (!alpn) return 1
  set(owner, { alpn })
  return 0
}

export function toggled(
  owner: Configured,
  what: 'options' | 'mode',
  add: number,
  remove: number,
): number {
  const bits = ((owner.settings.values[what] | add) & ~remove) >>> 0
  set(owner, { [what]: bits })
  return bits
}

export function refuse(owner: Configured, reason: string): 0 {
  owner.errors.push(ERR_LIB_SSL, reason)
  return 0
}
