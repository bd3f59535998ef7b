/** What a ticket of QUIC is good for: a version, and for early data a context (RFC 9369 §5; RFC 9001 §4.6.3). */
import { type CryptoProvider, concat, equal } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { QuicVersion } from './version.ts'

/** As it stands in a ticket. `context` is whatever decides what early data means: settings of the application, limits of the transport. */
export function quicBinding(
  crypto: Pick<CryptoProvider, 'hashes'>,
  version: QuicVersion,
  context: Uint8Array,
): Bytes {
  return concat(Uint8Array.of(version), crypto.hashes.sha256.digest(context))
}

/** Whether a ticket is of this carrier: of this version of QUIC, or over records where there is none. */
export function goesWith(ticket: Uint8Array, ours: Uint8Array | undefined): boolean {
  return ticket[0] === ours?.[0]
}

/** Whether early data under a ticket means what it meant when it was issued. */
export function sameBinding(ticket: Uint8Array, ours: Uint8Array | undefined): boolean {
  return equal(ticket, ours ?? new Uint8Array(0))
}
