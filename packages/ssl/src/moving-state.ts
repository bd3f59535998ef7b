/** What a live connection is made of, as bytes: the plaintext of an export, secrets included. */
import type { CryptoProvider } from '@biopair/crypto'
import { is12 } from '@biopair/handshake'
import { type Bytes, Reader, Writer } from '@biopair/wire'
import type { Moving } from './moving-common.ts'
import { read12, version12, write12 } from './moving-state12.ts'
import { read13, version13, write13 } from './moving-state13.ts'
import { check } from './moving-text.ts'

/** Everything in a state but certificates, an identity and the part of a record. */
const usual = 16_384

/** The bytes of a connection. They are secrets, the caller's to wipe. */
export function writeMoving(moving: Moving): Bytes {
  const { connection, facts } = moving
  const { connected, part } = connection
  const path = facts.verdict?.path.map(({ raw }) => raw) ?? []
  const room = [
    ...connected.peerChain,
    ...path,
    connected.peerShown.delegated ?? [],
    facts.ownLeaf ?? [],
    facts.pskIdentity ?? [],
    part,
  ]
  // Reserved at once: a buffer that grows leaves copies of secrets behind.
  const writer = new Writer(room.reduce((sum, { length }) => sum + length + 3, usual))
  if (is12(connected)) write12(writer, moving, connected)
  else write13(writer, moving, connected)
  const bytes = writer.finish()
  writer.wipe()
  return bytes
}

/** What `writeMoving` wrote; throws for anything else. Its secrets are copies, the caller's. */
export function readMoving(bytes: Uint8Array, crypto: CryptoProvider): Moving {
  const version = new Reader(bytes).uint16()
  check(version === version12 || version === version13)
  return version === version12 ? read12(bytes, crypto) : read13(bytes, crypto)
}
