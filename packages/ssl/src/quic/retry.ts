/** The Retry Integrity Tag (RFC 9001 §5.8; RFC 9369 §3.3.3). */
import { type CryptoProvider, concat } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { misuse } from '../misuse.ts'
import { type QuicVersion, unhex, versionRow } from './version.ts'

/**
 * The 16 bytes at the end of a Retry packet. It keeps accidents out, and whoever has not seen the client's first packet.
 * @param originalDestinationConnectionId of the Initial packet that is answered; at most 20 bytes
 * @param retry the packet without its tag
 */
export function retryIntegrityTag(
  crypto: Pick<CryptoProvider, 'aeads'>,
  originalDestinationConnectionId: Uint8Array,
  retry: Uint8Array,
  version: QuicVersion = 1,
): Bytes {
  const { length } = originalDestinationConnectionId
  if (length > 20)
    throw misuse('ERR_INVALID_ARG_VALUE', `expected a connection ID of 20 bytes, got ${length}`)
  const { retryKey, retryNonce } = versionRow(version)
  const pseudoPacket = concat(Uint8Array.of(length), originalDestinationConnectionId, retry)
  const tag = new Uint8Array(16)
  const key = crypto.aeads['aes-128-gcm'].key(unhex(retryKey))
  key.seal(unhex(retryNonce), pseudoPacket, new Uint8Array(16), 0, tag)
  key.wipe()
  return tag
}
