/** The portable provider: @noble/ciphers, curves, hashes, post-quantum, and micro-rsa-dsa-dh; browsers and every runtime. */
import { randomBytes } from '@noble/hashes/utils.js'
import { aeads } from './noble-aead.ts'
import { groups } from './noble-groups.ts'
import { hashes } from './noble-hash.ts'
import { headerMasks } from './noble-header-masks.ts'
import { privateKey } from './noble-private-key.ts'
import { publicKey } from './noble-public-key.ts'
import type { CryptoProvider } from './provider.ts'

/**
 * Pure JavaScript. ChaCha20-Poly1305 is 3 to 4 times as fast here as AES-GCM, so it is offered first.
 * Nothing in JavaScript is constant time by contract: the @noble libraries aim at it, RSA signing (see `rsaPower`) and ML-DSA signing are not.
 * Ed25519 is verified with RFC 8032's cofactored equation; points of small order are refused.
 */
export const noble: CryptoProvider = {
  name: 'noble',
  randomBytes: length => {
    // The system gives at most 65536 bytes at a time.
    if (length <= 65536) return randomBytes(length)
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 65536)
      bytes.set(randomBytes(Math.min(65536, length - at)), at)
    return bytes
  },
  hashes,
  aeads,
  groups,
  headerMasks,
  prefer: {
    suites: ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'],
    groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
  },
  publicKey,
  privateKey,
}
