/** What else a cipher suite says of itself: its strength, and the version that has it. */
import type { AnyCipherSuite } from '@biopair/crypto'
import type { SSL } from './ssl.ts'
import { SSL_get_current_cipher } from './ssl-info.ts'

const keyBits: Readonly<Record<AnyCipherSuite['aead'], number>> = {
  'aes-128-gcm': 128,
  'aes-256-gcm': 256,
  'chacha20-poly1305': 256,
  'aes-128-ccm': 128,
  'aes-128-ccm-8': 128,
}

/**
 * Bits of strength: those of its key, or 64 where the tag is as short as that; 0 for no suite.
 * @param alg_bits its `value` is set to the bits of the key
 */
export function SSL_CIPHER_get_bits(
  cipher: AnyCipherSuite | null,
  alg_bits?: { value: number } | null,
): number {
  const bits = cipher ? keyBits[cipher.aead] : 0
  if (alg_bits && cipher) alg_bits.value = bits
  return cipher?.aead === 'aes-128-ccm-8' ? 64 : bits
}

/** The first version that has it: `TLSv1.3` or `TLSv1.2`; `(NONE)` for no suite. */
export function SSL_CIPHER_get_version(cipher: AnyCipherSuite | null): string {
  if (!cipher) return '(NONE)'
  return 'alias' in cipher ? 'TLSv1.2' : 'TLSv1.3'
}

/** A macro in C, for SSL_CIPHER_get_bits of the suite that was agreed on. */
export function SSL_get_cipher_bits(ssl: SSL, alg_bits?: { value: number } | null): number {
  return SSL_CIPHER_get_bits(SSL_get_current_cipher(ssl), alg_bits)
}

/** A macro in C, for SSL_CIPHER_get_version of the suite that was agreed on. */
export function SSL_get_cipher_version(ssl: SSL): string {
  return SSL_CIPHER_get_version(SSL_get_current_cipher(ssl))
}
