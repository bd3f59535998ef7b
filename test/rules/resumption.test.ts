/** Resumption's rules, with a peer that says tickets and ages as it likes (field.md 3, 14, 25, 30 to 33, 41). */

import { nodeCrypto } from '@biopair/crypto-node'
import {
  EncryptedExtensions,
  Finished,
  NewSessionTicket,
  readExtension,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, type Session, SslContext } from '@biopair/ssl'
import ava from 'ava'
import fc from 'fast-check'
import { ClientPeer, withExtension, withRaw } from '../support/client-peer.ts'
import { expandLabel } from '../support/key-schedule.ts'
import { editPsks, type PeerPsk, withPsks } from '../support/psk-peer.ts'
import { connected, refused } from '../support/refused.ts'
import { clientContext, clock, serverContext, sessionOf, visit } from '../support/resume.ts'
import { identity, ourClient, raw, root } from '../support/rule-ends.ts'
import { ServerPeer } from '../support/server-peer.ts'

// One after the other: they share a clock, which some put on.
const test = ava.serial

const named = (name: string) => raw(0, 0, name.length + 3, 0, 0, name.length, ...Buffer.from(name))
const protocol = (name: string) => raw(16, 0, name.length + 1, name.length, ...Buffer.from(name))

/** A server's context, and the session that a client of it was given. */
function issued(options: ContextOptions = {}) {
  const context = serverContext({ ciphers: 'TLS_AES_128_GCM_SHA256', ...options })
  const peer = new ClientPeer(context, identity)
  peer.connect(made =>
    withRaw(
      withExtension(made, 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke'] }),
      named('server.example'),
    ),
  )
  const [ticket] = peer.said(NewSessionTicket)
  if (!ticket || !peer.resumptionSecret) throw new Error('no ticket came')
  const key = expandLabel('sha256', peer.resumptionSecret, 'resumption', ticket.ticket_nonce, 32)
  const psk: PeerPsk = { identity: ticket.ticket, key, label: 'res binder', hash: 'sha256' }
  return { context, ticket, psk }
}

/** Comes back with a ticket; answers whether the session went on. */
function comeBack(
  context: SslContext,
  psk: PeerPsk,
  extensions: readonly ReturnType<typeof raw>[] = [named('server.example')],
) {
  const peer = new ClientPeer(context, identity)
  peer.psk = psk.key
  const hello = extensions.reduce(withRaw, peer.clientHello('x25519'))
  peer.sendMadeHello(withPsks(hello, [psk]))
  peer.step()
  peer.sendFinished()
  return peer
}

// 3, 32
test('rule 32: obfuscated_ticket_age is milliseconds plus ticket_age_add modulo 2^32: 200 runs', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 604_799_999 }),
      (ageAdd, age) => {
        const received = Date.UTC(2026, 1, 2)
        const session = { ...someSession, ageAdd, received }
        const client = clientWith(session, () => received + age)
        const offered = readExtension(
          'ClientHello',
          'pre_shared_key',
          client.hello?.extensions ?? [],
        )
        t.is(
          offered?.identities[0]?.obfuscated_ticket_age,
          Number((BigInt(age) + BigInt(ageAdd)) % 2n ** 32n),
        )
      },
    ),
    {
      numRuns: 200,
      examples: [
        [2 ** 32 - 1, 1],
        [2 ** 32 - 1, 0],
        [2 ** 31, 604_799_999],
      ],
    },
  )
})
test('rule 3, rule 32: after a HelloRetryRequest the age is that of the second ClientHello', t => {
  let now = Date.UTC(2026, 1, 2)
  const client = clientWith({ ...someSession, ageAdd: 5, received: now - 1000 }, () => now)
  now += 250
  client.sendRetry('secp256r1')
  client.step()
  const offered = readExtension('ClientHello', 'pre_shared_key', client.hello?.extensions ?? [])
  t.is(client.hellos, 2)
  t.is(offered?.identities[0]?.obfuscated_ticket_age, 1255)
})
test('rule 32: whatever age a client says, our server goes on with the session: ages decide on early data alone', t => {
  const { context, psk, ticket } = issued()
  clock.pass(1000)
  for (const age of [0, ticket.ticket_age_add, (ticket.ticket_age_add + 2 ** 31) % 2 ** 32]) {
    const peer = comeBack(context, { ...psk, age })
    connected(t, peer)
    t.true(peer.ssl.resumed)
  }
})
test('rule 32: lifetimes are seconds, at either end: the last millisecond resumes, and the next one does not', t => {
  for (const [later, resumes] of [
    [99_999, true],
    [100_000, false],
  ] as const) {
    const { context, psk } = issued({ ticketLifetime: 100 })
    clock.pass(later)
    const peer = comeBack(context, psk)
    connected(t, peer)
    t.is(peer.ssl.resumed, resumes)
    const session = { ...someSession, lifetime: 100, received: clock.time }
    const client = clientWith(session, () => clock.time + later)
    const offered = readExtension('ClientHello', 'pre_shared_key', client.hello?.extensions ?? [])
    t.is(offered !== undefined, resumes)
  }
})

// 14
test('rule 14: a resumption agrees on a protocol anew, at both ends: 60 pairs of lists', async t => {
  const list = fc.subarray(['a', 'b', 'c'])
  await fc.assert(
    fc.asyncProperty(list, list, list, list, async (ours, theirs, then, now) => {
      const common = (client: readonly string[], server: readonly string[]) =>
        server.find(name => client.includes(name))
      const refuses = (client: readonly string[], server: readonly string[]) =>
        client.length > 0 && server.length > 0 && common(client, server) === undefined
      fc.pre(!refuses(ours, theirs))
      const server = serverContext({ ALPNProtocols: theirs })
      const keys = new Uint8Array(48).fill(1)
      server.setTicketKeys(keys)
      const session = await sessionOf(clientContext({ ALPNProtocols: ours }), server)
      const again = serverContext({ ALPNProtocols: now, ticketKeys: keys })
      const next = await visit(clientContext({ ALPNProtocols: then }), again, { session })
      if (refuses(then, now)) {
        t.deepEqual(next.statuses, ['failed', 'failed'])
        t.is(next.client.doHandshake().status, 'failed')
        return
      }
      t.deepEqual([next.client.resumed, next.server.resumed], [true, true])
      const expected = common(then, now)
      t.deepEqual([next.client.alpnProtocol, next.server.alpnProtocol], [expected, expected])
    }),
    { numRuns: 60 },
  )
})
test('rule 14: a resumption that shares no protocol any more: no_application_protocol', t => {
  const { context, psk } = issued({ ALPNProtocols: ['a'] })
  const peer = new ClientPeer(context, identity)
  const hello = [named('server.example'), protocol('b')].reduce(withRaw, peer.clientHello('x25519'))
  peer.sendMadeHello(withPsks(hello, [psk]))
  refused(t, peer, 'no_application_protocol', 'nothing')
})
test('rule 14: in a resumption a server that says no protocol has none, whatever was agreed on before', t => {
  const client = clientWith({ ...someSession, alpn: new Uint8Array(Buffer.from('a')) }, clock.now, {
    ALPNProtocols: ['a'],
  })
  resume(client)
  connected(t, client)
  t.true(client.ssl.resumed)
  t.is(client.ssl.alpnProtocol, undefined)
})

// 41
test('rule 41: our server goes on under the name of the session alone; for another name, or none, it is a full handshake, and the application hears the new name', t => {
  for (const [extensions, name] of [
    [[named('server.example')], 'server.example'],
    [[named('other.example')], 'other.example'],
    [[], undefined],
  ] as const) {
    const asked: (string | undefined)[] = []
    const { context, psk } = issued({
      SNICallback: servername => {
        asked.push(servername)
        return undefined
      },
    })
    const peer = comeBack(context, psk, extensions)
    peer.step()
    t.true(peer.ssl.connected)
    t.is(peer.ssl.resumed, name === 'server.example')
    t.is(peer.ssl.servername, name)
    t.deepEqual(asked, ['server.example', name])
  }
})
test('rule 41: our client offers a session under its own name alone', t => {
  for (const [name, offers] of [
    ['server.example', true],
    ['localhost', false],
  ] as const) {
    const client = clientWith(someSession, clock.now, {}, name)
    const offered = readExtension('ClientHello', 'pre_shared_key', client.hello?.extensions ?? [])
    t.is(offered !== undefined, offers)
  }
})
test('rule 41: nonces, keys and age_adds of the tickets of one connection differ, and a lifetime beyond seven days is never said', async t => {
  const sessions: Session[] = []
  const client = clientContext({ onSession: session => sessions.push(session) })
  const server = serverContext({ numTickets: 32, ticketLifetime: 604_800 })
  const { server: end, client: other } = await visit(client, server)
  for (let i = 0; i < 20; i++) end.newSessionTicket()
  other.read(new Uint8Array(1))
  t.is(sessions.length, 52)
  const distinct = (of: (session: Session) => unknown) => new Set(sessions.map(of)).size
  t.is(
    distinct(({ psk }) => psk.join()),
    52,
  )
  t.is(
    distinct(({ ticket }) => ticket.join()),
    52,
  )
  t.true(distinct(({ ageAdd }) => ageAdd) > 50)
  t.true(sessions.every(({ lifetime }) => lifetime === 604_800))
  t.throws(() => serverContext({ ticketLifetime: 604_801 }), { code: 'ERR_INVALID_ARG_VALUE' })
})
test('rule 41: our client never offers a ticket whose seven days are up, whatever lifetime it was given', t => {
  const peer = ourClient({ now: clock.now })
  peer.connect()
  peer.stray(NewSessionTicket, {
    ticket_lifetime: 2 ** 32 - 1,
    ticket_age_add: 0,
    ticket_nonce: Uint8Array.of(1),
    ticket: Uint8Array.of(1),
    extensions: [],
  })
  peer.step()
  const { session } = peer.ssl
  if (!session) return t.fail('no session')
  for (const [days, offers] of [
    [6.9, true],
    [7, false],
  ] as const) {
    const client = clientWith({ ...session }, () => clock.time + days * 86_400_000)
    const offered = readExtension('ClientHello', 'pre_shared_key', client.hello?.extensions ?? [])
    t.is(offered !== undefined, offers)
  }
})

// 30, 31, 33
test('rule 30, rule 33: a ticket with a binder that is wrong, of another label or over another ClientHello: decrypt_error', t => {
  const { context, psk } = issued()
  const wrong: ((peer: ClientPeer) => void)[] = [
    peer => peer.sendMadeHello(withPsks(hello(peer), [{ ...psk, key: new Uint8Array(32) }])),
    peer => peer.sendMadeHello(withPsks(hello(peer), [{ ...psk, label: 'ext binder' }])),
    peer => {
      const made = withPsks(hello(peer), [psk])
      peer.sendMadeHello({ ...made, random: new Uint8Array(32) })
    },
    // The age is a part of what the binder covers.
    peer =>
      peer.sendMadeHello(
        editPsks(withPsks(hello(peer), [psk]), ({ identities, binders }) => ({
          identities: identities.map(one => ({ ...one, obfuscated_ticket_age: 9 })),
          binders,
        })),
      ),
  ]
  const hello = (peer: ClientPeer) => withRaw(peer.clientHello('x25519'), named('server.example'))
  for (const say of wrong) {
    const peer = new ClientPeer(context, identity)
    say(peer)
    refused(t, peer, 'decrypt_error', 'nothing')
  }
})
test('rule 30: a ticket that nobody knows, was cut or was changed is a full handshake, whatever its binder', t => {
  const { context, psk } = issued()
  const flipped = (at: number) => psk.identity.map((byte, i) => (i === at ? byte ^ 1 : byte))
  for (const identity of [
    Uint8Array.of(1),
    psk.identity.slice(0, -1),
    flipped(0),
    flipped(20),
    flipped(psk.identity.length - 1),
  ]) {
    const peer = comeBack(context, { ...psk, identity })
    connected(t, peer)
    t.false(peer.ssl.resumed)
  }
})
test('rule 31: a resumed session whose server selects another identity, or a suite of another hash: illegal_parameter', t => {
  for (const [selected, suite] of [
    [1, 0x1301],
    [0xffff, 0x1301],
    [0, 0x1302],
  ] as const) {
    const client = clientWith(someSession, clock.now)
    client.psk = someSession.psk
    const made = client.serverHello().message
    client.stray(ServerHello, {
      ...made,
      cipher_suite: suite,
      extensions: [
        ...made.extensions,
        writeExtension('ServerHello', 'pre_shared_key', { selected_identity: selected }),
      ],
    })
    refused(t, client, 'illegal_parameter', 'nothing')
  }
})

/** The session of a connection of our client, with this clock's time. */
const someSession: Session = (() => {
  const peer = ourClient({ now: clock.now, ciphers: 'TLS_AES_128_GCM_SHA256' })
  peer.connect()
  peer.stray(NewSessionTicket, {
    ticket_lifetime: 604_800,
    ticket_age_add: 0,
    ticket_nonce: Uint8Array.of(1),
    ticket: Uint8Array.of(1, 2, 3),
    extensions: [],
  })
  peer.step()
  if (!peer.ssl.session) throw new Error('no session')
  return peer.ssl.session
})()

/** Our client, which has a session; it has said its ClientHello. */
function clientWith(
  session: Session,
  now: () => number,
  options: ContextOptions = {},
  servername = 'server.example',
): ServerPeer {
  const context = new SslContext({
    crypto: nodeCrypto,
    ca: root.pem,
    groups: ['x25519', 'secp256r1'],
    verifyTime: clock.time,
    now,
    ...options,
  })
  const peer = new ServerPeer(context, identity, servername, { session: { ...session } })
  peer.step()
  return peer
}

/** The server's part of a resumption. */
function resume(peer: ServerPeer): void {
  peer.psk = someSession.psk
  const { message, secret } = peer.serverHello()
  const psk = writeExtension('ServerHello', 'pre_shared_key', { selected_identity: 0 })
  const hello = { ...message, extensions: [...message.extensions, psk] }
  peer.handshake(peer.say(ServerHello, hello))
  peer.takeHandshakeKeys(secret)
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(Finished, peer.finished())
  peer.step()
}
