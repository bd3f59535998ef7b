/** A chain that is not believed ends a handshake of TLS 1.2, in either role. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'

const [ours, strange] = [chainFor('p256'), chainFor('p384')]
const both = { crypto: nodeCrypto, maxVersion: 'TLSv1.2' } as const

function refuses(
  t: ExecutionContext,
  role: 'client' | 'server',
  options: Record<'client' | 'server', ContextOptions>,
): void {
  const [near, far] = bioPair()
  const client = new Ssl(new SslContext({ ...both, ...options.client }), {
    servername: 'server.example',
  })
  const server = new Ssl(new SslContext({ ...both, ...options.server }))
  const ends = {
    client: client.setBio(near).setConnectState(),
    server: server.setBio(far).setAcceptState(),
  }
  for (let i = 0; i < 6; i++) for (const end of [client, server]) end.doHandshake()
  const other = role === 'client' ? 'server' : 'client'
  t.like(ends[role].doHandshake(), {
    status: 'failed',
    error: { alert: 'unknown_ca', origin: 'sent' },
  })
  t.like(ends[other].doHandshake(), {
    status: 'failed',
    error: { alert: 'unknown_ca', origin: 'received' },
  })
}

test('a client of TLS 1.2 refuses a server whose authority it does not believe', t => {
  refuses(t, 'client', {
    client: { ca: strange.root.pem },
    server: { cert: ours.pem, key: ours.keyPem },
  })
})

test('a server of TLS 1.2 refuses a client whose authority it does not believe', t => {
  refuses(t, 'server', {
    client: { ca: ours.root.pem, cert: strange.pem, key: strange.keyPem },
    server: { cert: ours.pem, key: ours.keyPem, requestCert: true, ca: ours.root.pem },
  })
})
