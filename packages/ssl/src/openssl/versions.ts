/** Which versions an SSL_CTX or an SSL speaks, and with which suites (SSL_CTX_set_min_proto_version(3), SSL_CTX_set_cipher_list(3)). */
import { ccmCipherSuites, cipherSuites } from '@biopair/crypto'
import { list } from '../option-values.ts'
import { cipherListFrom } from './cipher-list.ts'
import { TLS1_2_VERSION, TLS1_3_VERSION } from './constants.ts'
import { type Configured, probe, refuse, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'

/** 0 for TLS 1.3 alone. 1, or 0 where no version that we have is left. */
export function SSL_CTX_set_min_proto_version(ctx: SSL_CTX, version: number): 0 | 1 {
  return oldest(ctx, version)
}

export function SSL_set_min_proto_version(ssl: SSL, version: number): 0 | 1 {
  return oldest(ssl, version)
}

/** 0 for TLS 1.3. 1, or 0 where no version that we have is left. */
export function SSL_CTX_set_max_proto_version(ctx: SSL_CTX, version: number): 0 | 1 {
  return newest(ctx, version)
}

export function SSL_set_max_proto_version(ssl: SSL, version: number): 0 | 1 {
  return newest(ssl, version)
}

/** Suites of TLS 1.2, as openssl-ciphers(1) has them, most preferred first. 1, or 0 for what there is none of (OpenSSL passes that over). */
export function SSL_CTX_set_cipher_list(ctx: SSL_CTX, str: string): 0 | 1 {
  return listed(ctx, str)
}

export function SSL_set_cipher_list(ssl: SSL, str: string): 0 | 1 {
  return listed(ssl, str)
}

/** Suites of TLS 1.3, `TLS_AES_128_GCM_SHA256:...`, most preferred first. 1, or 0 for a name that is not known or none. */
export function SSL_CTX_set_ciphersuites(ctx: SSL_CTX, ciphers: string): 0 | 1 {
  return set(ctx, { ciphers }, () => check13(ctx, ciphers))
}

export function SSL_set_ciphersuites(ssl: SSL, ciphers: string): 0 | 1 {
  return set(ssl, { ciphers }, () => check13(ssl, ciphers))
}

/** A list of suites that this provider has. */
function check13(owner: Configured, ciphers: string): void {
  list('ciphers', ciphers, [], { ...cipherSuites, ...ccmCipherSuites })
  probe(owner, { ciphers })
}

function oldest(owner: Configured, version: number): 0 | 1 {
  owner.errors.clear()
  if (version > TLS1_3_VERSION) return refuse(owner, 'NO_PROTOCOLS_AVAILABLE')
  return set(owner, { minVersion: version })
}

function newest(owner: Configured, version: number): 0 | 1 {
  owner.errors.clear()
  if (version !== 0 && version < TLS1_2_VERSION) return refuse(owner, 'NO_PROTOCOLS_AVAILABLE')
  return set(owner, { maxVersion: version })
}

function listed(owner: Configured, str: string): 0 | 1 {
  const changes: { cipherList?: readonly string[] } = {}
  return set(owner, changes, () => {
    changes.cipherList = cipherListFrom(str).map(({ name }) => name)
  })
}
