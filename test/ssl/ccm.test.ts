/** The suites with CCM: spoken where both ends ask for them. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import { bytes, connectedEnds, ends, readAll, shake } from '../support/ends.ts'

const suites = ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'] as const

for (const ciphers of suites)
  test(`both ends speak ${ciphers} where both ask for it, and change keys in time`, t => {
    const limits = { recordsPerKey: 5 }
    const { client, server } = connectedEnds({
      client: { ciphers, limits },
      server: { ciphers: [ciphers, 'TLS_AES_128_GCM_SHA256'] },
    })
    t.is(client.cipher?.name, ciphers)
    for (let i = 0; i < 20; i++) {
      t.like(client.write(bytes(`line ${i}`)), { status: 'done' })
      t.is(readAll(server).text, `line ${i}`)
      t.like(server.write(bytes(`answer ${i}`)), { status: 'done' })
      t.is(readAll(client).text, `answer ${i}`)
    }
  })

test('nobody offers or takes CCM who did not ask for it', t => {
  const names = new SslContext({ crypto: nodeCrypto }).suites.map(({ name }) => name as string)
  for (const suite of suites) t.false(names.includes(suite))
  const made = ends({ client: { ciphers: suites } })
  t.throws(() => shake(made))
  t.like(made.server.doHandshake(), { status: 'failed', error: { alert: 'handshake_failure' } })
})

test('a context that asks a provider for CCM that has none is refused by name', t => {
  for (const ciphers of suites) {
    t.throws(() => new SslContext({ crypto: noble, ciphers }), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message: `ciphers: expected suites that noble has, got ${ciphers}`,
    })
    t.notThrows(() => new SslContext({ crypto: nodeCrypto, ciphers }))
  }
})
