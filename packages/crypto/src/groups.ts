/** The named groups, one row each (RFC 9846 §4.3.7, RFC 10024). */

export interface GroupRow {
  readonly id: number
  readonly name: AnyGroupName
}

export const groups = {
  X25519MLKEM768: { id: 0x11ec, name: 'X25519MLKEM768' },
  x25519: { id: 0x001d, name: 'x25519' },
  secp256r1: { id: 0x0017, name: 'secp256r1' },
  secp384r1: { id: 0x0018, name: 'secp384r1' },
  secp521r1: { id: 0x0019, name: 'secp521r1' },
} as const satisfies Record<string, { id: number; name: string }>

export type GroupName = 'X25519MLKEM768' | 'x25519' | 'secp256r1' | 'secp384r1' | 'secp521r1'

/** Groups that are never offered unless asked for; a provider may have them or not. */
export const moreGroups = {
  SecP256r1MLKEM768: { id: 0x11eb, name: 'SecP256r1MLKEM768' },
  SecP384r1MLKEM1024: { id: 0x11ed, name: 'SecP384r1MLKEM1024' },
  x448: { id: 0x001e, name: 'x448' },
  ffdhe2048: { id: 0x0100, name: 'ffdhe2048' },
  ffdhe3072: { id: 0x0101, name: 'ffdhe3072' },
} as const satisfies Record<string, { id: number; name: string }>

export type MoreGroupName =
  | 'SecP256r1MLKEM768'
  | 'SecP384r1MLKEM1024'
  | 'x448'
  | 'ffdhe2048'
  | 'ffdhe3072'

export type AnyGroupName = GroupName | MoreGroupName

/** The group with an id, if we know it. */
export function groupById(id: number): GroupRow | undefined {
  const known: readonly GroupRow[] = [...Object.values(groups), ...Object.values(moreGroups)]
  return known.find(group => group.id === id)
}
