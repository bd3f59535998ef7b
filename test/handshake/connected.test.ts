/** After the handshake: KeyUpdate, tickets, and bounds on what a peer may make us do for nothing (RFC 9846 §4.7, §5.5). */
import { createDecipheriv } from 'node:crypto'
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { ClientHello, encodeMessage, KeyUpdate, NewSessionTicket } from '@biopair/handshake'
import { type ContextOptions, type Session, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { ClientPeer, withExtension } from '../support/client-peer.ts'
import { expandLabel } from '../support/key-schedule.ts'
import { chainFor } from '../support/mint.ts'
import type { Peer } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
const open: Readonly<
  Record<'client' | 'server', (options?: ContextOptions) => ServerPeer | ClientPeer>
> = {
  client: options => {
    const peer = new ServerPeer(new SslContext({ ...base, ca: root.pem, ...options }), identity)
    peer.connect()
    return peer
  },
  server: options => {
    const context = new SslContext({ ...base, cert: pem, key: keyPem, ...options })
    const peer = new ClientPeer(context, identity)
    peer.connect()
    return peer
  },
}
/** What our end said since a place, in short. */
function said(peer: Peer, from: number): readonly string[] {
  return peer.heard.slice(from).map(heard => {
    if (heard.kind === 'data') return `data ${heard.bytes.join()}`
    if (heard.kind !== 'message') return heard.kind
    return heard.name === 'KeyUpdate' ? `KeyUpdate ${heard.raw[4]}` : heard.name
  })
}

for (const role of ['client', 'server'] as const) {
  test(`4.7.3: a ${role} follows the peer's keys, and the peer those of the ${role}`, t => {
    const peer = open[role]()
    for (let i = 0; i < 3; i++) {
      peer.keyUpdate()
      connected(t, peer)
      t.deepEqual(peer.ssl.keyUpdate(), { status: 'done' })
      connected(t, peer)
    }
    t.deepEqual(
      peer.said(KeyUpdate).map(({ request_update }) => request_update),
      ['update_not_requested', 'update_not_requested', 'update_not_requested'],
    )
  })
  test(`rule 44: a ${role} answers update_requested with one KeyUpdate, before its next data`, t => {
    const peer = open[role]()
    const from = peer.heard.length
    peer.keyUpdate('update_requested')
    peer.data(Uint8Array.of(1))
    const into = new Uint8Array(9)
    t.deepEqual(peer.ssl.read(into), { status: 'done', bytes: 1 })
    peer.ssl.write(Uint8Array.of(2))
    peer.step()
    t.deepEqual(said(peer, from), ['KeyUpdate 0', 'data 2'])
    connected(t, peer)
  })
  test(`rule 44: many requests that came while a ${role} was silent are answered by one KeyUpdate`, t => {
    const peer = open[role]()
    const from = peer.heard.length
    for (let i = 0; i < 5; i++) peer.keyUpdate('update_requested')
    peer.step()
    t.deepEqual(said(peer, from), ['KeyUpdate 0'])
    connected(t, peer)
  })
  test(`4.7.3: a ${role} does not ask again before the peer has updated`, t => {
    const peer = open[role]()
    const from = peer.heard.length
    peer.ssl.keyUpdate(true)
    peer.ssl.keyUpdate(true)
    peer.step()
    t.deepEqual(said(peer, from), ['KeyUpdate 1', 'KeyUpdate 0'])
    peer.keyUpdate()
    peer.step()
    peer.ssl.keyUpdate(true)
    peer.step()
    t.deepEqual(said(peer, from), ['KeyUpdate 1', 'KeyUpdate 0', 'KeyUpdate 1'])
    connected(t, peer)
  })
  test(`4.7.3: requests that cross move a ${role} on by two`, t => {
    const peer = open[role]()
    const from = peer.heard.length
    peer.ssl.keyUpdate(true)
    peer.keyUpdate('update_requested')
    peer.step()
    t.deepEqual(said(peer, from), ['KeyUpdate 1', 'KeyUpdate 0'])
    peer.keyUpdate()
    connected(t, peer)
  })
  test(`rule 44: a ${role} refuses a KeyUpdate of another value: illegal_parameter`, t => {
    const peer = open[role]()
    peer.handshake(Uint8Array.of(24, 0, 0, 1, 2))
    refused(t, peer, 'illegal_parameter', 'application')
  })
  for (const [what, body] of [
    ['empty', []],
    ['two bytes long', [0, 0]],
  ] as const)
    test(`6: a ${role} refuses a KeyUpdate that is ${what}: decode_error`, t => {
      const peer = open[role]()
      peer.handshake(Uint8Array.of(24, 0, 0, body.length, ...body))
      refused(t, peer, 'decode_error', 'application')
    })
  test(`rule 44: a ${role} opens nothing sealed with the next key before KeyUpdate: bad_record_mac`, t => {
    const peer = open[role]()
    peer.nextWriteKey()
    peer.data(Uint8Array.of(1))
    refused(t, peer, 'bad_record_mac', 'application')
  })
  test(`rule 44: a ${role} opens nothing sealed with the old key after KeyUpdate: bad_record_mac`, t => {
    const peer = open[role]()
    peer.handshake(encodeMessage(KeyUpdate, { request_update: 'update_not_requested' }))
    peer.data(Uint8Array.of(1))
    refused(t, peer, 'bad_record_mac', 'application')
  })
  test(`5.5: a ${role} changes its key by itself after limits.recordsPerKey records`, t => {
    const peer = open[role]({ limits: { recordsPerKey: 4 } })
    const from = peer.heard.length
    for (let i = 0; i < 10; i++)
      t.deepEqual(peer.ssl.write(Uint8Array.of(i)), { status: 'done', bytes: 1 })
    peer.step()
    const kinds = said(peer, from)
    t.deepEqual(
      kinds.filter(kind => kind.startsWith('data')),
      Array.from({ length: 10 }, (_, i) => `data ${i}`),
    )
    // Three records of data, then the KeyUpdate, which is the fourth under its key.
    t.is(kinds.filter(kind => kind === 'KeyUpdate 0').length, 3)
    t.is(kinds.indexOf('KeyUpdate 0'), 3)
    connected(t, peer)
  })
}

// Floods: each ends with unexpected_message and a reason of its own.
const ticket = (ticket_nonce: number, ticket_lifetime = 7200) => ({
  ticket_lifetime,
  ticket_age_add: 5,
  ticket_nonce: Uint8Array.of(ticket_nonce),
  ticket: Uint8Array.of(1, 2, 3),
  extensions: [],
})
const floods: Readonly<
  Record<string, { reason: string; bound: number; send: (peer: Peer) => void }>
> = {
  KeyUpdate: { reason: 'TOO_MANY_KEY_UPDATES', bound: 64, send: peer => peer.keyUpdate() },
  user_canceled: { reason: 'TOO_MANY_WARN_ALERTS', bound: 64, send: peer => peer.alert(90, 1) },
  'empty record': {
    reason: 'TOO_MANY_EMPTY_FRAGMENTS',
    bound: 32,
    send: peer => peer.data(new Uint8Array(0)),
  },
  NewSessionTicket: {
    reason: 'TOO_MANY_KEY_UPDATES',
    bound: 64,
    send: peer => peer.handshake(encodeMessage(NewSessionTicket, ticket(0))),
  },
}
for (const role of ['client', 'server'] as const)
  for (const [what, { reason, bound, send }] of Object.entries(floods)) {
    if (role === 'server' && what === 'NewSessionTicket') continue
    test(`a flood of ${what} to a ${role} is put up with to a bound, and ended beyond it`, t => {
      const peer = open[role]()
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < bound; i++) send(peer)
        connected(t, peer)
      }
      for (let i = 0; i <= bound; i++) send(peer)
      t.is(refused(t, peer, 'unexpected_message', 'application')?.reason, reason)
    })
  }

// Tickets
test('4.7.1: tickets arrive and are remembered with the PSK that the server sealed into them', t => {
  const ticketKeys = new Uint8Array(48).map((_, i) => i)
  const sessions: Session[] = []
  const [near, far] = bioPair()
  const client = new Ssl(
    new SslContext({
      ...base,
      ca: root.pem,
      now: () => 1_700_000_000_000,
      onSession: session => sessions.push(session),
    }),
    { servername: 'server.example' },
  )
  const server = new Ssl(
    new SslContext({
      ...base,
      cert: pem,
      key: keyPem,
      ticketKeys,
      numTickets: 3,
      ticketLifetime: 99,
    }),
  )
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  for (let i = 0; i < 4; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  t.is(client.read(new Uint8Array(1)).status, 'want_read')
  t.is(sessions.length, 3)
  t.is(client.session, sessions[2])
  for (const session of sessions) {
    t.deepEqual(Buffer.from(session.psk), sealedPsk(t, session.ticket, ticketKeys))
    t.is(session.lifetime, 99)
    t.is(session.received, 1_700_000_000_000)
    t.is(session.serverName, 'server.example')
  }
  t.is(new Set(sessions.map(({ psk }) => Buffer.from(psk).toString('hex'))).size, 3)
  t.is(new Set(sessions.map(({ ageAdd }) => ageAdd)).size, 3)
})

/** The PSK in a ticket of ours, opened by hand: version, suite, times, age_add, early data, what began it, then the PSK behind its length. */
function sealedPsk(t: ExecutionContext, sealed: Uint8Array, keys: Uint8Array): Buffer {
  t.deepEqual(sealed.slice(0, 16), keys.slice(0, 16))
  const decipher = createDecipheriv('aes-256-gcm', keys.subarray(16), sealed.subarray(16, 28))
  decipher.setAAD(keys.subarray(0, 16))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  const state = Buffer.concat([decipher.update(sealed.subarray(28, -16)), decipher.final()])
  return state.subarray(23, 23 + (state[22] ?? 0))
}

test('4.7.1: a ticket of the peer is remembered with HKDF-Expand-Label(resumption_secret, "resumption", nonce)', t => {
  const peer = open.client()
  for (const nonce of [0, 7]) {
    peer.stray(NewSessionTicket, ticket(nonce))
    t.is(peer.step().status, 'want_read')
    const secret = peer.resumptionSecret ?? new Uint8Array(0)
    const psk = expandLabel(peer.hash, secret, 'resumption', Uint8Array.of(nonce), 32)
    t.deepEqual(peer.ssl.session?.psk, psk)
    t.is(peer.ssl.session?.ageAdd, 5)
    t.deepEqual(peer.ssl.session?.ticket, Uint8Array.of(1, 2, 3))
  }
})
test('rule 41: a lifetime of more than seven days counts as seven days', t => {
  const peer = open.client()
  peer.stray(NewSessionTicket, ticket(0, 604_801))
  peer.step()
  t.is(peer.ssl.session?.lifetime, 604_800)
})
test('rule 41: a ticket with lifetime 0 is discarded', t => {
  const peer = open.client()
  peer.stray(NewSessionTicket, ticket(0, 0))
  connected(t, peer)
  t.is(peer.ssl.session, undefined)
})
test('4.7.1: a client that does not resume ignores tickets, and asks for none', t => {
  const sessions: Session[] = []
  const peer = open.client({ tickets: false, onSession: session => sessions.push(session) })
  peer.stray(NewSessionTicket, ticket(0))
  connected(t, peer)
  t.is(peer.ssl.session, undefined)
  t.deepEqual(sessions, [])
  const types = peer.said(ClientHello)[0]?.extensions?.map(({ extension_type }) => extension_type)
  t.false(types?.includes(45))
})
test('4.7.1: unknown extensions of a ticket are ignored, and early_data is kept', t => {
  const peer = open.client()
  peer.stray(NewSessionTicket, {
    ...ticket(0),
    extensions: [
      { extension_type: 0x1234, extension_data: Uint8Array.of(1) },
      { extension_type: 42, extension_data: Uint8Array.of(0, 0, 4, 0) },
    ],
  })
  connected(t, peer)
  t.is(peer.ssl.session?.maxEarlyData, 1024)
})
test('4.7.1: a server sends tickets to a client that can use them, and to no other', t => {
  const count = (modes: readonly ('psk_dhe_ke' | 'psk_ke')[], options: ContextOptions = {}) => {
    const peer = new ClientPeer(
      new SslContext({ ...base, cert: pem, key: keyPem, ...options }),
      identity,
    )
    peer.connect(hello =>
      modes.length > 0
        ? withExtension(hello, 'psk_key_exchange_modes', { ke_modes: [...modes] })
        : hello,
    )
    connected(t, peer)
    return peer.said(NewSessionTicket)
  }
  t.is(count([]).length, 0)
  t.is(count(['psk_ke']).length, 0)
  t.is(count(['psk_dhe_ke'], { numTickets: 0 }).length, 0)
  const tickets = count(['psk_dhe_ke'], { numTickets: 4, ticketLifetime: 604_800 })
  t.deepEqual(
    tickets.map(({ ticket_lifetime }) => ticket_lifetime),
    [604_800, 604_800, 604_800, 604_800],
  )
  t.throws(() => count(['psk_dhe_ke'], { ticketLifetime: 604_801 }), { instanceOf: TypeError })
  t.is(new Set(tickets.map(({ ticket_nonce }) => ticket_nonce.join())).size, 4)
  t.is(new Set(tickets.map(({ ticket_age_add }) => ticket_age_add)).size, 4)
})
test('4.7.1: a ticket that is ordered later has a nonce of its own', t => {
  const peer = new ClientPeer(new SslContext({ ...base, cert: pem, key: keyPem }), identity)
  peer.connect(hello =>
    withExtension(hello, 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke'] }),
  )
  t.deepEqual(peer.ssl.newSessionTicket(), { status: 'done' })
  peer.step()
  const nonces = peer.said(NewSessionTicket).map(({ ticket_nonce }) => ticket_nonce.join())
  t.deepEqual(nonces, ['0,0', '0,1', '0,2'])
})
