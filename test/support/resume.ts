/** Two connections after each other: one that leaves a session behind, and one that may go on with it. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, Ssl, SslContext, type SslOptions } from '@biopair/ssl'
import { chainFor } from './mint.ts'

const { pem, keyPem, root } = chainFor('p256')

/** A clock that stands where it is put. */
export class Clock {
  time = Date.UTC(2026, 6, 1)
  readonly now = (): number => this.time

  pass(milliseconds: number): void {
    this.time += milliseconds
  }
}

export const clock = new Clock()
export const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]

export function clientContext(options: ContextOptions = {}): SslContext {
  const base = { crypto: nodeCrypto, ca: root.pem, groups: 'x25519', now: clock.now }
  return new SslContext({ ...base, ...options })
}

export function serverContext(options: ContextOptions = {}): SslContext {
  const base = { crypto: nodeCrypto, cert: pem, key: keyPem, groups: 'x25519', now: clock.now }
  return new SslContext({ ...base, ...options })
}

export interface Visit {
  readonly client: Ssl
  readonly server: Ssl
  /** How the ends stand after the handshake and a read of each. */
  readonly statuses: readonly string[]
}

/** Lets both shake hands and read what follows; ends that wait for a promise wait here. */
export async function visit(
  client: SslContext,
  server: SslContext,
  options: SslOptions = {},
): Promise<Visit> {
  const [near, far] = bioPair()
  const ends = [
    new Ssl(client, { servername: 'server.example', ...options }).setBio(near).setConnectState(),
    new Ssl(server).setBio(far).setAcceptState(),
  ] as const
  const into = new Uint8Array(10)
  let statuses: string[] = []
  for (let round = 0; round < 40; round++) {
    statuses = []
    for (const end of ends) {
      const outcome = end.read(into)
      if ('ready' in outcome) await outcome.ready
      statuses.push(outcome.status)
    }
    if (round > 3 && statuses.every(status => status === 'want_read' || status === 'failed')) break
  }
  return { client: ends[0], server: ends[1], statuses }
}

/** The session that a visit leaves behind. */
export async function sessionOf(
  client: SslContext,
  server: SslContext,
  options: SslOptions = {},
): Promise<Session> {
  const { client: end } = await visit(client, server, options)
  if (!end.session) throw new Error('no ticket came')
  return end.session
}
