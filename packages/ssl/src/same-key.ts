/** Whether two public keys are one. */
import { equal, type PublicKeyMaterial } from '@biopair/crypto'

/** Of one kind, and of the same numbers. */
export function sameKey(a: PublicKeyMaterial, b: PublicKeyMaterial): boolean {
  if (a.kind === 'ec' && b.kind === 'ec') return a.curve === b.curve && equal(a.point, b.point)
  if (a.kind === 'ed25519' && b.kind === 'ed25519') return equal(a.key, b.key)
  if (a.kind === 'ml-dsa' && b.kind === 'ml-dsa') return a.set === b.set && equal(a.key, b.key)
  return a.kind === 'rsa' && b.kind === 'rsa' && equal(a.n, b.n) && equal(a.e, b.e)
}
