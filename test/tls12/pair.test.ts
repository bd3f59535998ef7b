/** TLS 1.2 from end to end over a BIO pair: each suite with each certificate, facts that agree, data both ways. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import { bytes, connectedEnds, type EndsOptions, readAll } from '../support/ends.ts'
import { chainFor, keyKinds } from '../support/mint.ts'

const both = (options: EndsOptions = {}): EndsOptions => ({
  ...options,
  client: { maxVersion: 'TLSv1.2', ...options.client },
  server: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ...options.server },
})

for (const kind of keyKinds)
  for (const aead of ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'])
    test(`a ${kind} certificate and ${aead} carry data both ways`, t => {
      const { pem, keyPem, root } = chainFor(kind)
      const suite = `TLS_ECDHE_${kind.startsWith('rsa') ? 'RSA' : 'ECDSA'}_WITH_${aead}`
      for (const crypto of [nodeCrypto, noble]) {
        const { client, server } = connectedEnds(
          both({
            client: { ca: root.pem, ciphers: suite, crypto },
            server: { cert: pem, key: keyPem, crypto },
          }),
        )
        t.is(client.version, 'TLSv1.2')
        t.is(server.version, 'TLSv1.2')
        t.is(client.cipher?.name as string, suite)
        t.is(server.cipher?.name as string, suite)
        t.is(client.group, 'x25519')
        t.is(server.group, 'x25519')
        t.true(client.authorized)
        t.is(client.write(bytes('ping')).status, 'done')
        t.like(readAll(server), { text: 'ping' })
        t.is(server.write(bytes('pong')).status, 'done')
        t.like(readAll(client), { text: 'pong' })
        t.deepEqual(
          client.exportKeyingMaterial(40, 'EXPORTER-x'),
          server.exportKeyingMaterial(40, 'EXPORTER-x'),
        )
        t.deepEqual(client.channelBinding('tls-unique'), server.channelBinding('tls-unique'))
        client.shutdown()
        t.is(readAll(server).status, 'closed')
        server.shutdown()
        t.is(client.shutdown().status, 'done')
      }
    })
