/** Settings of one connection whose calls for a context stand in ctx.ts, and what was set: they count until the handshake begins. */

import type { AnyCipherSuite } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { certificateChainFrom } from '@biopair/x509'
import { SSL_VERIFY_NONE, SSL_VERIFY_PEER } from './constants.ts'
import {
  type Configured,
  pairUp,
  probe,
  refuse,
  type SSL_CTX,
  type SSL_METHOD,
  set,
} from './ctx.ts'
import type { SSL } from './ssl.ts'
import { SSL_CIPHER_get_name } from './ssl-info.ts'
import type { Pem, Values } from './values.ts'
import type { SSL_verify_cb } from './verify.ts'
import { versionOptions } from './version-options.ts'

/** As SSL_CTX_use_certificate_chain. */
export function SSL_use_certificate_chain(ssl: SSL, chain: Pem): 0 | 1 {
  return pairUp(ssl, { certificate: chain })
}

/** As SSL_CTX_use_PrivateKey. */
export function SSL_use_PrivateKey(ssl: SSL, key: Pem): 0 | 1 {
  return pairUp(ssl, { key })
}

/** 1 if there is a certificate with its key. */
export function SSL_check_private_key(ssl: SSL): 0 | 1 {
  ssl.errors.clear()
  const { certificate, credentials } = ssl.settings.values
  if (certificate !== undefined) return refuse(ssl, 'NO_PRIVATE_KEY_ASSIGNED')
  return credentials.length > 0 ? 1 : refuse(ssl, 'NO_CERTIFICATE_ASSIGNED')
}

/** The certificate that was set last, as DER, or null. */
export function SSL_CTX_get0_certificate(ctx: SSL_CTX): Bytes | null {
  return leafOf(ctx)
}

export function SSL_get_certificate(ssl: SSL): Bytes | null {
  return leafOf(ssl)
}

export function SSL_set_verify_depth(ssl: SSL, depth: number): void {
  ssl.param.depth = depth
}

/** -1 where it was not set. */
export function SSL_get_verify_depth(ssl: SSL): number {
  return ssl.param.depth
}

/** -1 where it was not set. */
export function SSL_CTX_get_verify_depth(ctx: SSL_CTX): number {
  return ctx.param.depth
}

/** SSL_VERIFY_PEER where nothing was set, unless this is a server. */
export function SSL_get_verify_mode(ssl: SSL): number {
  const { verifyMode } = ssl.settings.values
  const server = (ssl.role ?? ssl.ctx.method.role) === 'server'
  return verifyMode ?? (server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER)
}

export function SSL_get_verify_callback(ssl: SSL): SSL_verify_cb | null {
  return ssl.settings.values.verify ?? null
}

export function SSL_CTX_get_verify_callback(ctx: SSL_CTX): SSL_verify_cb | null {
  return ctx.settings.values.verify ?? null
}

export function SSL_set_num_tickets(ssl: SSL, tickets: number): 0 | 1 {
  return set(ssl, { tickets }, () => probe(ssl, { numTickets: tickets }))
}

export function SSL_get_num_tickets(ssl: SSL): number {
  return ssl.settings.values.tickets
}

export function SSL_set_max_send_fragment(ssl: SSL, size: number): 0 | 1 {
  ssl.errors.clear()
  if (!(Number.isInteger(size) && size >= 512 && size <= 16384))
    return refuse(ssl, 'PASSED_INVALID_ARGUMENT')
  return set(ssl, { maxFragment: size })
}

/** As it was set. */
export function SSL_get_min_proto_version(ssl: SSL): number {
  return ssl.settings.values.minVersion
}

export function SSL_get_max_proto_version(ssl: SSL): number {
  return ssl.settings.values.maxVersion
}

export function SSL_CTX_get_min_proto_version(ctx: SSL_CTX): number {
  return ctx.settings.values.minVersion
}

export function SSL_CTX_get_max_proto_version(ctx: SSL_CTX): number {
  return ctx.settings.values.maxVersion
}

/** Kept, and does nothing: a BIO is asked for a header, then for its body, so that no byte behind a record is taken. */
export function SSL_set_read_ahead(ssl: SSL, yes: number): void {
  set(ssl, { readAhead: yes !== 0 })
}

export function SSL_get_read_ahead(ssl: SSL): 0 | 1 {
  return ssl.settings.values.readAhead ? 1 : 0
}

/** As SSL_set_read_ahead. */
export function SSL_CTX_set_read_ahead(ctx: SSL_CTX, yes: number): void {
  set(ctx, { readAhead: yes !== 0 })
}

export function SSL_CTX_get_read_ahead(ctx: SSL_CTX): 0 | 1 {
  return ctx.settings.values.readAhead ? 1 : 0
}

export function SSL_CTX_get_quiet_shutdown(ctx: SSL_CTX): 0 | 1 {
  return ctx.settings.values.quiet ? 1 : 0
}

export function SSL_CTX_get_keylog_callback(ctx: SSL_CTX): Values['keylog'] | null {
  return ctx.settings.values.keylog ?? null
}

export function SSL_CTX_sess_get_new_cb(ctx: SSL_CTX): Values['newSession'] | null {
  return ctx.settings.values.newSession ?? null
}

/** The cipher suites that may be used, most preferred first. */
export function SSL_get_ciphers(ssl: SSL): readonly AnyCipherSuite[] {
  return suitesOf(ssl)
}

export function SSL_CTX_get_ciphers(ctx: SSL_CTX): readonly AnyCipherSuite[] {
  return suitesOf(ctx)
}

/** The name of the suite at a place of that list, or null. */
export function SSL_get_cipher_list(ssl: SSL, priority: number): string | null {
  const suite = suitesOf(ssl)[priority]
  return suite ? SSL_CIPHER_get_name(suite) : null
}

/** Borrowed. */
export function SSL_get_SSL_CTX(ssl: SSL): SSL_CTX {
  return ssl.ctx
}

export function SSL_get_ssl_method(ssl: SSL): SSL_METHOD {
  return ssl.ctx.method
}

export function SSL_CTX_get_ssl_method(ctx: SSL_CTX): SSL_METHOD {
  return ctx.method
}

/** Seconds that a session is good for: 7200. */
export function SSL_get_default_timeout(_ssl: SSL): 7200 {
  return 7200
}

function suitesOf(owner: Configured): readonly AnyCipherSuite[] {
  const { values } = owner.settings
  const keyed = values.pskClient || values.pskServer
  const { suites, suites12 } = probe(owner, {
    ...versionOptions(values, values.pskClient ? 'client' : 'server'),
    ...(keyed ? { pskCallback: () => null } : {}),
  })
  return [...suites, ...suites12]
}

function leafOf(owner: Configured): Bytes | null {
  const { certificate, credentials } = owner.settings.values
  const chain = certificate ?? credentials.at(-1)?.cert
  return chain === undefined ? null : (certificateChainFrom(chain)[0] ?? null)
}
