/** Our two ends over a BIO pair: what is measured. */
import { bioPair } from '@biopair/bio'
import type { CipherSuiteName, CryptoProvider } from '@biopair/crypto'
import { Ssl, SslContext } from '@biopair/ssl'
import type { Chain } from '../support/mint.ts'

/** The contexts of both ends; made once, as a program would. */
export interface Contexts {
  readonly client: SslContext
  readonly server: SslContext
}

/** An established connection. */
export interface Pair {
  readonly client: Ssl
  readonly server: Ssl
}

export const serverName = 'server.example'

const into = new Uint8Array(16_384)

/** Contexts for one suite, X25519, and a chain of which the root is trusted; everything else as it comes. */
export function contexts(crypto: CryptoProvider, chain: Chain, suite: CipherSuiteName): Contexts {
  const both = { crypto, ciphers: suite, groups: 'x25519' }
  return {
    client: new SslContext({ ...both, ca: chain.root.pem }),
    server: new SslContext({ ...both, cert: chain.pem, key: chain.keyPem }),
  }
}

/** A full handshake; the client also reads the tickets. */
export function handshake({ client, server }: Contexts): Pair {
  const [near, far] = bioPair()
  const pair = {
    client: new Ssl(client, { servername: serverName }).setBio(near).setConnectState(),
    server: new Ssl(server).setBio(far).setAcceptState(),
  }
  for (let turn = 0; turn < 8; turn++) {
    const here = pair.client.doHandshake()
    const there = pair.server.doHandshake()
    if (here.status === 'failed') throw here.error
    if (there.status === 'failed') throw there.error
    if (here.status !== 'done' || there.status !== 'done') continue
    expect(pair.client.read(into).status, 'want_read')
    return pair
  }
  throw new Error('the handshake does not end')
}

/** Sends `total` bytes from the client to the server in writes of one size. */
export function burst({ client, server }: Pair, chunk: Uint8Array, total: number): void {
  let received = 0
  for (let sent = 0; sent < total || received < total; ) {
    if (sent < total) {
      const wrote = client.write(chunk)
      if (wrote.status === 'done') {
        expect(wrote.bytes, chunk.length)
        sent += wrote.bytes
        continue
      }
      expect(wrote.status, 'want_write')
    }
    for (;;) {
      const read = server.read(into)
      if (read.status !== 'done') {
        expect(read.status, 'want_read')
        break
      }
      received += read.bytes
    }
    client.flush()
  }
}

/** Sends a message there and back. */
export function pingPong({ client, server }: Pair, message: Uint8Array): void {
  client.write(message)
  expect(bytesOf(server), message.length)
  server.write(message)
  expect(bytesOf(client), message.length)
}

function bytesOf(ssl: Ssl): number {
  const read = ssl.read(into)
  return read.status === 'done' ? read.bytes : -1
}

function expect<T>(got: T, wanted: T): void {
  if (got !== wanted) throw new Error(`expected ${wanted}, got ${got}`)
}
