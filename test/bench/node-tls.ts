/** node:tls over an in-memory pair of Duplex streams: what we stand beside. */
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type { Chain } from '../support/mint.ts'
import { serverName } from './ours.ts'

export interface NodeContexts {
  readonly client: SecureContext
  readonly server: SecureContext
}

export interface NodePair {
  readonly client: TLSSocket
  readonly server: TLSSocket
}

/** TLS 1.3 with AES-128-GCM and X25519; secure contexts made once. */
export function nodeContexts(chain: Chain): NodeContexts {
  const both = {
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ecdhCurve: 'X25519',
  } as const
  return {
    client: createSecureContext({ ...both, ca: chain.root.pem }),
    server: createSecureContext({ ...both, cert: chain.pem, key: chain.keyPem }),
  }
}

/** A full handshake; the chain and the name are checked. */
export async function nodeHandshake(contexts: NodeContexts): Promise<NodePair> {
  const [near, far] = duplexPair()
  const server = new TLSSocket(far, { isServer: true, secureContext: contexts.server })
  const client = connect({
    socket: near,
    secureContext: contexts.client,
    servername: serverName,
  })
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')])
  if (!client.authorized) throw client.authorizationError
  return { client, server }
}

/** Sends `total` bytes from the client to the server in writes of one size, as fast as backpressure lets. */
export async function nodeBurst(
  { client, server }: NodePair,
  chunk: Uint8Array,
  total: number,
): Promise<void> {
  const arrived = new Promise<void>(resolve => {
    let received = 0
    const count = (data: Buffer) => {
      received += data.length
      if (received < total) return
      server.off('data', count)
      resolve()
    }
    server.on('data', count)
  })
  for (let sent = 0; sent < total; sent += chunk.length)
    if (!client.write(chunk)) await once(client, 'drain')
  await arrived
}

/** Sends messages there and back, `times` in a row. */
export function nodePingPong(
  { client, server }: NodePair,
  message: Uint8Array,
  times: number,
): Promise<void> {
  return new Promise(resolve => {
    let left = times
    const echo = (data: Buffer) => void server.write(data)
    const again = () => {
      if (--left > 0) {
        client.write(message)
        return
      }
      server.off('data', echo)
      client.off('data', again)
      resolve()
    }
    server.on('data', echo)
    client.on('data', again)
    client.write(message)
  })
}

/** Ends a connection without ceremony. */
export function drop({ client, server }: NodePair): void {
  client.destroy()
  server.destroy()
}

class Half extends Duplex {
  other: Half | undefined
  #taken: (() => void) | undefined

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const other = this.other as Half
    if (chunk.length === 0) process.nextTick(done)
    else {
      other.push(chunk)
      other.#taken = done
    }
  }

  override _final(done: () => void): void {
    this.other?.push(null)
    done()
  }
}

export function duplexPair(): [Half, Half] {
  const near = new Half()
  const far = new Half()
  near.other = far
  far.other = near
  return [near, far]
}
