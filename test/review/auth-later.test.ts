/** Authentication after the handshake, and what else was agreed on: each was tested alone. */
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { clientOptions, serverOptions } from '../support/ends.ts'
import { mint } from '../support/mint.ts'
import { visit } from '../support/resume.ts'
import { leaf, open, request, root, settle, standing, willing } from './auth-support.ts'

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

test("a client that a request's filters spoke against is not authorized once it comes back", async t => {
  const server = new SslContext({
    ...serverOptions,
    ...{ numTickets: 1, ca: root.pem, requestCert: 'later', rejectUnauthorized: false },
  })
  const client = new SslContext({ ...clientOptions, ...willing })
  const before = await visit(client, server)
  // No certificate of ours has such an extension.
  const asked = request(before.server, { oidFilters: [{ oid: '1.2.3.4' }] })
  settle(before)
  t.is(asked.state, 'authenticated')
  t.is(asked.verdict?.ok, false)
  t.false(before.server.authorized)
  before.server.newSessionTicket()
  settle(before)
  const { session } = before.client
  const after = await visit(client, server, { session })
  t.true(after.server.resumed)
  t.false(after.server.authorized)
})

test('a server that moved may not ask, and the call says so at once', t => {
  const ends = open()
  const key = new Uint8Array(32).fill(1)
  const moved = ends.server.exportConnection(key)
  if (moved.status !== 'done') throw new Error(moved.status)
  const server = Ssl.importConnection(new SslContext(serverOptions), moved.bytes, key)
  t.false(server.canRequestCertificate)
  t.is(server.setBio(ends.far).requestCertificate().status, 'unsupported')
})

test('a request that cannot be made is a TypeError of the call, and costs no connection', t => {
  const ends = open()
  const long = new Uint8Array(40_000)
  for (const options of [
    { requestAuthorities: [new Uint8Array(0)] },
    { requestAuthorities: [long] },
    { requestAuthorities: Array.from({ length: 40 }, () => new Uint8Array(1000)) },
    { oidFilters: [{ oid: '1.2.3.4', values: long }] },
    { oidFilters: [{ oid: `1.2${'.3'.repeat(300)}` }] },
  ]) {
    t.throws(() => ends.server.requestCertificate(options), { code: 'ERR_INVALID_ARG_VALUE' })
    t.throws(() => new SslContext(options), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  const asked = request(ends.server, {
    requestAuthorities: Array.from({ length: 30 }, () => new Uint8Array(1000)),
    oidFilters: [{ oid: '1.2.3.4', values: new Uint8Array(16_000) }],
    required: false,
  })
  settle(ends)
  t.not(asked.state, 'requested')
})

test('anchors that are too many to be named are not named, and believed all the same', t => {
  const many = Array.from({ length: 40 }, (_, i) => mint({ subject: `${i}`.repeat(900), ca: true }))
  const ends = open({ server: { ca: [...many.map(({ pem }) => pem), root.pem] } })
  const asked = request(ends.server)
  settle(ends)
  t.is(asked.state, 'authenticated')
})
