/** The cipher suites of TLS 1.3, one row each (RFC 9846 appendix B.4). */
import type { AeadName, HashName } from './provider.ts'

export interface CipherSuite {
  readonly id: number
  readonly name: CipherSuiteName
  readonly hash: HashName
  readonly aead: AeadName
  /** Records that may be sealed under one key before a KeyUpdate (RFC 9846 §5.5); Infinity where the sequence number ends first. */
  readonly recordLimit: number
}

export const cipherSuites = {
  TLS_AES_128_GCM_SHA256: {
    id: 0x1301,
    name: 'TLS_AES_128_GCM_SHA256',
    hash: 'sha256',
    aead: 'aes-128-gcm',
    // RFC 9846 §5.5: 2^24.5 full-size records.
    recordLimit: Math.floor(2 ** 24.5),
  },
  TLS_AES_256_GCM_SHA384: {
    id: 0x1302,
    name: 'TLS_AES_256_GCM_SHA384',
    hash: 'sha384',
    aead: 'aes-256-gcm',
    recordLimit: Math.floor(2 ** 24.5),
  },
  TLS_CHACHA20_POLY1305_SHA256: {
    id: 0x1303,
    name: 'TLS_CHACHA20_POLY1305_SHA256',
    hash: 'sha256',
    aead: 'chacha20-poly1305',
    // RFC 9846 §5.5: the sequence number would wrap before the limit is reached.
    recordLimit: Number.POSITIVE_INFINITY,
  },
} as const satisfies Record<string, Omit<CipherSuite, 'name'> & { name: string }>

export type CipherSuiteName =
  | 'TLS_AES_128_GCM_SHA256'
  | 'TLS_AES_256_GCM_SHA384'
  | 'TLS_CHACHA20_POLY1305_SHA256'

/** The suite with an id, if we know it. */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  return Object.values<CipherSuite>(cipherSuites).find(suite => suite.id === id)
}
