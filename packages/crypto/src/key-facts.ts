/** What is to be known of keys as plain data: whether two public ones are one, and what of a private one is secret. */
import { equal } from './bytes.ts'
import type { PrivateKeyMaterial, PublicKeyMaterial } from './keys.ts'

/** Whether two public keys are of one kind and of the same numbers. What an RSA key is restricted to is not compared. */
export function sameKey(a: PublicKeyMaterial, b: PublicKeyMaterial): boolean {
  if (a.kind === 'ec' && b.kind === 'ec') return a.curve === b.curve && equal(a.point, b.point)
  if (a.kind === 'ed25519' && b.kind === 'ed25519') return equal(a.key, b.key)
  if (a.kind === 'ml-dsa' && b.kind === 'ml-dsa') return a.set === b.set && equal(a.key, b.key)
  return a.kind === 'rsa' && b.kind === 'rsa' && equal(a.n, b.n) && equal(a.e, b.e)
}

/** What is to be wiped of a key; the numbers of an RSA public key stay with who took them. */
export function secretsOf(material: PrivateKeyMaterial): readonly (Uint8Array | undefined)[] {
  switch (material.kind) {
    case 'ec':
      return [material.d]
    case 'ed25519':
      return [material.seed]
    case 'ml-dsa':
      return [material.seed, material.expanded]
    case 'rsa': {
      const { d, p, q, dp, dq, qi } = material
      return [d, p, q, dp, dq, qi]
    }
  }
}
