import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

test('a client and a server shake hands over a BIO pair', t => {
  const { root, pem, keyPem } = chainFor('p256')
  const [near, far] = bioPair()
  const client = new Ssl(
    new SslContext({ ca: root.pem, crypto: nodeCrypto, ALPNProtocols: ['h2'] }),
    {
      servername: 'server.example',
    },
  )
  const server = new Ssl(
    new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto, ALPNProtocols: ['h2'] }),
  )
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  for (let i = 0; i < 10; i++) {
    const c = client.doHandshake()
    const s = server.doHandshake()
    t.log(c, s)
    if (c.status === 'done' && s.status === 'done') break
  }
  t.true(client.connected && server.connected)
  t.is(client.alpnProtocol, 'h2')
  t.deepEqual(client.write(new Uint8Array([1, 2, 3])), { status: 'done', bytes: 3 })
  const into = new Uint8Array(10)
  t.deepEqual(server.read(into), { status: 'done', bytes: 3 })
  t.deepEqual(client.shutdown(), { status: 'sent' })
  t.deepEqual(server.read(into), { status: 'closed' })
  t.deepEqual(server.shutdown(), { status: 'done' })
  t.deepEqual(client.shutdown(), { status: 'done' })
  t.not(client.session, undefined)
  t.deepEqual(client.close(), { status: 'done' })
})
