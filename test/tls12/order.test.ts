/** TLS 1.2 messages dropped, repeated, swapped, and change_cipher_spec sent early (CVE-2014-0224): unexpected_message, or nothing. */
import { MemoryBio } from '@biopair/bio'
import {
  type ContextOptions,
  MemorySessionCache,
  type Session,
  Ssl,
  SslContext,
} from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { clientOptions, connectedEnds, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const ccs = Uint8Array.of(20, 3, 3, 0, 1, 1)

/** What one end said, in parts: each message that is in the clear in a record of its own. */
class Parts {
  #changed = false

  of(bytes: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = Buffer.from(bytes).readUInt16BE(at + 3)
      const record = bytes.slice(at, at + 5 + length)
      at += record.length
      if (record[0] === 20) this.#changed = true
      if (record[0] === 22 && !this.#changed) parts.push(...messages(record.subarray(5)))
      else parts.push(record)
    }
    return parts
  }
}

function messages(flight: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at < flight.length; ) {
    const length = 4 + Buffer.from(flight).readUIntBE(at + 1, 3)
    const header = Uint8Array.of(22, 3, 3, length >> 8, length)
    found.push(Buffer.concat([header, flight.subarray(at, at + length)]))
    at += length
  }
  return found
}

type Change = (parts: Uint8Array[], from: number) => Uint8Array[]

interface Met {
  readonly statuses: readonly [string, string]
  /** The alert that the hearing end has sent; or has heard, where what it did then was wrong in turn. */
  readonly alert: string | undefined
  /** Parts that the speaker has said. */
  readonly said: number
}

/** What is gone on with, and the server that knows it. */
interface Before {
  readonly session: Session
  readonly server: ContextOptions
}

/** Both shake hands; what the speaker says is changed on its way, part by part. */
function meet(
  speaker: 'client' | 'server',
  clientCertificate: boolean,
  change: Change,
  before?: Before,
): Met {
  const { pem, keyPem, root } = chainFor('p256')
  const older = { maxVersion: 'TLSv1.2', ca: root.pem, cert: pem, key: keyPem } as const
  const pipes = [new MemoryBio(), new MemoryBio()] as const
  const taps = [new MemoryBio(), new MemoryBio()] as const
  const client = new Ssl(new SslContext({ ...clientOptions, ...older }), {
    servername: 'server.example',
    session: before && { ...before.session },
  })
    .setBio(pipes[0], taps[0])
    .setConnectState()
  const server = new Ssl(
    new SslContext({
      ...serverOptions,
      ...older,
      requestCert: clientCertificate,
      ...before?.server,
    }),
  )
    .setBio(pipes[1], taps[1])
    .setAcceptState()
  const ends = [client, server] as const
  const parts = [new Parts(), new Parts()] as const
  const statuses: [string, string] = ['', '']
  let alert: string | undefined
  let said = 0
  for (let round = 0; round < 12; round++)
    for (const [i, name] of (['client', 'server'] as const).entries()) {
      const outcome = (ends[i] as Ssl).doHandshake()
      statuses[i] = outcome.status
      if (outcome.status === 'failed' && 'alert' in outcome.error && name !== speaker)
        alert ??= outcome.error.alert
      const tap = taps[i] as MemoryBio
      const bytes = new Uint8Array(tap.pending)
      if (bytes.length > 0) tap.read(bytes)
      const mine = (parts[i] as Parts).of(bytes)
      const out = name === speaker ? change(mine, said) : mine
      if (name === speaker) said += mine.length
      for (const part of out) (pipes[1 - i] as MemoryBio).write(part)
    }
  return { statuses, alert, said }
}

const same: Change = parts => parts

function check(
  t: ExecutionContext,
  speaker: 'client' | 'server',
  asks: boolean,
  before?: Before,
): void {
  const { said, statuses } = meet(speaker, asks, same, before)
  t.deepEqual(statuses, ['done', 'done'])
  const count = (change: (i: number) => Change, expected: (i: number) => string | undefined) => {
    for (let i = 0; i < said; i++) {
      const met = meet(speaker, asks, change(i), before)
      t.is(met.alert, expected(i), `part ${i}`)
      t.notDeepEqual(met.statuses, ['done', 'done'], `part ${i}`)
    }
  }
  const each =
    (i: number, put: (part: Uint8Array) => Uint8Array[]): Change =>
    (parts, from) =>
      parts.flatMap((part, j) => (from + j === i ? put(part) : [part]))
  const wrong = 'unexpected_message'
  // The last of a flight that is missing is waited for.
  const last = speaker === 'client' ? [0, said - 1] : before ? [said - 1] : [said - 3, said - 1]
  count(
    i => each(i, () => []),
    i => (last.includes(i) ? undefined : wrong),
  )
  // Of the last message nobody waits for a second one.
  for (let i = 0; i < said - 1; i++) {
    const met = meet(
      speaker,
      asks,
      each(i, part => [part, part]),
      before,
    )
    t.is(met.alert, wrong, `repeated ${i}`)
  }
  // change_cipher_spec before each part but the one that it is.
  for (let i = 0; i < said - 2; i++)
    t.is(
      meet(
        speaker,
        asks,
        each(i, part => [ccs, part]),
        before,
      ).alert,
      wrong,
      `early ${i}`,
    )
  // Two that stand in one flight.
  for (let i = 0; i < said - 1; i++) {
    const swap: Change = (parts, from) => {
      const at = i - from
      if (at < 0 || at + 1 >= parts.length) return parts
      const [a, b] = [parts[at] as Uint8Array, parts[at + 1] as Uint8Array]
      return parts.toSpliced(at, 2, b, a)
    }
    const { alert, statuses } = meet(speaker, asks, swap, before)
    if (statuses.every(status => status === 'done')) continue
    t.is(alert, wrong, `swapped ${i}`)
  }
}

for (const speaker of ['client', 'server'] as const)
  for (const asks of [false, true])
    test(`what a ${speaker} says out of order is unexpected_message${asks ? ', with a client certificate' : ''}`, t => {
      check(t, speaker, asks)
    })

const keepings = {
  'by id': { sessionCache: new MemorySessionCache(), numTickets: 1 },
  'by ticket': { ticketKeys: new Uint8Array(48).fill(5), numTickets: 1 },
} satisfies Record<string, ContextOptions>

for (const [how, server] of Object.entries(keepings))
  for (const speaker of ['client', 'server'] as const)
    test(`what a ${speaker} says out of order is unexpected_message where a session goes on ${how}`, t => {
      const older = { maxVersion: 'TLSv1.2' } as const
      const { session } = connectedEnds({ client: older, server: { ...older, ...server } }).client
      if (!session) throw new Error('no session')
      check(t, speaker, false, { session, server })
    })
