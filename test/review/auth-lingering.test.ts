/** Nothing lingers of what authentication adds: requests that were answered or not, delegated keys' handshakes, moves. */
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, delegatedCredential, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { chainOf, delegatingLeaf } from '../support/delegation.ts'
import { connectedEnds, readAll } from '../support/ends.ts'
import { mint } from '../support/mint.ts'
import { Watch } from '../support/watching-crypto.ts'
import { request, root, settle } from './auth-support.ts'

const leaf = delegatingLeaf()
const shortLived = mint({ key: 'ed25519' })
const ticketKeys = new Uint8Array(48).fill(9)
const key = new Uint8Array(32).fill(3)
const providers = { node: nodeCrypto, noble }

/** Ends that are watched: delegated credentials both ways, a client that may be asked later. */
function watched(provider: typeof nodeCrypto, more: { client?: ContextOptions } = {}) {
  const watch = new Watch(ticketKeys.subarray(16))
  const role = (own: 'client' | 'server'): ContextOptions => ({
    ...{ ca: root.pem, cert: chainOf(leaf).pem, key: leaf.keyPem, delegatedSigalgs: 'ed25519' },
    crypto: watch.crypto(provider),
    random: watch.random((_, length) => provider.randomBytes(length)),
    delegatedCredentials: [
      {
        credential: delegatedCredential({
          ...{ cert: leaf.pem, key: leaf.keyPem, publicKey: shortLived.spki },
          ...{ scheme: 'ed25519', lifetime: 3600, role: own, crypto: provider },
        }),
        key: shortLived.keyPem,
      },
    ],
  })
  const ends = connectedEnds({
    client: { ...role('client'), postHandshakeAuth: true, ...more.client },
    server: { ...role('server'), requestCert: 'later', numTickets: 1, ticketKeys },
  })
  return { ...ends, watch }
}

function over(ends: ReturnType<typeof watched>): string[] {
  ends.client.close()
  ends.server.close()
  return ends.watch.lingering()
}

for (const [name, provider] of Object.entries(providers)) {
  test(`after an authentication later, with delegated credentials and new tickets (${name})`, t => {
    const ends = watched(provider)
    const asked = request(ends.server)
    ends.server.keyUpdate(true)
    settle(ends)
    t.is(asked.state, 'authenticated')
    t.truthy(ends.server.peerDelegatedCredential)
    t.true(ends.watch.seen > 20)
    t.deepEqual(over(ends), [])
  })

  test(`with requests open, and answers that somebody has promised (${name})`, t => {
    const ends = watched(provider, {
      client: { certificateCallback: () => new Promise(() => {}) },
    })
    for (let i = 0; i < 8; i++) request(ends.server)
    readAll(ends.client)
    t.deepEqual(over(ends), [])
  })

  test(`after an answer that was refused (${name})`, t => {
    const ends = watched(provider, {
      client: { ...{ cert: shortLived.pem, key: shortLived.keyPem, delegatedCredentials: [] } },
    })
    const asked = request(ends.server)
    readAll(ends.client)
    t.is(readAll(ends.server).status, 'failed')
    t.is(asked.state, 'answered')
    readAll(ends.client)
    t.deepEqual(over(ends), [])
  })

  test(`after a move, of the end that was left and of the one that went on (${name})`, t => {
    const ends = watched(provider)
    request(ends.server)
    settle(ends)
    const { context, far } = { context: ends.server.context, far: ends.far }
    const outcome = ends.server.exportConnection(key)
    if (outcome.status !== 'done') throw new Error(outcome.status)
    const server = Ssl.importConnection(new SslContext(context.options), outcome.bytes, key)
    server.setBio(far).newSessionTicket()
    settle({ client: ends.client, server })
    t.true(server.authorized)
    ends.client.close()
    server.close()
    // The application's key is its own: it sealed, and opened.
    t.deepEqual(ends.watch.lingering(), ['key of an HMAC', 'key of an HMAC'])
  })
}
