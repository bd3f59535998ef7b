/** Which groups TLS 1.2 has: curves alone (RFC 8422 §5.1.1). */
import type { Group } from '@biopair/crypto'

const curves: readonly string[] = ['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1']

/** The curves among groups, in their order. */
export function curvesOf(groups: readonly Group[]): readonly Group[] {
  return groups.filter(({ name }) => curves.includes(name))
}
