/** How numbers and host names are written. */
import { ascii, type Bytes } from '@biopair/crypto'

/** A code point as the RFCs write it. */
export function hex(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`
}

/** ServerNameList with one host_name (RFC 6066 §3). */
export function serverNameList(name: string): {
  server_name_list: { name_type: 'host_name'; name: Bytes }[]
} {
  return { server_name_list: [{ name_type: 'host_name', name: ascii(name) }] }
}

/** Code points that a peer listed, for an error's words: ten at the most. */
export function listed(ids: readonly number[]): string {
  const shown = ids.slice(0, 10).map(hex).join(', ')
  return ids.length > 10 ? `${shown} and ${ids.length - 10} more` : shown || 'none'
}
