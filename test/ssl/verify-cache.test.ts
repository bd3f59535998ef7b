import { bioPair } from '@biopair/bio'
import type { CryptoProvider } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const server = new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto })

/** A client's context, and how many signatures it verified. */
function counted(options: ContextOptions = {}): { context: SslContext; verified: () => number } {
  let verified = 0
  const crypto: CryptoProvider = {
    ...nodeCrypto,
    publicKey(material) {
      const key = nodeCrypto.publicKey(material)
      if ('failure' in key) return key
      return {
        material: key.material,
        verify: (...what) => {
          verified++
          return key.verify(...what)
        },
      }
    },
  }
  const context = new SslContext({ ca: root.pem, crypto, tickets: false, ...options })
  return { context, verified: () => verified }
}

function connect(context: SslContext, servername = 'server.example'): Ssl {
  const [near, far] = bioPair()
  const client = new Ssl(context, { servername }).setBio(near).setConnectState()
  const accepting = new Ssl(server).setBio(far).setAcceptState()
  for (let round = 0; round < 20; round++) {
    client.doHandshake()
    accepting.doHandshake()
  }
  return client
}

test('a context verifies the signatures of a chain once, and CertificateVerify each time', t => {
  const { context, verified } = counted()
  t.true(connect(context).authorized)
  t.is(verified(), 3)
  t.true(connect(context).authorized)
  t.true(connect(context).authorized)
  t.is(verified(), 5)
})

test('what is known of a chain says nothing about names', t => {
  const { context } = counted()
  t.true(connect(context).authorized)
  const other = connect(context, 'other.example')
  t.false(other.authorized)
  t.is(other.verdict?.ok === false && other.verdict.code, 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('a context without a cache verifies everything each time', t => {
  const { context, verified } = counted({ verifyCache: 0 })
  t.true(connect(context).authorized)
  t.true(connect(context).authorized)
  t.is(verified(), 6)
})

test('the number of certificates is a whole number', t => {
  t.throws(() => new SslContext({ verifyCache: -1 }), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'verifyCache: expected whole number, got -1',
  })
  t.throws(() => new SslContext({ verifyCache: 70_000 }), { code: 'ERR_INVALID_ARG_VALUE' })
})
