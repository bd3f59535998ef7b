/** Names of extensions that have no row: a trace may still name them. */

/** By id: what the registry has beyond our rows, of TLS 1.2 and of RFC 9846 section 4.3. */
export const otherNames: ReadonlyMap<number, string> = new Map([
  [14, 'use_srtp'],
  [15, 'heartbeat'],
  [17, 'status_request_v2'],
  [22, 'encrypt_then_mac'],
  [39, 'supported_ekt_ciphers'],
  [52, 'transparency_info'],
  [55, 'external_id_hash'],
  [56, 'external_session_id'],
  [0xfd00, 'ech_outer_extensions'],
  [0xfe0d, 'encrypted_client_hello'],
])

/** Values that mean nothing and must be ignored where they are offered (RFC 8701): 0x0a0a, 0x1a1a, ... */
export function isGrease(id: number): boolean {
  return (id & 0x0f0f) === 0x0a0a && id >> 8 === (id & 0xff)
}
