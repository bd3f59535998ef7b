/** The cipher suites of TLS 1.2 that are still sound, one row each: ECDHE with an AEAD (RFC 5289, RFC 7905, RFC 8442). */
import type { Bytes } from './bytes.ts'
import type { CipherSuite } from './cipher-suites.ts'
import type { AeadName, HashName } from './provider.ts'

export interface CipherSuite12 {
  readonly id: number
  readonly name: CipherSuite12Name | PskCipherSuite12Name
  /** Of the PRF, and of the handshake's transcript. */
  readonly hash: HashName
  readonly aead: AeadName
  /** The kind of key in the server's certificate: `ecdsa` is Ed25519 as well (RFC 8422 §2.2). `psk`: a key that both ends have stands in for certificates. */
  readonly auth: 'ecdsa' | 'rsa' | 'psk'
  /** OpenSSL's name for it. */
  readonly alias: string
  /** Records that may be sealed under one key (RFC 9846 §5.5); there is no other key afterwards, so that the connection ends. */
  readonly recordLimit: number
}

/** A suite of either version. */
export type AnyCipherSuite = CipherSuite | CipherSuite12

/** RFC 9846 §5.5: 2^24.5 full-size records. */
const gcmLimit = Math.floor(2 ** 24.5)

export const cipherSuites12: Readonly<Record<CipherSuite12Name, CipherSuite12>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: {
    id: 0xc02b,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    hash: 'sha256',
    aead: 'aes-128-gcm',
    auth: 'ecdsa',
    alias: 'ECDHE-ECDSA-AES128-GCM-SHA256',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: {
    id: 0xc02c,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    hash: 'sha384',
    aead: 'aes-256-gcm',
    auth: 'ecdsa',
    alias: 'ECDHE-ECDSA-AES256-GCM-SHA384',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {
    id: 0xcca9,
    name: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    hash: 'sha256',
    aead: 'chacha20-poly1305',
    auth: 'ecdsa',
    alias: 'ECDHE-ECDSA-CHACHA20-POLY1305',
    recordLimit: Number.POSITIVE_INFINITY,
  },
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: {
    id: 0xc02f,
    name: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    hash: 'sha256',
    aead: 'aes-128-gcm',
    auth: 'rsa',
    alias: 'ECDHE-RSA-AES128-GCM-SHA256',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: {
    id: 0xc030,
    name: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    hash: 'sha384',
    aead: 'aes-256-gcm',
    auth: 'rsa',
    alias: 'ECDHE-RSA-AES256-GCM-SHA384',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: {
    id: 0xcca8,
    name: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    hash: 'sha256',
    aead: 'chacha20-poly1305',
    auth: 'rsa',
    alias: 'ECDHE-RSA-CHACHA20-POLY1305',
    recordLimit: Number.POSITIVE_INFINITY,
  },
}

export type CipherSuite12Name =
  | 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'

/** Suites for who has a key in common with its peer: never offered without one. */
export const pskCipherSuites12: Readonly<Record<PskCipherSuite12Name, CipherSuite12>> = {
  TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256: {
    id: 0xd001,
    name: 'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256',
    hash: 'sha256',
    aead: 'aes-128-gcm',
    auth: 'psk',
    alias: 'ECDHE-PSK-AES128-GCM-SHA256',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384: {
    id: 0xd002,
    name: 'TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384',
    hash: 'sha384',
    aead: 'aes-256-gcm',
    auth: 'psk',
    alias: 'ECDHE-PSK-AES256-GCM-SHA384',
    recordLimit: gcmLimit,
  },
  TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256: {
    id: 0xccac,
    name: 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
    hash: 'sha256',
    aead: 'chacha20-poly1305',
    auth: 'psk',
    alias: 'ECDHE-PSK-CHACHA20-POLY1305',
    recordLimit: Number.POSITIVE_INFINITY,
  },
}

export type PskCipherSuite12Name =
  | 'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256'

/** The suite of TLS 1.2 with an id, if we know it. */
export function cipherSuite12ById(id: number): CipherSuite12 | undefined {
  const known = [...Object.values(cipherSuites12), ...Object.values(pskCipherSuites12)]
  return known.find(suite => suite.id === id)
}

/** The write keys of one direction (RFC 5246 §6.3). Whoever is handed them wipes them. */
export interface RecordKeys12 {
  readonly suite: Pick<CipherSuite12, 'aead' | 'recordLimit'>
  /** [sender]_write_key. */
  readonly key: Bytes
  /** [sender]_write_IV, of `fixedIvLength(suite)` bytes. */
  readonly iv: Bytes
}

/** GCM's nonce has 4 bytes of the key block and 8 of the record (RFC 5288 §3); ChaCha20's has 12 of the key block (RFC 7905 §2). */
export function fixedIvLength({ aead }: Pick<CipherSuite12, 'aead'>): number {
  return aead === 'chacha20-poly1305' ? 12 : 4
}
