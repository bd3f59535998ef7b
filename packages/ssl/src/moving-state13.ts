/** A live connection of TLS 1.3, as bytes. */
import { type CryptoProvider, cipherSuiteById, wipe } from '@biopair/crypto'
import type { Connected } from '@biopair/handshake'
import {
  type Decoded,
  decode,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  type Writer,
} from '@biopair/wire'
import type { EarlyDataStatus } from './early-stream.ts'
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
import { check, maybe, number, only, some, truth } from './moving-text.ts'

/** Which version the bytes are of. */
export const version13 = 0x0304

const secret = opaque(32, 64)

const MovingState13 = struct({
  version: uint16,
  common: MovingCommon,
  tickets_allowed: uint8,
  awaiting_update: uint8,
  /** 0 for none, 1 for rejected, 2 for accepted. */
  early_data: uint8,
  read_secret: secret,
  /** Its key has sealed nothing: our numbers begin with 0. */
  write_secret: secret,
  exporter_secret: secret,
  resumption_secret: secret,
  tickets: uint32,
  tickets_due: maybe(uint32, 4),
})
type MovingState13 = Decoded<typeof MovingState13>

/** By their numbers; nobody moves while early data is offered. */
const earlyStatuses: readonly EarlyDataStatus[] = ['none', 'rejected', 'accepted']

export function write13(writer: Writer, moving: Moving, connected: Connected): void {
  MovingState13.write(writer, {
    version: version13,
    common: writeCommon(moving),
    tickets_allowed: number(connected.ticketsAllowed),
    awaiting_update: number(connected.awaitingUpdate),
    early_data: earlyStatuses.indexOf(moving.connection.early),
    read_secret: connected.readSecret,
    write_secret: connected.writeSecret,
    exporter_secret: connected.exporterSecret,
    resumption_secret: connected.resumptionSecret,
    tickets: connected.tickets,
    tickets_due: some(connected.ticketsDue),
  })
}

/** What `write13` wrote; throws for anything else, with its secrets wiped. */
export function read13(bytes: Uint8Array, crypto: CryptoProvider): Moving {
  const state = decode(MovingState13, bytes)
  try {
    return readState(state, crypto)
  } catch (error) {
    wipe(state.read_secret, state.write_secret, state.exporter_secret, state.resumption_secret)
    throw error
  }
}

function readState({ common, ...own }: MovingState13, crypto: CryptoProvider): Moving {
  const { read_secret, write_secret, exporter_secret, resumption_secret } = own
  const suite = suiteOf(
    cipherSuiteById(common.cipher_suite),
    ({ aead }) => crypto.aeads[aead] !== undefined,
  )
  const { length } = crypto.hashes[suite.hash]
  for (const secret of [read_secret, write_secret, exporter_secret, resumption_secret])
    check(secret.length === length)
  const early = earlyStatuses[own.early_data]
  check(early !== undefined)
  const { reached, ...progress } = readProgress(common)
  return {
    until: readUntil(common),
    connection: {
      ...progress,
      reached: { ...reached, writeSequence: { high: 0, low: 0 } },
      early,
      connected: {
        ...readAgreed(common),
        suite,
        readSecret: read_secret,
        writeSecret: write_secret,
        exporterSecret: exporter_secret,
        resumptionSecret: resumption_secret,
        ticketsAllowed: truth(own.tickets_allowed),
        tickets: own.tickets,
        ticketsDue: only(own.tickets_due),
        awaitingUpdate: truth(own.awaiting_update),
        owesUpdate: false,
        // A hash that is under way stays where it is: nobody is asked later.
        postHandshake: undefined,
      },
    },
    facts: readFacts(common),
  }
}
