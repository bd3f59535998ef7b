/** Early data as our client sends it, and what it makes of a server's answer, right and wrong (field.md's numbers). */
import { cipherSuites } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  ClientHello,
  decodeMessage,
  EncryptedExtensions,
  EndOfEarlyData,
  Finished,
  type RawExtension,
  readExtension,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, type Session, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import { EarlyServerPeer, earlyData, earlySession } from '../support/early-server-peer.ts'
import { chainFor } from '../support/mint.ts'
import type { Under } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'

const identity = identityOf('p256')
const { root } = chainFor('p256')
const text = new Uint8Array(Buffer.from('GET / early'))
const base: ContextOptions = {
  crypto: nodeCrypto,
  ca: root.pem,
  groups: ['x25519', 'secp256r1'],
  keyShares: 'x25519',
}
const alpn = (name: string) => new Uint8Array(Buffer.from(name))
const protocol = (name: string): RawExtension =>
  writeExtension('EncryptedExtensions', 'application_layer_protocol_negotiation', {
    protocol_name_list: [alpn(name)],
  })

/** Our client has sent early data, and the peer has heard it. */
function open(t: ExecutionContext, session: Partial<Session> = {}, options: ContextOptions = {}) {
  const peer = new EarlyServerPeer(
    new SslContext({ ...base, ...options }),
    identity,
    earlySession(session),
  )
  t.deepEqual(peer.ssl.writeEarly(text), { status: 'done', bytes: text.length })
  peer.hear()
  return peer
}

/** What our client has said, in order. */
const order = ({ heard }: EarlyServerPeer) =>
  heard.map(one => (one.kind === 'message' ? one.name : one.kind))

const earlyHeard = ({ heard }: EarlyServerPeer) =>
  heard.flatMap(one => (one.kind === 'data' ? [Buffer.from(one.bytes).toString()] : []))

function wrong(
  title: string,
  alert: AlertName,
  under: Under,
  say: (peer: EarlyServerPeer) => void,
  options: ContextOptions = {},
  session: Partial<Session> = {},
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(t, session, options)
    say(peer)
    refused(t, peer, alert, under)
  })
}

test('rule 57: change_cipher_spec comes right behind the ClientHello, then the early data, and not again before the second flight', t => {
  const peer = open(t)
  t.deepEqual(order(peer), ['ClientHello', 'change_cipher_spec', 'data'])
  t.deepEqual(earlyHeard(peer), ['GET / early'])
  t.is(peer.heard.at(-1)?.under, 'early')
  peer.answer(0)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  peer.send(Finished, peer.finished())
  peer.step()
  t.deepEqual(order(peer).slice(3), ['EndOfEarlyData', 'Finished'])
  t.is(peer.ssl.earlyData, 'accepted')
  connected(t, peer)
})

test('rule 57: without compatibility mode there is none', t => {
  t.deepEqual(order(open(t, {}, { middleboxCompat: false })), ['ClientHello', 'data'])
})

test('rule 2, rule 40: what is accepted ends with EndOfEarlyData under the early key, which Finished covers', t => {
  const peer = open(t)
  peer.answer(0)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  peer.send(Finished, peer.finished())
  // Until the Finished is read, more may be sent.
  t.deepEqual(peer.ssl.writeEarly(text), { status: 'done', bytes: text.length })
  peer.hear()
  const before = peer.transcriptHash
  peer.step()
  t.deepEqual(
    peer.heard.flatMap(one => (one.kind === 'message' ? [[one.name, one.under]] : [])).slice(1),
    [
      ['EndOfEarlyData', 'early'],
      ['Finished', 'handshake'],
    ],
  )
  t.notDeepEqual(before, peer.transcriptHash)
  // What is later derived from the transcript agrees, so EndOfEarlyData stands in it at both ends.
  const psks = peer.resumptionSecret
  t.truthy(psks)
  connected(t, peer)
  t.is(peer.ssl.rejectedEarlyData(), undefined)
  t.deepEqual(peer.ssl.writeEarly(text), { status: 'refused', reason: 'over' })
})

test('rule 29, rule 40: what is rejected ends without EndOfEarlyData, comes back once, and is not sent again by itself', t => {
  for (const [selected, name] of [
    [0, 'in EncryptedExtensions'],
    [undefined, 'in a full handshake'],
  ] as const) {
    const peer = open(t)
    peer.answer(selected, undefined, false)
    t.is(peer.ssl.rejectedEarlyData(), undefined)
    if (selected === undefined) peer.sendFlight()
    else {
      peer.send(EncryptedExtensions, peer.encryptedExtensions())
      peer.send(Finished, peer.finished())
    }
    peer.step()
    t.deepEqual(order(peer), ['ClientHello', 'change_cipher_spec', 'data', 'Finished'], name)
    t.is(peer.ssl.earlyData, 'rejected')
    t.deepEqual(peer.ssl.writeEarly(text), { status: 'refused', reason: 'rejected' })
    t.deepEqual(peer.ssl.rejectedEarlyData(), { bytes: text, sameProtocol: true })
    t.is(peer.ssl.rejectedEarlyData(), undefined)
    connected(t, peer)
  }
})

test('rule 29: rejected early data says whether the protocol is still the one that it was for', t => {
  for (const [now, sameProtocol] of [
    ['a', true],
    ['b', false],
    [undefined, false],
  ] as const) {
    const peer = open(t, { alpn: alpn('a') }, { ALPNProtocols: ['b', 'a'] })
    peer.answer(0, undefined, false)
    peer.send(EncryptedExtensions, peer.encryptedExtensions(...(now ? [protocol(now)] : [])))
    peer.send(Finished, peer.finished())
    peer.step()
    t.deepEqual(peer.ssl.rejectedEarlyData(), { bytes: text, sameProtocol })
  }
})

test('rule 3: after a HelloRetryRequest the second ClientHello has no early_data, and goes in the clear', t => {
  const peer = open(t)
  t.true(peer.offersEarlyData)
  peer.sendRetry('secp256r1')
  peer.step()
  t.is(peer.hellos, 2)
  t.false(peer.offersEarlyData)
  t.is(peer.ssl.earlyData, 'rejected')
  t.is(peer.versions.at(-1), 0x0303)
  const [first, second] = peer.said(ClientHello)
  t.deepEqual(first?.random, second?.random)
  t.truthy(readExtension('ClientHello', 'pre_shared_key', second?.extensions ?? []))
  // Appendix E.4: behind the first ClientHello, and only there.
  t.deepEqual(order(peer), ['ClientHello', 'change_cipher_spec', 'data', 'ClientHello'])
  peer.answer(0, undefined, false)
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(Finished, peer.finished())
  peer.step()
  connected(t, peer)
  t.deepEqual(peer.ssl.rejectedEarlyData(), { bytes: text, sameProtocol: true })
})

wrong(
  'rule 31: early data accepted with the second key',
  'illegal_parameter',
  'handshake',
  peer => {
    const key = new Uint8Array(32).fill(3)
    peer.answer(1, key, false)
    peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  },
  { psks: [{ identity: 'mine', key: new Uint8Array(32).fill(3) }] },
)

wrong('4.3.10: early data accepted without a key', 'illegal_parameter', 'handshake', peer => {
  peer.answer(undefined, undefined, false)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
})

wrong(
  '4.3.10: early data accepted after a HelloRetryRequest',
  'unsupported_extension',
  'handshake',
  peer => {
    peer.sendRetry('secp256r1')
    peer.step()
    peer.answer(0, undefined, false)
    peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  },
)

wrong('rule 26: early data accepted with another suite', 'illegal_parameter', 'early', peer => {
  peer.suite = cipherSuites.TLS_CHACHA20_POLY1305_SHA256
  peer.answer(0)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
})

for (const [now, what] of [
  ['b', 'another protocol'],
  [undefined, 'no protocol'],
] as const)
  wrong(
    `rule 26: early data accepted with ${what}`,
    'illegal_parameter',
    'early',
    peer => {
      peer.answer(0)
      peer.send(
        EncryptedExtensions,
        peer.encryptedExtensions(earlyData, ...(now ? [protocol(now)] : [])),
      )
    },
    { ALPNProtocols: ['a', 'b'] },
    { alpn: alpn('a') },
  )

wrong('rule 40: EndOfEarlyData of a server', 'unexpected_message', 'early', peer => {
  peer.answer(0)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  peer.stray(EndOfEarlyData, {})
})

test('4.3.10: early_data in EncryptedExtensions that was not offered: unsupported_extension', t => {
  const context = new SslContext(base)
  const peer = new EarlyServerPeer(context, identity, earlySession())
  peer.step()
  t.false(peer.offersEarlyData)
  peer.answer(0, undefined, false)
  peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
  refused(t, peer, 'unsupported_extension', 'handshake')
})

test('rule 31: a selected_identity that was not offered, beside early data: illegal_parameter under the early key', t => {
  const peer = open(t)
  peer.answer(5)
  refused(t, peer, 'illegal_parameter', 'early')
})

test('4.3.10: no early data without a session that permits it, for a suite or a protocol that is not offered, or behind another first call', t => {
  const session = (of: Partial<Session>, options: ContextOptions = {}) =>
    new EarlyServerPeer(new SslContext({ ...base, ...options }), identity, earlySession(of))
  for (const [name, peer] of Object.entries({
    'no early data permitted': session({ maxEarlyData: 0 }),
    'another name': session({ serverName: 'other.example' }),
    'its time is up': session({ received: 0 }),
    'a suite that is not offered': session({}, { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }),
    'a protocol that is not offered': session({ alpn: alpn('a') }, { ALPNProtocols: ['b'] }),
  })) {
    t.deepEqual(peer.ssl.writeEarly(text), { status: 'refused', reason: 'not_offered' }, name)
    peer.step()
    t.false(peer.offersEarlyData, name)
    t.is(peer.ssl.earlyData, 'none')
  }
  const late = session({})
  late.step()
  t.deepEqual(late.ssl.writeEarly(text), { status: 'refused', reason: 'not_offered' })
})

test('4.7.1: what the ticket permits is taken and no more, and the connection goes on', t => {
  for (const padding of [0, 50]) {
    const peer = new EarlyServerPeer(
      new SslContext({ ...base, ...(padding ? { padding: (_, length) => length + padding } : {}) }),
      identity,
      earlySession({ maxEarlyData: 100 }),
    )
    const bytes = new Uint8Array(70).fill(1)
    // A server that passes it over cannot tell padding from data.
    const most = 50
    const first = peer.ssl.writeEarly(bytes)
    if (padding) {
      t.deepEqual(first, { status: 'refused', reason: 'limit' })
      t.deepEqual(peer.ssl.writeEarly(bytes.subarray(0, most)), { status: 'done', bytes: most })
    } else {
      t.deepEqual(first, { status: 'done', bytes: 70 })
      t.deepEqual(peer.ssl.writeEarly(bytes), { status: 'done', bytes: 30 })
    }
    t.deepEqual(peer.ssl.writeEarly(bytes), { status: 'refused', reason: 'limit' })
    t.is(peer.ssl.earlyData, 'offered')
    peer.hear()
    peer.answer(0)
    peer.send(EncryptedExtensions, peer.encryptedExtensions(earlyData))
    peer.send(Finished, peer.finished())
    peer.step()
    connected(t, peer)
  }
})

test('rule 32: the age that is said is that of the session in milliseconds, plus ticket_age_add, modulo 2^32', t => {
  const now = Date.UTC(2026, 6, 1)
  const peer = open(t, { received: now - 1500, ageAdd: 2 ** 32 - 500 }, { now: () => now })
  const hello = decodeMessage(ClientHello, peer.transcript[0]?.subarray(4) as Uint8Array)
  const offer = readExtension('ClientHello', 'pre_shared_key', hello.extensions ?? [])
  t.is(offer?.identities[0]?.obfuscated_ticket_age, 1000)
})
