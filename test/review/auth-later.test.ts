/** Authentication after the handshake, and what else was agreed on: each was tested alone. */
import test from 'ava'
import { leaf, open, request, settle, standing } from './auth-support.ts'

test('a client that showed a raw public key in the handshake shows it later, and is believed', t => {
  for (const clientCertTypes of [['rpk'], ['rpk', 'x509']] as const) {
    const ends = open({
      client: { clientCertTypes },
      server: { clientCertTypes, requestCert: true, rawPublicKeys: leaf.spki },
    })
    const asked = request(ends.server)
    settle(ends)
    t.is(standing(ends.server), 'want_read')
    t.is(asked.state, 'authenticated')
    t.true(asked.verdict?.ok)
    t.deepEqual(asked.certificates, [leaf.spki])
    t.deepEqual(ends.server.peerRawPublicKey, leaf.spki)
    t.true(ends.server.authorized)
  }
})

test('a raw public key that nobody expects is refused later too', t => {
  const clientCertTypes = ['rpk'] as const
  const ends = open({
    client: { clientCertTypes },
    server: { clientCertTypes, requestCert: true, rejectUnauthorized: false },
  })
  t.false(ends.server.authorized)
  const asked = request(ends.server)
  settle(ends)
  t.is(asked.state, 'authenticated')
  t.is(asked.verdict?.ok, false)
  t.false(ends.server.authorized)
})

test('where X.509 is not among clientCertTypes, no certificate is asked for later', t => {
  const ends = open({
    client: { clientCertTypes: ['rpk', 'x509'] },
    server: { clientCertTypes: ['rpk'], requestCert: 'later', rawPublicKeys: leaf.spki },
  })
  t.false(ends.server.canRequestCertificate)
  t.is(ends.server.requestCertificate().status, 'unsupported')
})
