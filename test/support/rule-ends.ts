/** Our client or our server before a peer that says what it is told: where the tests of the numbered rules begin. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { RawExtension } from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import { ClientPeer } from './client-peer.ts'
import { chainFor } from './mint.ts'
import type { Peer } from './peer.ts'
import { identityOf } from './peer-identity.ts'
import { ServerPeer } from './server-peer.ts'

export const identity = identityOf('p256')
export const { pem, keyPem, root } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }

/** Our client, which has said its ClientHello, and the server that it speaks with. */
export function ourClient(options: ContextOptions = {}, servername?: string): ServerPeer {
  const context = new SslContext({ ...base, ca: root.pem, ...options })
  const peer = new ServerPeer(context, identity, servername)
  peer.step()
  return peer
}

/** Our server, which has heard nothing yet, and the client that it speaks with. */
export function ourServer(options: ContextOptions = {}): ClientPeer {
  const context = new SslContext({ ...base, cert: pem, key: keyPem, ...options })
  return new ClientPeer(context, identity)
}

export const roles = ['client', 'server'] as const

/** Our end after a whole handshake. */
export const connectedEnd: Readonly<
  Record<(typeof roles)[number], (options?: ContextOptions) => ServerPeer | ClientPeer>
> = {
  client: options => {
    const peer = ourClient(options)
    peer.connect()
    return peer
  },
  server: options => {
    const peer = ourServer(options)
    peer.connect()
    return peer
  },
}

/** Our end in the middle of a handshake, with keys on both sides: WAIT_EE, or WAIT_CERT. */
export const midwayEnd: Readonly<Record<(typeof roles)[number], () => Peer>> = {
  client: () => {
    const peer = ourClient()
    peer.sendServerHello()
    peer.step()
    return peer
  },
  server: () => {
    const peer = ourServer({ requestCert: true, ca: root.pem })
    peer.sendHello()
    peer.step()
    return peer
  },
}

/** The keys that an alert of our end travels under in the middle of a handshake. */
export const midwayKeys = { client: 'handshake', server: 'application' } as const

/** An extension with data as it is. */
export function raw(extension_type: number, ...data: number[]): RawExtension {
  return { extension_type, extension_data: Uint8Array.from(data) }
}
