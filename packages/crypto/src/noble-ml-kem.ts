/** ML-KEM-768 over @noble/post-quantum; a subpath of its own, so that a provider over another library can take it alone. */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import type { MlKem768 } from './hybrid.ts'

export const mlKem768: MlKem768 = {
  keygen: seed => ml_kem768.keygen(seed),
  encapsulate(publicKey, coins) {
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins)
      return { ciphertext: cipherText, secret: sharedSecret }
    } catch {
      // With the lengths right, the modulus check is all that throws.
      return undefined
    }
  },
  decapsulate: (ciphertext, secretKey) => ml_kem768.decapsulate(ciphertext, secretKey),
}
