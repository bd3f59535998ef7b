/** The cipher suites of TLS 1.3, one row each (RFC 9846 appendix B.4). */
import type { AeadName, CcmName, HashName } from './provider.ts'

export interface CipherSuite {
  readonly id: number
  readonly name: CipherSuiteName | CcmCipherSuiteName
  readonly hash: HashName
  readonly aead: AeadName | CcmName
  /**
   * Records that may be sealed under one key before a KeyUpdate (RFC 9846 §5.5); Infinity where the sequence number ends first. There is no
   * limit on reading beside it: §5.5 tells a receiver to enforce none, and a bound on forgeries cannot be reached, since the first
   * record that does not open ends the connection (§5.2).
   */
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

/**
 * Suites for small devices, never offered unless asked for. Not every provider has them.
 * With CCM_8 a forgery succeeds once in 2^64 instead of 2^128: appendix B.4 has it as not recommended.
 */
export const ccmCipherSuites = {
  TLS_AES_128_CCM_SHA256: {
    id: 0x1304,
    name: 'TLS_AES_128_CCM_SHA256',
    hash: 'sha256',
    aead: 'aes-128-ccm',
    // RFC 9846 §5.5 does not speak of CCM; RFC 9147 §4.5.3 does, for records of the same size.
    recordLimit: 2 ** 23,
  },
  TLS_AES_128_CCM_8_SHA256: {
    id: 0x1305,
    name: 'TLS_AES_128_CCM_8_SHA256',
    hash: 'sha256',
    aead: 'aes-128-ccm-8',
    recordLimit: 2 ** 23,
  },
} as const satisfies Record<string, Omit<CipherSuite, 'name'> & { name: string }>

export type CcmCipherSuiteName = 'TLS_AES_128_CCM_SHA256' | 'TLS_AES_128_CCM_8_SHA256'

/** The suite with an id, if we know it. */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  const known: readonly CipherSuite[] = [
    ...Object.values(cipherSuites),
    ...Object.values(ccmCipherSuites),
  ]
  return known.find(suite => suite.id === id)
}
