/** QUIC's header protection over node:crypto (RFC 9001 §5.4). */
import { createCipheriv } from 'node:crypto'
import type { AeadName, CcmName, HeaderMask } from '@biopair/crypto'

/** A block of AES in ECB mode. */
function aes(name: 'aes-128-ecb' | 'aes-256-ecb'): HeaderMask {
  return (key, sample) =>
    Uint8Array.from(createCipheriv(name, key, null).update(sample).subarray(0, 5))
}

/** OpenSSL's IV is what QUIC samples: the block counter, little-endian, and the nonce. */
function chacha(key: Uint8Array, sample: Uint8Array) {
  return Uint8Array.from(createCipheriv('chacha20', key, sample).update(new Uint8Array(5)))
}

export const headerMasks: Readonly<Partial<Record<AeadName | CcmName, HeaderMask>>> = {
  'aes-128-gcm': aes('aes-128-ecb'),
  'aes-256-gcm': aes('aes-256-ecb'),
  'chacha20-poly1305': chacha,
  'aes-128-ccm': aes('aes-128-ecb'),
}
