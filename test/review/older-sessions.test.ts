/** Sessions of TLS 1.2 that go on, whatever they began with, and what is told of their tickets. */
import { pskCipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  MemorySessionCache,
  sessionFromBytes,
  sessionToBytes,
  type TraceEvent,
} from '@biopair/ssl'
import test from 'ava'
import { clientContext, clock, serverContext, sessionOf, visit } from '../support/resume.ts'

const older = { maxVersion: 'TLSv1.2' } as const
const keepings: Readonly<Record<string, () => ContextOptions>> = {
  'by its id': () => ({ sessionCache: new MemorySessionCache({ now: clock.now }) }),
  'by its ticket': () => ({ ticketKeys: nodeCrypto.randomBytes(48) }),
}

for (const [how, keeping] of Object.entries(keepings))
  for (const { name, hash } of Object.values(pskCipherSuites12))
    test(`a session that a key of ${name} began goes on ${how}, and from bytes`, async t => {
      const psks = [
        { identity: 'tram 7', key: new Uint8Array(32).fill(7), hash: hash as 'sha256' | 'sha384' },
      ]
      const server = serverContext({ ...older, ...keeping(), psks, ciphers: name })
      const client = () => clientContext({ ...older, psks, ciphers: name })
      const session = await sessionOf(client(), server)
      t.is(session.authenticatedBy, 'psk')
      t.deepEqual(sessionFromBytes(sessionToBytes(session)).suite, session.suite)
      const again = await visit(client(), server, { session })
      t.deepEqual(again.statuses, ['want_read', 'want_read'])
      t.deepEqual([again.client.resumed, again.server.resumed], [true, true])
      t.is(again.client.cipher?.name, name)
    })

test('a session of a key is not gone on with by a server that has no key any more', async t => {
  const { name } = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256
  const psks = [{ identity: 'tram 7', key: new Uint8Array(32).fill(7) }]
  const ticketKeys = nodeCrypto.randomBytes(48)
  const client = clientContext({ ...older, psks })
  const server = serverContext({ ...older, psks, ticketKeys })
  const session = await sessionOf(client, server)
  t.true(session.suite.name.startsWith(name.slice(0, 18)))
  const { client: end, statuses } = await visit(client, serverContext({ ...older, ticketKeys }), {
    session,
  })
  t.deepEqual(statuses, ['want_read', 'want_read'])
  t.false(end.resumed)
  t.is(end.pskIdentity, undefined)
})

test('a trace tells nothing of a ticket of TLS 1.2 that can be read as one of TLS 1.3', async t => {
  const told: TraceEvent[] = []
  const secret = Buffer.from('nobody may read this')
  // Two bytes of an age, no nonce, a ticket of one byte, and an extension that holds the rest.
  const rest = secret.length + 4
  const ticket = Uint8Array.from([
    1,
    2,
    0,
    0,
    1,
    3,
    0,
    rest,
    0xfa,
    0xfa,
    0,
    secret.length,
    ...secret,
  ])
  const ticketSealer = { seal: () => ticket, open: () => undefined }
  const trace = (event: TraceEvent) => void told.push(event)
  const server = serverContext({ ...older, ticketSealer, trace })
  const client = clientContext({ ...older, trace })
  t.deepEqual((await sessionOf(client, server)).ticket, ticket)
  const messages = told.flatMap(event => (event.event === 'message' ? [event] : []))
  const tickets = messages.filter(({ message }) => message[0] === 4)
  t.is(tickets.length, 2)
  for (const { message, redacted } of tickets) {
    t.true(redacted)
    t.is(Buffer.from(message).indexOf(secret), -1)
    t.is(message.length, 4 + 4 + 2 + ticket.length)
    t.true(message.subarray(10).every(byte => byte === 0))
  }
})
