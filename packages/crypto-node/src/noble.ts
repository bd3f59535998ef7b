/**
 * The parts of @noble that this provider borrows, loaded when first used: they cost 30 to 90 ms at start-up (measured).
 * node:crypto has no ML-KEM and ML-DSA before 24 and no RFC 6979 in Node 20. `require` of an ES module is synchronous; it needs
 * Node 20.19, keeps what it loaded, and finds the same module that `import` does.
 */
import { createRequire } from 'node:module'
import type { CryptoProvider } from '@biopair/crypto'
import type { MlKem } from '@biopair/crypto/kit'

const require = createRequire(import.meta.url)

/** ML-KEM that loads its library with its first use. */
export const mlKem768 = later('mlKem768')
export const mlKem1024 = later('mlKem1024')

function later(name: 'mlKem768' | 'mlKem1024'): MlKem {
  const kem = () => (require('@biopair/crypto/ml-kem') as Record<typeof name, MlKem>)[name]
  return {
    keygen: seed => kem().keygen(seed),
    encapsulate: (publicKey, coins) => kem().encapsulate(publicKey, coins),
    decapsulate: (ciphertext, secretKey) => kem().decapsulate(ciphertext, secretKey),
  }
}

/** ML-DSA, private keys and verification. */
export function mlDsa(): typeof import('@biopair/crypto/ml-dsa') {
  return require('@biopair/crypto/ml-dsa')
}

/** The portable provider, for signatures whose every bit has to follow from a seed. */
export function noble(): CryptoProvider {
  return (require('@biopair/crypto/noble') as { noble: CryptoProvider }).noble
}
