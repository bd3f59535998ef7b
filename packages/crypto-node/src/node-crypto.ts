/** The provider over node:crypto. */
import type { CryptoProvider } from '@biopair/crypto'
import { aeads } from './aead.ts'
import { groups } from './groups.ts'
import { hashes } from './hash.ts'
import { headerMasks } from './header-masks.ts'
import { privateKey } from './private-key.ts'
import { publicKey } from './public-key.ts'
import { randomBytes } from './random.ts'

/**
 * OpenSSL's primitives as Node has them: 20 to 40 times as fast as JavaScript, and made to be constant time.
 * Ed25519 is verified without the cofactor, so a signature made to have a part of small order may be refused here and taken by
 * `noble`; RFC 8032 §5.1.7 allows both, and no honest signer makes one. `wipe` drops OpenSSL's keys, which wipes them in time.
 * ML-KEM and ML-DSA come from @noble/post-quantum, loaded with their first use; they are as fast, and as little constant time, as there. With the same `Random`, every byte is the same as `noble`'s.
 */
export const nodeCrypto: CryptoProvider = {
  name: 'node:crypto',
  randomBytes,
  hashes,
  aeads,
  groups,
  headerMasks,
  prefer: {
    suites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
  },
  publicKey,
  privateKey,
}
