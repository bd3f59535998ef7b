/** A client and a server over QUIC, joined without any loss: what one hands out, the other is given. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, SslContext } from '@biopair/ssl'
import {
  type CryptoLevel,
  type QuicEvent,
  type QuicOutcome,
  QuicTls,
  type QuicTlsOptions,
} from '@biopair/ssl/quic'
import { chainFor } from '../../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')

export const clientParameters = Uint8Array.of(1, 2, 3)
export const serverParameters = Uint8Array.of(4, 5)

export function clientContext(options: ContextOptions = {}): SslContext {
  const base = { crypto: nodeCrypto, ca: root.pem, groups: 'x25519', ALPNProtocols: ['h3'] }
  return new SslContext({ ...base, ...options })
}

export function serverContext(options: ContextOptions = {}): SslContext {
  const base = { crypto: nodeCrypto, cert: pem, key: keyPem, groups: 'x25519' }
  return new SslContext({ ...base, ALPNProtocols: ['h3'], ...options })
}

export function clientTls(context: SslContext, options: Partial<QuicTlsOptions> = {}): QuicTls {
  return new QuicTls(context, {
    ...{ role: 'client', servername: 'server.example', transportParameters: clientParameters },
    ...options,
  })
}

export function serverTls(context: SslContext, options: Partial<QuicTlsOptions> = {}): QuicTls {
  return new QuicTls(context, {
    ...{ role: 'server', transportParameters: serverParameters },
    ...options,
  })
}

export type SecretEvent = Extract<QuicEvent, { event: 'secret' }>

/** An end, and everything that it has handed out. */
export class End {
  readonly tls: QuicTls
  readonly events: QuicEvent[] = []
  outcome: QuicOutcome | undefined

  constructor(tls: QuicTls) {
    this.tls = tls
  }

  /** Takes the events; answers the bytes among them. */
  take(): Extract<QuicEvent, { event: 'crypto' }>[] {
    const taken: QuicEvent[] = []
    for (let event = this.tls.next(); event; event = this.tls.next()) taken.push(event)
    this.events.push(...taken)
    return taken.filter(event => event.event === 'crypto')
  }

  /** The secrets of one way as text, in the order in which they came. */
  secrets(direction: 'read' | 'write'): string[] {
    return this.events
      .filter((event): event is SecretEvent => event.event === 'secret')
      .filter(event => event.direction === direction)
      .map(({ level, suite, secret }) => `${level} ${suite.name} ${hex(secret)}`)
      .sort()
  }

  /** What came, by name. */
  get told(): string[] {
    return this.events.map(event => {
      if (event.event === 'secret') return `${event.direction} ${event.level}`
      if (event.event === 'crypto') return `crypto ${event.level}`
      return event.event === 'early_data' ? `early_data ${event.state}` : event.event
    })
  }

  get sessions(): Session[] {
    return this.events.flatMap(event => (event.event === 'ticket' ? [event.session] : []))
  }

  /** The bytes that were handed out for a level. */
  sent(level: CryptoLevel): Uint8Array {
    return Buffer.concat(
      this.events.flatMap(event =>
        event.event === 'crypto' && event.level === level ? [event.bytes] : [],
      ),
    )
  }
}

export interface Pair {
  readonly client: End
  readonly server: End
}

/** Lets both go on until neither has anything to say; `cut` is how many bytes are given at a time. */
export function join(clientTls: QuicTls, serverTls: QuicTls, cut = Number.MAX_SAFE_INTEGER): Pair {
  const client = new End(clientTls)
  const server = new End(serverTls)
  client.outcome = clientTls.advance()
  server.outcome = serverTls.advance()
  exchange({ client, server }, cut)
  return { client, server }
}

/** Goes on where both stand. */
export function exchange({ client, server }: Pair, cut = Number.MAX_SAFE_INTEGER): void {
  const give = (to: End, from: End) => {
    const taken = from.take()
    for (const { level, bytes } of taken)
      for (let at = 0; at < bytes.length; at += cut)
        to.outcome = to.tls.provide(level, bytes.subarray(at, at + cut))
    return taken.length > 0
  }
  for (let moved = true; moved; )
    moved = [give(server, client), give(client, server)].includes(true)
}

/** The same where callbacks promise their answers. */
export async function joinLater(clientTls: QuicTls, serverTls: QuicTls): Promise<Pair> {
  const pair = join(clientTls, serverTls)
  for (let rounds = 0; rounds < 100; rounds++) {
    const waiting = [pair.client, pair.server].filter(
      end => end.outcome !== undefined && 'ready' in end.outcome,
    )
    if (waiting.length === 0) return pair
    for (const end of waiting) {
      if (end.outcome && 'ready' in end.outcome) await end.outcome.ready
      end.outcome = end.tls.advance()
    }
    exchange(pair)
  }
  throw new Error('the handshake does not come to an end')
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
