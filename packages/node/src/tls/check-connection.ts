/** Options that each connection of a server or an agent is told: looked at once, before there is a connection that could fail by them. */
import { Duplex } from 'node:stream'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import { TlsSocket, type TlsSocketOptions } from './tls-socket.ts'

/** TypeError or RangeError, as a connection with these options would throw it. */
export function checkConnection(role: 'client' | 'server', options: object): void {
  const secureContext = new SslContext(
    role === 'client'
      ? { crypto: nodeCrypto, rejectUnauthorized: false }
      : { crypto: nodeCrypto, SNICallback: () => undefined },
  )
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const isServer = role === 'server'
  new TlsSocket(nowhere, { ...options, secureContext, isServer } as TlsSocketOptions).destroy()
}
