/** Alerts, ends and odd records, as a whole connection takes them: sections 5 and 6 of RFC 9846 (field.md's numbers). */
import { nodeCrypto } from '@biopair/crypto-node'
import { Certificate } from '@biopair/handshake'
import { SslContext } from '@biopair/ssl'
import test from 'ava'
import { ClientPeer } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { contentTypes, type Peer } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, ended, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
const clientContext = new SslContext({ ...base, ca: root.pem })
const serverContext = new SslContext({ ...base, cert: pem, key: keyPem })
const asking = new SslContext({ ...base, cert: pem, key: keyPem, requestCert: true, ca: root.pem })

/** Our client before the server's Finished, or our server before the client's: keys are there on both sides. */
const midway: Readonly<Record<'client' | 'server', () => Peer>> = {
  client: () => {
    const peer = new ServerPeer(clientContext, identity)
    peer.step()
    peer.sendServerHello()
    peer.step()
    return peer
  },
  server: () => {
    const peer = new ClientPeer(asking, identity)
    peer.sendHello()
    peer.step()
    return peer
  },
}
const whole: Readonly<Record<'client' | 'server', () => Peer>> = {
  client: () => {
    const peer = new ServerPeer(clientContext, identity)
    peer.connect()
    return peer
  },
  server: () => {
    const peer = new ClientPeer(serverContext, identity)
    peer.connect()
    return peer
  },
}
const roles = ['client', 'server'] as const
const keys = { client: 'handshake', server: 'application' } as const

for (const role of roles) {
  test(`rule 45: change_cipher_spec is dropped in the handshake of a ${role}, up to a bound`, t => {
    const peer = midway[role]()
    for (let i = 0; i < 32; i++) peer.changeCipherSpec()
    t.is(peer.step().status, 'want_read')
    peer.changeCipherSpec()
    refused(t, peer, 'unexpected_message', keys[role])
  })
  for (const [what, send] of Object.entries<(peer: Peer) => void>({
    'with another value': peer => peer.record(contentTypes.ccs, Uint8Array.of(2), { plain: true }),
    'of two bytes': peer => peer.record(contentTypes.ccs, Uint8Array.of(1, 1), { plain: true }),
    'without a byte': peer => peer.record(contentTypes.ccs, new Uint8Array(0), { plain: true }),
    'that is protected': peer => peer.record(contentTypes.ccs, Uint8Array.of(1)),
  }))
    test(`rule 45: a change_cipher_spec ${what} to a ${role}: unexpected_message`, t => {
      const peer = midway[role]()
      send(peer)
      refused(t, peer, 'unexpected_message', keys[role])
    })
  for (const [what, alert, send] of [
    [
      'rule 47: an empty handshake record',
      'unexpected_message',
      peer => peer.record(22, new Uint8Array(0)),
    ],
    [
      'rule 47: an empty handshake record with padding',
      'unexpected_message',
      peer => peer.record(22, new Uint8Array(0), { padding: 9 }),
    ],
    [
      'rule 47: an empty alert record',
      'unexpected_message',
      peer => peer.record(21, new Uint8Array(0)),
    ],
    [
      'rule 47: two alerts in a record',
      'decode_error',
      peer => peer.record(21, Uint8Array.of(1, 0, 1, 0)),
    ],
    ['rule 47: half an alert', 'decode_error', peer => peer.record(21, Uint8Array.of(2))],
    [
      'rule 51: a record of zeros alone',
      'unexpected_message',
      peer => peer.record(0, new Uint8Array(0), { padding: 9 }),
    ],
    ['5: an unknown content type', 'unexpected_message', peer => peer.record(24, Uint8Array.of(1))],
    [
      'rule 49: more content than 2^14 bytes',
      'record_overflow',
      peer => peer.record(23, new Uint8Array(16385)),
    ],
    [
      'rule 49: a length beyond 2^14 + 256, before the body has come',
      'record_overflow',
      peer => peer.bytes(Uint8Array.of(23, 3, 3, 0x41, 1)),
    ],
    [
      'rule 50: a record that does not open',
      'bad_record_mac',
      peer => peer.bytes(Uint8Array.of(23, 3, 3, 0, 17, ...new Uint8Array(17))),
    ],
    [
      '5.2: a protected record of another outer type',
      'unexpected_message',
      peer => peer.bytes(Uint8Array.of(22, 3, 3, 0, 17, ...new Uint8Array(17))),
    ],
  ] as readonly [string, Parameters<typeof refused>[2], (peer: Peer) => void][])
    test(`${what} to a connected ${role}: ${alert}`, t => {
      const peer = whole[role]()
      send(peer)
      refused(t, peer, alert, 'application')
    })
  test(`rule 49: a ${role} takes padding up to 2^14 bytes`, t => {
    const peer = whole[role]()
    peer.record(contentTypes.data, Uint8Array.of(5), { padding: 16383 })
    peer.step()
    t.deepEqual(peer.delivered.at(-1), Uint8Array.of(5))
    connected(t, peer)
  })
  test(`rule 46: an alert inside a handshake message to a ${role}: unexpected_message`, t => {
    const peer = whole[role]()
    peer.handshake(Uint8Array.of(24, 0))
    peer.alert(0, 1)
    refused(t, peer, 'unexpected_message', 'application')
  })

  for (const level of [1, 2])
    test(`rule 53: an alert that nobody knows ends a ${role}'s connection, at level ${level}`, t => {
      const peer = whole[role]()
      peer.alert(77, level)
      ended(t, peer, 'alert_77')
    })
  test(`rule 53: a known alert of level warning is fatal to a ${role}, in the handshake too`, t => {
    const late = whole[role]()
    late.alert(116, 1)
    ended(t, late, 'certificate_required')
    const early = midway[role]()
    early.alert(40, 1)
    ended(t, early, 'handshake_failure')
  })
  test(`rule 53: a ${role} reads nothing after a fatal alert, and refuses to write`, t => {
    const peer = whole[role]()
    peer.alert(80)
    peer.data(Uint8Array.of(1))
    ended(t, peer, 'internal_error')
    t.deepEqual(peer.delivered, [])
    t.is(peer.ssl.write(Uint8Array.of(1)).status, 'failed')
  })

  test(`rule 52: close_notify ends one direction of a ${role}'s connection`, t => {
    const peer = whole[role]()
    peer.data(Uint8Array.of(1))
    peer.alert(0, 1)
    t.deepEqual(peer.step(), { status: 'closed' })
    t.deepEqual(peer.delivered, [Uint8Array.of(1)])
    t.deepEqual(peer.alerts, [])
    t.deepEqual(peer.ssl.write(Uint8Array.of(2)), { status: 'done', bytes: 1 })
    t.deepEqual(peer.ssl.shutdown(), { status: 'done' })
    peer.step()
    t.deepEqual(
      peer.heard.slice(-2).map(({ kind, under }) => [kind, under]),
      [
        ['data', 'application'],
        ['alert', 'application'],
      ],
    )
    t.deepEqual(
      peer.alerts.map(({ alert, level }) => [alert, level]),
      [['close_notify', 1]],
    )
  })
  test(`rule 52: a ${role} goes on reading after its own close_notify`, t => {
    const peer = whole[role]()
    t.is(peer.ssl.shutdown().status, 'sent')
    peer.data(Uint8Array.of(3))
    t.is(peer.step().status, 'want_read')
    t.deepEqual(peer.delivered, [Uint8Array.of(3)])
    peer.alert(0, 1)
    t.deepEqual(peer.ssl.shutdown(), { status: 'done' })
  })
  test(`rule 52: what follows a close_notify is ignored by a ${role}, whatever it is`, t => {
    const peer = whole[role]()
    peer.alert(0, 2)
    peer.data(Uint8Array.of(1))
    peer.alert(40)
    peer.bytes(Uint8Array.of(99, 99, 99, 99, 99, 99))
    for (let i = 0; i < 3; i++) t.deepEqual(peer.step(), { status: 'closed' })
    t.deepEqual(peer.delivered, [])
    t.deepEqual(peer.alerts, [])
  })
  test(`6.1: a carrier that ends without close_notify is a truncation to a ${role}`, t => {
    const peer = whole[role]()
    peer.data(Uint8Array.of(1))
    peer.end()
    t.deepEqual(peer.step(), { status: 'truncated' })
    t.deepEqual(peer.delivered, [Uint8Array.of(1)])
    t.deepEqual(peer.alerts, [])
  })
  test(`6.1: user_canceled to a ${role} is no end: close_notify is`, t => {
    const peer = midway[role]()
    peer.alert(90, 1)
    t.is(peer.step().status, 'want_read')
    peer.alert(0, 1)
    t.deepEqual(peer.step(), { status: 'closed' })
    const late = whole[role]()
    late.alert(90, 1)
    connected(t, late)
  })
  test(`6.1: a ${role} that is closed before its handshake is over says user_canceled, then close_notify`, t => {
    const peer = midway[role]()
    t.deepEqual(peer.ssl.close(), { status: 'done' })
    peer.hear()
    t.deepEqual(
      peer.alerts.map(({ alert, level, under }) => [alert, level, under]),
      [
        ['user_canceled', 1, keys[role]],
        ['close_notify', 1, keys[role]],
      ],
    )
  })
}

test('rule 45: change_cipher_spec before the first ClientHello: unexpected_message', t => {
  const peer = new ClientPeer(serverContext, identity)
  peer.changeCipherSpec()
  refused(t, peer, 'unexpected_message', 'nothing')
})
test('rule 53: a client that has no keys yet sends its alert in the clear, and a server takes it', t => {
  const peer = midway.server()
  peer.alert(47, 2, { plain: true })
  ended(t, peer, 'illegal_parameter')
})
test('rule 53: a server takes no alert in the clear once the client has used its keys', t => {
  const peer = new ClientPeer(asking, identity)
  peer.sendHello()
  peer.step()
  peer.send(Certificate, peer.certificate())
  t.is(peer.step().status, 'want_read')
  peer.alert(47, 2, { plain: true })
  refused(t, peer, 'unexpected_message', 'application')
})
test('rule 53: a client takes an alert in the clear before ServerHello, and none after it', t => {
  const early = new ServerPeer(clientContext, identity)
  early.step()
  early.alert(40)
  ended(t, early, 'handshake_failure')
  const late = midway.client()
  late.alert(40, 2, { plain: true })
  refused(t, late, 'unexpected_message', 'handshake')
})
test('rule 39: a server may send data behind its Finished; a client reads it when it is connected', t => {
  const peer = new ServerPeer(clientContext, identity)
  peer.step()
  peer.sendServerHello()
  peer.sendFlight()
  peer.data(Uint8Array.of(1, 2))
  t.is(peer.step().status, 'want_read')
  t.deepEqual(peer.delivered, [Uint8Array.of(1, 2)])
})
test('rule 35: certificate_required comes after a client thinks that it is done', t => {
  const peer = new ServerPeer(clientContext, identity)
  peer.connect({ certificateRequest: made => made })
  t.true(peer.ssl.connected)
  peer.alert(116)
  ended(t, peer, 'certificate_required')
})
test('rule 48: a first ClientHello travels in a record of version 0x0301, a second in 0x0303', t => {
  const peer = new ServerPeer(clientContext, identity)
  peer.step()
  peer.sendRetry('secp256r1')
  peer.step()
  t.deepEqual(peer.versions, [0x0301, 0x0303, 0x0303])
})
