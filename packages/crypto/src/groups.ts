/** The named groups, one row each (RFC 9846 §4.3.7, RFC 10024). */

export interface GroupRow {
  readonly id: number
  readonly name: GroupName
}

export const groups = {
  X25519MLKEM768: { id: 0x11ec, name: 'X25519MLKEM768' },
  x25519: { id: 0x001d, name: 'x25519' },
  secp256r1: { id: 0x0017, name: 'secp256r1' },
  secp384r1: { id: 0x0018, name: 'secp384r1' },
  secp521r1: { id: 0x0019, name: 'secp521r1' },
} as const satisfies Record<string, { id: number; name: string }>

export type GroupName = 'X25519MLKEM768' | 'x25519' | 'secp256r1' | 'secp384r1' | 'secp521r1'

/** The group with an id, if we know it. */
export function groupById(id: number): GroupRow | undefined {
  return Object.values<GroupRow>(groups).find(group => group.id === id)
}
