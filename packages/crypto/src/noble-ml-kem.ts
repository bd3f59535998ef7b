/** ML-KEM over @noble/post-quantum; a subpath of its own, so that a provider over another library can take it alone. */
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import type { MlKem } from './hybrid.ts'

export const mlKem768: MlKem = over(ml_kem768)
export const mlKem1024: MlKem = over(ml_kem1024)

function over(kem: typeof ml_kem768): MlKem {
  return {
    keygen: seed => kem.keygen(seed),
    encapsulate(publicKey, coins) {
      try {
        const { cipherText, sharedSecret } = kem.encapsulate(publicKey, coins)
        return { ciphertext: cipherText, secret: sharedSecret }
      } catch {
        // With the lengths right, the modulus check is all that throws.
        return undefined
      }
    },
    decapsulate: (ciphertext, secretKey) => kem.decapsulate(ciphertext, secretKey),
  }
}
