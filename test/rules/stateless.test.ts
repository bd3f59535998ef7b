/** A server without state gets a second ClientHello, right or wrong, as its first message (field.md 3, 17, 27, 45). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  extensionTypes,
  isHelloRetryRequest,
  readExtension,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext, type SslOptions } from '@biopair/ssl'
import test from 'ava'
import { ClientPeer, withExtension, without, withRaw } from '../support/client-peer.ts'
import { type PeerPsk, withPsks } from '../support/psk-peer.ts'
import { connected, refused } from '../support/refused.ts'
import { identity, keyPem, pem, raw } from '../support/rule-ends.ts'
import { cookieKeys } from '../support/stateless.ts'

const key = new Uint8Array(32).fill(5)
const base: ContextOptions = {
  crypto: nodeCrypto,
  cert: pem,
  key: keyPem,
  groups: ['secp256r1'],
  psks: [{ identity: 'mine', key }],
  cookieKeys,
}

/** A client that has been asked again, and a new object of ours that knows nothing of it. */
function askedAgain(
  before: ContextOptions = {},
  after: ContextOptions = before,
  options: { readonly before?: SslOptions; readonly after?: SslOptions } = {},
  edit = (hello: ClientHello) => hello,
): ClientPeer {
  const make = (more: ContextOptions, own?: SslOptions) =>
    new Ssl(new SslContext({ ...base, ...more }), own).setAcceptState()
  const peer = new ClientPeer(new SslContext({ ...base, ...before }), identity)
  peer.handTo(make(before, options.before))
  peer.sendHello(edit)
  peer.step()
  if (!peer.answer || !isHelloRetryRequest(peer.answer))
    throw new Error('expected a HelloRetryRequest')
  peer.handTo(make(after, options.after))
  return peer
}

const cookieIn = (hello: ClientHello) =>
  readExtension('ClientHello', 'cookie', hello.extensions ?? [])?.cookie as Uint8Array
const withCookie = (hello: ClientHello, cookie: Uint8Array) =>
  withExtension(hello, 'cookie', { cookie: new Uint8Array(cookie) })

test('rule 17: a server that gives no cookies passes over one that a first ClientHello brings', t => {
  const { cookieKeys: _, ...without } = base
  const peer = new ClientPeer(new SslContext({ ...without, groups: ['x25519'] }), identity)
  peer.sendHello(made => withCookie(made, Uint8Array.of(1)))
  peer.step()
  if (!peer.answer || isHelloRetryRequest(peer.answer)) return t.fail('expected a ServerHello')
  peer.sendFinished()
  connected(t, peer)
})

test('rule 17, rule 45: a server without state passes change_cipher_spec over where the second ClientHello is its first message; one with state does not', t => {
  const peer = askedAgain()
  peer.changeCipherSpec()
  t.is(peer.step().status, 'want_read')
  peer.sendSecondHello()
  peer.step()
  t.true(peer.ssl.retried)
  peer.sendFinished()
  connected(t, peer)

  const { cookieKeys: _, ...stateful } = base
  const other = new ClientPeer(new SslContext(stateful), identity)
  other.changeCipherSpec()
  refused(t, other, 'unexpected_message', 'nothing')
})

test('rule 45: not every change_cipher_spec before the second ClientHello: another value, or 33 of them: unexpected_message', t => {
  const value = askedAgain()
  value.record(20, Uint8Array.of(2))
  refused(t, value, 'unexpected_message', 'nothing')
  const many = askedAgain()
  for (let i = 0; i < 33; i++) many.changeCipherSpec()
  refused(t, many, 'unexpected_message', 'nothing')
})

test('rule 27: early data that the first ClientHello announced is passed over by who gets the second, up to a limit: unexpected_message', t => {
  const early = (hello: ClientHello) => withRaw(hello, raw(extensionTypes.early_data))
  const peer = askedAgain({}, {}, {}, early)
  for (let i = 0; i < 4; i++) peer.record(23, nodeCrypto.randomBytes(3000), { plain: true })
  t.is(peer.step().status, 'want_read')
  peer.sendSecondHello(made => without(made, 'early_data'))
  peer.step()
  peer.sendFinished()
  connected(t, peer)

  const more = askedAgain({}, {}, {}, early)
  for (let i = 0; i < 6; i++) more.record(23, nodeCrypto.randomBytes(3000), { plain: true })
  refused(t, more, 'unexpected_message', 'nothing')
})

for (const cookie of ['with_retry', 'always'] as const)
  test(`rule 17: a cookie with any byte changed, cut, or with more behind it: illegal_parameter, cookie: ${cookie}`, t => {
    const given = cookieIn(askedAgain({ cookie }).secondHello())
    t.true(given.length < 150)
    for (let at = 0; at < given.length; at++) {
      const changed = given.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      wrongCookie(changed)
      if (at > 0) wrongCookie(given.subarray(0, at))
    }
    wrongCookie(concat(given, Uint8Array.of(0)))
    wrongCookie(new Uint8Array(16_000))

    function wrongCookie(wrong: Uint8Array): void {
      const peer = askedAgain({ cookie })
      peer.sendSecondHello(made => withCookie(made, wrong))
      t.is(refused(t, peer, 'illegal_parameter', 'nothing')?.reason, 'COOKIE_MISMATCH')
    }
  })

test('rule 17: a cookie of another connection, though it is ours: illegal_parameter', t => {
  const other = cookieIn(askedAgain().secondHello())
  const peer = askedAgain()
  peer.sendSecondHello(made => withCookie(made, other))
  refused(t, peer, 'illegal_parameter', 'nothing')
})

const context = (text: string) => ({ cookieContext: new Uint8Array(Buffer.from(text)) })
const one = new Uint8Array(32).fill(1)
const two = new Uint8Array(32).fill(2)

for (const [title, before, after, options, good] of [
  ['under its keys, by another context', {}, {}, {}, true],
  ['for the same peer', {}, {}, { before: context('a'), after: context('a') }, true],
  ['for another peer', {}, {}, { before: context('a'), after: context('b') }, false],
  ['for a peer without a name', {}, {}, { before: context('a') }, false],
  ['with a name for none', {}, {}, { after: context('a') }, false],
  ['under other keys', { cookieKeys: one }, { cookieKeys: two }, {}, false],
  ['under the last key', { cookieKeys: one }, { cookieKeys: [two, one] }, {}, true],
  ['under the next key', { cookieKeys: [one, two] }, { cookieKeys: [two, one] }, {}, true],
  ['under a key that is gone', { cookieKeys: [one, two] }, { cookieKeys: [two] }, {}, false],
  ['in its last second', { now: () => 5_000 }, { now: () => 65_000 }, {}, true],
  ['a second too late', { now: () => 5_000 }, { now: () => 66_000 }, {}, false],
  ['by a clock behind', { now: () => 65_000 }, { now: () => 5_000 }, {}, true],
  ['by a clock far behind', { now: () => 66_000 }, { now: () => 5_000 }, {}, false],
  ['in a time of its own', { now: () => 0 }, { now: () => 66_000, cookieLifetime: 66 }, {}, true],
  ['for a suite that is not spoken', {}, { ciphers: 'TLS_AES_256_GCM_SHA384' }, {}, false],
  ['for a group that is not spoken', {}, { groups: 'x25519' }, {}, false],
] as const)
  test(`rule 17: a cookie comes back ${title}: ${good ? 'the handshake goes on' : 'illegal_parameter'}`, t => {
    const ciphers = { ciphers: 'TLS_AES_128_GCM_SHA256' }
    const peer = askedAgain({ ...ciphers, ...before }, { ...ciphers, ...after }, options)
    peer.sendSecondHello()
    if (!good)
      return t.is(refused(t, peer, 'illegal_parameter', 'nothing')?.reason, 'COOKIE_MISMATCH')
    peer.step()
    peer.sendFinished()
    return connected(t, peer)
  })

test('rule 17: keys change in a context while a connection waits', t => {
  const served = new SslContext({ ...base, cookieKeys: one })
  const peer = new ClientPeer(served, identity)
  peer.sendHello()
  peer.step()
  peer.handTo(new Ssl(served).setAcceptState())
  peer.step()
  served.setCookieKeys([two, one])
  peer.sendSecondHello()
  peer.step()
  peer.sendFinished()
  connected(t, peer)
})

const groups =
  (...named_group_list: number[]) =>
  (made: ClientHello) =>
    withExtension(made, 'supported_groups', { named_group_list })
const x25519 = nodeCrypto.groups.x25519.start().publicKey

for (const [what, edit] of [
  ['another random', made => ({ ...made, random: new Uint8Array(32) })],
  ['another legacy_session_id', made => ({ ...made, legacy_session_id: new Uint8Array(32) })],
  ['no legacy_session_id', made => ({ ...made, legacy_session_id: new Uint8Array(0) })],
  [
    'suites in another order',
    made => ({ ...made, cipher_suites: made.cipher_suites.toReversed() }),
  ],
  ['another suite', made => ({ ...made, cipher_suites: [...made.cipher_suites, 0x1304] })],
  ['other groups', groups(0x1d)],
  ['an extension more', made => withRaw(made, raw(0x1234, 1))],
  ['an extension less', made => without(made, 'signature_algorithms')],
  ['extensions in another order', made => ({ ...made, extensions: made.extensions?.toReversed() })],
  ['early_data', made => withRaw(made, raw(extensionTypes.early_data))],
  ['no share', made => withExtension(made, 'key_share', { client_shares: [] })],
  [
    'the share of another group',
    made =>
      withExtension(made, 'key_share', { client_shares: [{ group: 0x1d, key_exchange: x25519 }] }),
  ],
] as const satisfies readonly (readonly [string, (made: ClientHello) => ClientHello])[])
  test(`rule 3: the second ClientHello, to a server without state, has ${what}: illegal_parameter`, t => {
    const peer = askedAgain()
    peer.sendSecondHello(edit as (made: ClientHello) => ClientHello)
    refused(t, peer, 'illegal_parameter', 'nothing')
  })

test('rule 3: to a server without state, another share where only a cookie was given: illegal_parameter', t => {
  const fits = { groups: ['x25519'], cookie: 'always' } as const
  const peer = askedAgain(fits)
  peer.sendSecondHello(made =>
    withExtension(made, 'key_share', { client_shares: [{ group: 0x1d, key_exchange: x25519 }] }),
  )
  refused(t, peer, 'illegal_parameter', 'nothing')
})

test('rule 3: padding may come, and go', t => {
  const padding = raw(extensionTypes.padding, 0, 0, 0)
  const peer = askedAgain()
  peer.sendSecondHello(made => withRaw(made, padding))
  peer.step()
  peer.sendFinished()
  connected(t, peer)
})

test('rule 9: nobody is asked twice: a second ClientHello without a cookie, where the first was asked again, is illegal_parameter', t => {
  const peer = new ClientPeer(new SslContext(base), identity)
  peer.sendHello()
  peer.step()
  peer.sendSecondHello(made => without(made, 'cookie'))
  t.is(refused(t, peer, 'illegal_parameter', 'nothing')?.reason, 'COOKIE_MISMATCH')
  t.is(peer.said(ServerHello).length, 1)
})

test('rule 33: a key of the second ClientHello has its binder over the HelloRetryRequest too, which a server without state makes anew', t => {
  const psk: PeerPsk = {
    identity: new Uint8Array(Buffer.from('mine')),
    key,
    label: 'ext binder',
    hash: 'sha256',
  }
  const suite = { ciphers: 'TLS_AES_128_GCM_SHA256' }
  const offer = (hello: ClientHello) => withPsks(hello, [psk])
  const right = askedAgain(suite, suite, {}, offer)
  right.psk = key
  right.sendSecondHello(made => withPsks(made, [psk], { before: right.transcript }))
  right.step()
  t.is(right.ssl.pskIdentity?.length, 4)
  right.sendFinished()
  connected(t, right)

  const wrong = askedAgain(suite, suite, {}, offer)
  wrong.sendSecondHello(made => withPsks(made, [psk]))
  refused(t, wrong, 'decrypt_error', 'nothing')
})
