/** Raw public keys (RFC 7250): SSL_set1_server_cert_type(3), SSL_add_expected_rpk(3). Keys are SubjectPublicKeyInfo, PEM or DER (EVP_PKEY). */
import type { CertificateTypeName } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { publicKeysFrom } from '@biopair/x509'
import { TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509 } from './constants.ts'
import { type Configured, refuse, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'
import type { SSL_SESSION } from './ssl-session.ts'
import type { Pem, Values } from './values.ts'

type Which = 'serverCertTypes' | 'clientCertTypes'

/** How the server's key may be shown, most preferred first: TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509. Null for X.509 alone. 1, or 0 for another type, or one twice. */
export function SSL_CTX_set1_server_cert_type(
  ctx: SSL_CTX,
  val: Uint8Array | readonly number[] | null,
): 0 | 1 {
  return setTypes(ctx, 'serverCertTypes', val)
}

export function SSL_set1_server_cert_type(
  ssl: SSL,
  val: Uint8Array | readonly number[] | null,
): 0 | 1 {
  return setTypes(ssl, 'serverCertTypes', val)
}

/** How the client's key may be shown, in the same way. */
export function SSL_CTX_set1_client_cert_type(
  ctx: SSL_CTX,
  val: Uint8Array | readonly number[] | null,
): 0 | 1 {
  return setTypes(ctx, 'clientCertTypes', val)
}

export function SSL_set1_client_cert_type(
  ssl: SSL,
  val: Uint8Array | readonly number[] | null,
): 0 | 1 {
  return setTypes(ssl, 'clientCertTypes', val)
}

/** What was set, or null. C passes it out. */
export function SSL_CTX_get0_server_cert_type(ctx: SSL_CTX): Bytes | null {
  return typesOf(ctx, 'serverCertTypes')
}

export function SSL_get0_server_cert_type(ssl: SSL): Bytes | null {
  return typesOf(ssl, 'serverCertTypes')
}

export function SSL_CTX_get0_client_cert_type(ctx: SSL_CTX): Bytes | null {
  return typesOf(ctx, 'clientCertTypes')
}

export function SSL_get0_client_cert_type(ssl: SSL): Bytes | null {
  return typesOf(ssl, 'clientCertTypes')
}

/** A raw public key more that the peer may have: without one, or a verify callback, nobody is believed. 1, or 0 for what is none. */
export function SSL_add_expected_rpk(ssl: SSL, rpk: Pem): 0 | 1 {
  return set(ssl, {}, () => {
    ssl.expectedRpks = [...(ssl.expectedRpks ?? []), ...publicKeysFrom(rpk)]
  })
}

/** TLSEXT_cert_type_rpk if the server's key was shown by itself, else TLSEXT_cert_type_x509. */
export function SSL_get_negotiated_server_cert_type(ssl: SSL): number {
  return numberOf(ssl.native?.serverCertType)
}

/** TLSEXT_cert_type_rpk if the client was asked for its key by itself, else TLSEXT_cert_type_x509. */
export function SSL_get_negotiated_client_cert_type(ssl: SSL): number {
  return numberOf(ssl.native?.clientCertType)
}

/** The peer's raw public key as DER, or null. */
export function SSL_get0_peer_rpk(ssl: SSL): Bytes | null {
  return ssl.native?.peerRawPublicKey ?? null
}

export function SSL_SESSION_get0_peer_rpk({ native }: SSL_SESSION): Bytes | null {
  return native?.shown.type === 'rpk' ? (native.chain[0] ?? null) : null
}

function numberOf(type: CertificateTypeName | undefined): number {
  return type === 'rpk' ? TLSEXT_cert_type_rpk : TLSEXT_cert_type_x509
}

const names: ReadonlyMap<number, CertificateTypeName> = new Map([
  [TLSEXT_cert_type_x509, 'x509'],
  [TLSEXT_cert_type_rpk, 'rpk'],
])

function setTypes(
  owner: Configured,
  which: Which,
  val: Uint8Array | readonly number[] | null,
): 0 | 1 {
  owner.errors.clear()
  const types = [...(val ?? [])].map(number => names.get(number))
  const known = types.filter(type => type !== undefined)
  if (known.length < types.length || new Set(known).size < known.length)
    return refuse(owner, 'PASSED_INVALID_ARGUMENT')
  const changes: Partial<Values> = { [which]: known.length > 0 ? known : undefined }
  return set(owner, changes)
}

function typesOf({ settings }: Configured, which: Which): Bytes | null {
  const types = settings.values[which]
  return types ? Uint8Array.from(types, numberOf) : null
}
