/** What a certificateCallback and a signCallback answer: read as options are, and a mistake is told by name. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Credential, SslContext, TlsAlert } from '@biopair/ssl'
import test from 'ava'
import { connectedEnds, ends } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const { pem, keyPem, der, leaf } = chainFor('p256')
const [own] = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem }).credentials
const { key, schemes } = own as Credential
const sign: ContextOptions = {
  signCallback: ({ scheme, content }) => key.sign(scheme.algorithm, content) as never,
}

test('an identity is a chain as PEM or a list of DER, with schemes as objects or names', t => {
  for (const chain of [pem, new TextEncoder().encode(pem), der])
    for (const listed of [schemes, schemes.map(({ name }) => name)]) {
      const { client } = connectedEnds({
        server: { certificateCallback: () => ({ chain, schemes: listed }), ...sign },
      })
      t.true(client.authorized)
      t.is(client.peerCertificates.length, 2)
    }
  const { client } = connectedEnds({
    server: { certificateCallback: () => ({ chain: leaf.der, schemes }), ...sign },
    client: { rejectUnauthorized: false },
  })
  t.deepEqual(client.peerCertificates, [leaf.der])
})

const wrong: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'a name': ['p256', /certificateCallback: expected an identity or undefined, got string/],
  null: [null, /expected an identity or undefined, got null/],
  'no schemes': [{ chain: der }, /expected schemes, at least one, got undefined/],
  'none of the schemes': [{ chain: der, schemes: [] }, /expected schemes, at least one, got none/],
  'a scheme that is none': [{ chain: der, schemes: ['p256'] }, /schemes by name .* got p256/],
  'no chain': [{ schemes }, /expected a chain, as PEM, DER or a list of DER, got undefined/],
  'an empty chain': [{ chain: [], schemes }, /expected a chain, .* got none/],
  'a list of PEM': [{ chain: [pem], schemes }, /expected a list of DER, got string/],
  'a list of PEM bytes': [{ chain: [new TextEncoder().encode(pem)], schemes }, /got other bytes/],
  'another type': [{ chain: der, schemes, type: 'rpk' }, /expected a type of x509, got rpk/],
}
for (const [what, [answer, why]] of Object.entries(wrong))
  test(`${what} is internal_error, and says what was expected`, async t => {
    for (const later of [false, true]) {
      const { server, client } = ends({
        server: {
          certificateCallback: () => (later ? Promise.resolve(answer) : answer) as never,
          ...sign,
        },
      })
      client.doHandshake()
      let outcome = server.doHandshake()
      if ('ready' in outcome) {
        await outcome.ready
        outcome = server.doHandshake()
      }
      if (outcome.status !== 'failed') return t.fail(outcome.status)
      const { error } = outcome
      t.true(error instanceof TlsAlert && error.reason === 'CALLBACK_FAILED', error.message)
      t.regex(error.message, why)
    }
  })

test('a signature that is none is told too', t => {
  const { server, client } = ends({ server: { signCallback: () => 'signed' as never } })
  client.doHandshake()
  const outcome = server.doHandshake()
  if (outcome.status !== 'failed') return t.fail(outcome.status)
  t.regex(outcome.error.message, /signCallback: expected bytes, got string/)
})
