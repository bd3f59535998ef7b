/** Ends of QUIC that the client and server targets have beside those over records, and what they say to each other. */
import type { Bytes } from '@biopair/crypto'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import { type QuicEvent, QuicTls, type QuicTlsOptions } from '@biopair/ssl/quic'
import { Minter } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { RewindingRandom } from './rewinding-random.ts'
import { common, fuzzTime } from './scenarios.ts'
import { streamOf } from './wire-records.ts'

/** Makes the same end again and again. */
export interface QuicEnd {
  readonly name: string
  readonly role: 'client' | 'server'
  quic(): QuicTls
}

/** Two ends, and what each hears of the other: CRYPTO bytes, as records whose version says the level. */
export interface QuicScenario {
  readonly client: QuicEnd
  readonly server: QuicEnd
  readonly heard: Readonly<Record<'client' | 'server', Bytes>>
}

export const levels = ['initial', 'handshake', 'application'] as const

type Session = NonNullable<QuicTlsOptions['session']>

/** A full handshake, one with a retry and a client certificate, and one that resumes with early data. */
export function quicScenarios(): readonly QuicScenario[] {
  const minter = new Minter({ time: fuzzTime, random: seededRandom('quic') })
  const root = minter.root({ key: 'ed25519' })
  const leaf = minter.leaf(root, { key: 'ed25519' })
  const own = { cert: leaf.pem, key: leaf.key.pem() }
  const tickets = { ticketKeys: new Uint8Array(48).fill(7), maxEarlyData: 1 }
  const believes = { ca: root.pem }
  const server = quicEnd('server', 'plain', {
    ...own,
    ...tickets,
    replayStore: { claim: () => true },
  })
  const plain = scenario(quicEnd('client', 'plain', believes), server)
  const asked = scenario(
    quicEnd('client', 'asked', { ...believes, ...own, keyShares: 'x25519' }),
    quicEnd('server', 'asked', { ...own, ...believes, requestCert: true, groups: 'secp256r1' }),
  )
  const options = { session: plain.session as Session, reuseSession: true, earlyData: true }
  return [plain, asked, scenario(quicEnd('client', 'early', believes, options), server)]
}

function quicEnd(
  role: 'client' | 'server',
  name: string,
  options: ContextOptions,
  more: Partial<QuicTlsOptions> = {},
): QuicEnd {
  const random = new RewindingRandom(role === 'client' ? 1 : 2)
  const context = new SslContext({ ...common, ...options, random: random.draw })
  const servername = role === 'client' ? { servername: 'server.example' } : {}
  return {
    name: `${role} quic ${name}`,
    role,
    quic() {
      random.rewind()
      const transportParameters = Uint8Array.of(1, 2, 0x40, 0x64)
      return new QuicTls(context, { role, transportParameters, ...servername, ...more })
    },
  }
}

function scenario(
  client: QuicEnd,
  server: QuicEnd,
): QuicScenario & { readonly session: Session | undefined } {
  const [near, far] = [client.quic(), server.quic()]
  const said = { client: [] as QuicEvent[], server: [] as QuicEvent[] }
  let session: Session | undefined
  const carry = (from: QuicTls, to: QuicTls, list: QuicEvent[]): boolean => {
    let moved = false
    for (let event = from.next(); event; event = from.next()) {
      if (event.event === 'ticket') session ??= event.session
      if (event.event !== 'crypto') continue
      list.push(event)
      to.provide(event.level, event.bytes)
      moved = true
    }
    return moved
  }
  near.advance()
  while (carry(near, far, said.server) || carry(far, near, said.client));
  if (!near.complete || !far.complete) throw new Error(`${client.name}: no end`)
  const heard = { client: recorded(said.client), server: recorded(said.server) }
  return { client, server, heard, session }
}

function recorded(events: readonly QuicEvent[]): Bytes {
  const records = events.flatMap(event => {
    if (event.event !== 'crypto') return []
    const version = 0x0300 + levels.indexOf(event.level)
    return [{ type: 22, version, content: event.bytes, sealed: 'no' as const, padding: 0 }]
  })
  return streamOf(records, new Uint8Array(0))
}
