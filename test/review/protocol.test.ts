/** What a peer says that our end has to judge by the RFC's letter. */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { encodeMessage, KeyUpdate, NewSessionTicket } from '@biopair/handshake'
import { SslContext } from '@biopair/ssl'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { ClientPeer, withRaw } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { ServerPeer } from '../support/server-peer.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity = identityOf('p256')

function asClient(more: object = {}): ServerPeer {
  return new ServerPeer(
    new SslContext({ ca: root.pem, crypto: nodeCrypto, groups: ['x25519'], ...more }),
    identity,
  )
}

function asServer(more: object = {}): ClientPeer {
  return new ClientPeer(
    new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto, ...more }),
    identity,
  )
}

for (const length of [0, 2, 5, 100]) {
  test(`a KeyUpdate of ${length} bytes is a decode_error`, t => {
    const peer = asClient()
    peer.connect()
    peer.handshake(concat(Uint8Array.of(24, 0, 0, length), new Uint8Array(length)))
    const outcome = peer.step()
    t.is(outcome.status === 'failed' && (outcome.error as TlsAlert).alert, 'decode_error')
    t.deepEqual(
      peer.alerts.map(({ alert }) => alert),
      ['decode_error'],
    )
  })
}

for (const length of [0, 31, 33, 64, 65, 300]) {
  test(`a Finished of ${length} bytes is a decode_error`, t => {
    const peer = asServer()
    peer.sendHello()
    peer.step()
    peer.sendFinished(() => ({ verify_data: new Uint8Array(length) }))
    peer.step()
    t.deepEqual(
      peer.alerts.map(({ alert }) => alert),
      ['decode_error'],
    )
  })
}

for (const [words, tail] of [
  ['no extensions', []],
  ['an empty block of extensions', [0, 0]],
  ['renegotiation_info alone', [0, 5, 0xff, 1, 0, 1, 0]],
] as const) {
  test(`a ServerHello of TLS 1.2 with ${words} is refused for its version`, t => {
    const peer = asClient()
    peer.step()
    const body = concat(
      Uint8Array.of(3, 3),
      nodeCrypto.randomBytes(32),
      Uint8Array.of(0, 0xc0, 0x2f, 0),
      Uint8Array.from(tail),
    )
    peer.handshake(concat(Uint8Array.of(2, 0, 0, body.length), body))
    peer.step()
    t.deepEqual(
      peer.alerts.map(({ alert }) => alert),
      ['protocol_version'],
    )
  })
}

test('early data for a ticket of somebody else is passed over, and the handshake goes on', t => {
  const peer = asServer()
  peer.sendHello(hello => withRaw(hello, { extension_type: 42, extension_data: new Uint8Array(0) }))
  for (let i = 0; i < 3; i++) peer.record(23, nodeCrypto.randomBytes(1000 + i), { plain: true })
  peer.step()
  peer.sendFinished()
  peer.step()
  t.deepEqual(peer.alerts, [])
  t.true(peer.ssl.connected)
  peer.data(Uint8Array.of(7))
  peer.step()
  t.deepEqual(peer.delivered, [Uint8Array.of(7)])
})

test('early data is passed over before the second ClientHello, which offers none', t => {
  for (const again of [false, true]) {
    const peer = asServer({ groups: ['secp256r1'] })
    const early = { extension_type: 42, extension_data: new Uint8Array(0) }
    peer.sendHello(hello => withRaw(hello, early))
    peer.record(23, nodeCrypto.randomBytes(500), { plain: true })
    peer.step()
    peer.sendSecondHello(hello => ({
      ...hello,
      extensions: (hello.extensions ?? []).filter(
        extension => again || extension.extension_type !== early.extension_type,
      ),
    }))
    peer.step()
    if (!again) peer.sendFinished()
    peer.step()
    t.is(peer.ssl.connected, !again)
    t.deepEqual(
      peer.alerts.map(({ alert }) => alert),
      again ? ['illegal_parameter'] : [],
    )
  }
})

test('more early data than we put up with ends the handshake', t => {
  const peer = asServer()
  peer.sendHello(hello => withRaw(hello, { extension_type: 42, extension_data: new Uint8Array(0) }))
  for (let i = 0; i < 3; i++) peer.record(23, nodeCrypto.randomBytes(16_000), { plain: true })
  peer.step()
  t.deepEqual(
    peer.alerts.map(({ alert }) => alert),
    ['unexpected_message'],
  )
})

test('tickets count as side records although an update is awaited', t => {
  const peer = asClient()
  peer.connect()
  t.is(peer.ssl.keyUpdate(true).status, 'done')
  peer.hear()
  const ticket = {
    ticket_lifetime: 60,
    ticket_age_add: 0,
    ticket_nonce: new Uint8Array(1),
    ticket: new Uint8Array(9),
    extensions: [],
  }
  for (let i = 0; i < 65; i++) peer.handshake(encodeMessage(NewSessionTicket, ticket))
  const outcome = peer.step()
  t.is(outcome.status === 'failed' && outcome.error.code, 'ERR_SSL_TOO_MANY_KEY_UPDATES')
})

test('a long exchange of updates that we ask for is no flood', t => {
  const peer = asClient()
  peer.connect()
  for (let i = 0; i < 100; i++) {
    t.is(peer.ssl.keyUpdate(true).status, 'done')
    peer.hear()
    peer.keyUpdate()
    t.is(peer.step().status, 'want_read')
  }
  t.is(peer.said(KeyUpdate).length, 100)
})

test('a server name of 65 000 bytes is refused', t => {
  const peer = asServer()
  const name = new Uint8Array(65_000).fill(0x61)
  const entry = concat(Uint8Array.of(0, name.length >> 8, name.length & 0xff), name)
  const raw = peer.makeHello(
    withRaw(peer.clientHello('x25519'), {
      extension_type: 0,
      extension_data: concat(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry),
    }),
  )
  for (let at = 0; at < raw.length; at += 16_000) peer.record(22, raw.subarray(at, at + 16_000))
  peer.step()
  t.deepEqual(
    peer.alerts.map(({ alert }) => alert),
    ['illegal_parameter'],
  )
})

test('an alert that another peer sent is not taken for one of this peer', t => {
  const peer = asServer({
    certificateCallback: () => {
      throw new TlsAlert('bad_certificate', { reason: 'R', section: '6.2', why: 'w' }, 'received')
    },
  })
  peer.sendHello()
  const outcome = peer.step()
  t.is(outcome.status === 'failed' && outcome.error.code, 'ERR_SSL_CALLBACK_FAILED')
  t.deepEqual(
    peer.alerts.map(({ alert }) => alert),
    ['internal_error'],
  )
})

test('a peer that is believed and proves nothing is not authorized', t => {
  const peer = asClient()
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({
    certificateVerify: message => ({ ...message, signature: message.signature.map(b => b ^ 1) }),
  })
  t.is(peer.step().status, 'failed')
  t.true(peer.ssl.verdict?.ok)
  t.false(peer.ssl.authorized)
})

test('a message is traced at the level that it travelled at', t => {
  const levels: string[] = []
  const peer = asServer({
    requestCert: true,
    rejectUnauthorized: false,
    ca: root.pem,
    trace: (event: { event: string; direction?: string; level?: string }) => {
      if (event.event === 'message' && event.direction === 'read') levels.push(event.level ?? '')
    },
  })
  peer.sendHello()
  peer.step()
  peer.sendAuthentication()
  peer.sendFinished()
  peer.step()
  peer.keyUpdate()
  peer.step()
  t.deepEqual(levels, ['initial', 'handshake', 'handshake', 'handshake', 'application'])
})
