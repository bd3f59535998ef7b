/** Lists of ALPN protocols as C passes them: each name behind a byte with its length (RFC 7301 §3.1). */
import type { Bytes } from '@biopair/wire'
import { OPENSSL_NPN_NEGOTIATED, OPENSSL_NPN_NO_OVERLAP } from './constants.ts'

/** A list from names of latin-1 characters. */
export function protocolList(names: readonly string[]): Bytes {
  const bytes = names.flatMap(name => [name.length, ...Array.from(name, c => c.charCodeAt(0))])
  return Uint8Array.from(bytes)
}

/** The names of a list, as latin-1 characters; undefined for a list that is no list. */
export function protocolNames(list: Uint8Array): string[] | undefined {
  const names: string[] = []
  for (let at = 0; at < list.length; ) {
    const length = list[at] as number
    const name = list.subarray(at + 1, at + 1 + length)
    if (length === 0 || name.length < length) return undefined
    names.push(String.fromCharCode(...name))
    at += 1 + length
  }
  return names
}

/**
 * `[OPENSSL_NPN_NEGOTIATED, protocol]`: the first of the server's that the client has. `[OPENSSL_NPN_NO_OVERLAP, nothing]` where
 * there is none (SSL_select_next_proto(3); OpenSSL then passes out a protocol that must not be used).
 */
export function SSL_select_next_proto(
  server: Uint8Array,
  client: Uint8Array,
): [result: number, protocol: Bytes] {
  const theirs = protocolNames(client)
  const shared = protocolNames(server)?.find(name => theirs?.includes(name))
  if (shared === undefined) return [OPENSSL_NPN_NO_OVERLAP, new Uint8Array(0)]
  return [OPENSSL_NPN_NEGOTIATED, protocolList([shared]).slice(1)]
}
