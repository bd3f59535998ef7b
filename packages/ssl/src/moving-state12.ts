/** A live connection of TLS 1.2, as bytes: its keys follow from the master secret, and our numbers go on. */
import { type CryptoProvider, cipherSuite12ById, wipe } from '@biopair/crypto'
import type { Connected12 } from '@biopair/handshake'
import {
  type Decoded,
  decode,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  type Writer,
} from '@biopair/wire'
import {
  type Moving,
  MovingCommon,
  readAgreed,
  readFacts,
  readProgress,
  readUntil,
  suiteOf,
  writeCommon,
} from './moving-common.ts'
import { number, truth } from './moving-text.ts'

/** Which version the bytes are of. */
export const version12 = 0x0303

const MovingState12 = struct({
  version: uint16,
  common: MovingCommon,
  master_secret: fixed(48),
  client_random: fixed(32),
  server_random: fixed(32),
  extended_master_secret: uint8,
  session_id: opaque(0, 32),
  /** verify_data: tls-unique. */
  first_finished: fixed(12),
  /** TLS 1.2 has no other key to go on with. */
  write_sequence_high: uint32,
  write_sequence_low: uint32,
})
type MovingState12 = Decoded<typeof MovingState12>

export function write12(writer: Writer, moving: Moving, connected: Connected12): void {
  const { writeSequence } = moving.connection.reached
  MovingState12.write(writer, {
    version: version12,
    common: writeCommon(moving),
    master_secret: connected.masterSecret,
    client_random: connected.randoms.client,
    server_random: connected.randoms.server,
    extended_master_secret: number(connected.extendedMasterSecret),
    session_id: connected.sessionId,
    first_finished: connected.firstFinished,
    write_sequence_high: writeSequence.high,
    write_sequence_low: writeSequence.low,
  })
}

/** What `write12` wrote; throws for anything else, with its secret wiped. */
export function read12(bytes: Uint8Array, crypto: CryptoProvider): Moving {
  const state = decode(MovingState12, bytes)
  try {
    return readState(state, crypto)
  } catch (error) {
    wipe(state.master_secret)
    throw error
  }
}

function readState({ common, ...own }: MovingState12, crypto: CryptoProvider): Moving {
  const suite = suiteOf(
    cipherSuite12ById(common.cipher_suite),
    ({ aead }) => crypto.aeads[aead] !== undefined,
  )
  const { reached, ...progress } = readProgress(common)
  const writeSequence = { high: own.write_sequence_high, low: own.write_sequence_low }
  return {
    until: readUntil(common),
    connection: {
      ...progress,
      reached: { ...reached, writeSequence },
      early: 'none',
      connected: {
        ...readAgreed(common),
        version: 'TLSv1.2',
        suite,
        masterSecret: own.master_secret,
        randoms: { client: own.client_random, server: own.server_random },
        extendedMasterSecret: truth(own.extended_master_secret),
        sessionId: own.session_id,
        firstFinished: own.first_finished,
      },
    },
    facts: readFacts(common),
  }
}
