/** The calls of SSL_CTX_set0_CA_list(3) that a server has: whose certificates it asks its clients for. Names are DER (X509_NAME). */

import type { Bytes } from '@biopair/wire'
import { certificateChainFrom, isX509Failure, parseCertificate } from '@biopair/x509'
import { type Configured, probe, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'
import type { Pem } from './values.ts'

/** The names that clients are told, in place of others; as in OpenSSL, those of SSL_CTX_load_verify are not among them by themselves. */
export function SSL_CTX_set_client_CA_list(ctx: SSL_CTX, list: readonly Uint8Array[]): void {
  setList(ctx, list)
}

export function SSL_set_client_CA_list(ssl: SSL, list: readonly Uint8Array[]): void {
  setList(ssl, list)
}

/** One name more, of this certificate. 1, or 0 for what is none. */
export function SSL_CTX_add_client_CA(ctx: SSL_CTX, cacert: Pem): 0 | 1 {
  return add(ctx, cacert)
}

export function SSL_add_client_CA(ssl: SSL, cacert: Pem): 0 | 1 {
  return add(ssl, cacert)
}

/** What was set. */
export function SSL_CTX_get_client_CA_list(ctx: SSL_CTX): readonly Bytes[] {
  return ctx.settings.values.clientCa
}

/** What was set for this server. */
export function SSL_get_client_CA_list(ssl: SSL): readonly Bytes[] {
  return ssl.settings.values.clientCa
}

/** The names of all certificates in a text or in DER bytes, each once (SSL_load_client_CA_file(3) names a file); null for what is none. */
export function SSL_load_client_CA(certificates: Pem): readonly Bytes[] | null {
  try {
    return namesOf(certificates)
  } catch {
    return null
  }
}

function setList(owner: Configured, list: readonly Uint8Array[]): void {
  const clientCa = list.map(name => new Uint8Array(name))
  set(owner, { clientCa }, () => probe(owner, { requestAuthorities: clientCa }))
}

function add(owner: Configured, cacert: Pem): 0 | 1 {
  const { clientCa } = owner.settings.values
  let names: readonly Bytes[] = []
  const result = set(owner, {}, () => {
    names = namesOf(cacert)
  })
  if (result === 1) set(owner, { clientCa: [...clientCa, ...names.slice(0, 1)] })
  return result
}

function namesOf(certificates: Pem): Bytes[] {
  const found = new Map<string, Bytes>()
  for (const der of certificateChainFrom(certificates)) {
    const certificate = parseCertificate(der)
    if (isX509Failure(certificate)) continue
    const name = new Uint8Array(certificate.subject.raw)
    found.set(name.join(), name)
  }
  return [...found.values()]
}
