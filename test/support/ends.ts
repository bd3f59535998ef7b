/** A client and a server over a BIO pair, for tests of what calls answer. */
import { type Bio, bioPair, type PairBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, Ssl, SslContext } from '@biopair/ssl'
import { chainFor } from './mint.ts'

export interface Ends {
  readonly client: Ssl
  readonly server: Ssl
  /** The client's half of the pair, and the server's. */
  readonly near: PairBio
  readonly far: PairBio
}

export interface EndsOptions {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  /** Bytes from the client to the server, and back. */
  readonly rings?: readonly [number, number]
  /** Puts something between the client and its half of the pair. */
  readonly wrap?: (near: Bio) => Bio
  /** What the client offers to resume. */
  readonly session?: Session | Uint8Array | undefined
}

/** Options with which both ends agree. */
export const clientOptions: ContextOptions = {
  ca: chainFor('p256').root.pem,
  crypto: nodeCrypto,
  groups: 'x25519',
}
export const serverOptions: ContextOptions = {
  cert: chainFor('p256').pem,
  key: chainFor('p256').keyPem,
  crypto: nodeCrypto,
  numTickets: 0,
}

export function ends(options: EndsOptions = {}): Ends {
  const [near, far] = bioPair(...(options.rings ?? []))
  const client = new Ssl(new SslContext({ ...clientOptions, ...options.client }), {
    servername: 'server.example',
    session: options.session,
  })
    .setBio(options.wrap?.(near) ?? near)
    .setConnectState()
  const server = new Ssl(new SslContext({ ...serverOptions, ...options.server }))
    .setBio(far)
    .setAcceptState()
  return { client, server, near, far }
}

/** Ends that have shaken hands. */
export function connectedEnds(options: EndsOptions = {}): Ends {
  const made = ends(options)
  shake(made)
  return made
}

/** Lets both shake hands; throws where they do not come to an end. */
export function shake({ client, server }: Pick<Ends, 'client' | 'server'>): void {
  for (let i = 0; i < 100_000; i++) {
    const statuses = [client.doHandshake().status, server.doHandshake().status]
    if (statuses.every(status => status === 'done')) return
    if (statuses.includes('failed')) throw new Error(statuses.join())
  }
  throw new Error('the handshake does not come to an end')
}

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** Everything that can be read now, and what stopped it. */
export function readAll(end: Ssl): { text: string; status: string } {
  const into = new Uint8Array(1000)
  let text = ''
  for (;;) {
    const read = end.read(into)
    if (read.status !== 'done') return { text, status: read.status }
    text += Buffer.from(into.subarray(0, read.bytes)).toString()
  }
}
