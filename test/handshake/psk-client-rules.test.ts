/** Pre-shared keys as our client offers them, and what it makes of a server's answer, right and wrong (field.md's numbers). */

import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  EncryptedExtensions,
  extensionTypes,
  Finished,
  readExtension,
  type ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { binderOf, digest } from '../support/key-schedule.ts'
import { chainFor } from '../support/mint.ts'
import type { Under } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { root } = chainFor('p256')
const key = new Uint8Array(32).map((_, i) => i + 1)
const longer = new Uint8Array(48).fill(9)
const base: ContextOptions = {
  crypto: nodeCrypto,
  ca: root.pem,
  groups: ['x25519', 'secp256r1'],
  keyShares: 'x25519',
  psks: [
    { identity: 'mine', key },
    { identity: 'longer', key: longer, hash: 'sha384' },
  ],
}
const open = (options: ContextOptions = {}) =>
  new ServerPeer(new SslContext({ ...base, ...options }), identity)

interface Answer {
  readonly selected?: number | undefined
  readonly share?: boolean
  readonly edit?: (hello: ServerHello) => ServerHello
  readonly psk?: Uint8Array | undefined
}

/** ServerHello with a key, and its secrets. */
function answer(
  peer: ServerPeer,
  { selected = 0, share = true, edit, psk = key }: Answer = {},
): void {
  peer.psk = psk
  const { message, secret } = peer.serverHello()
  const extensions = message.extensions.filter(
    raw => share || raw.extension_type !== extensionTypes.key_share,
  )
  extensions.push(writeExtension('ServerHello', 'pre_shared_key', { selected_identity: selected }))
  const hello = { ...message, extensions }
  peer.sendServerHello(() => (edit ? edit(hello) : hello))
  peer.takeHandshakeKeys(share ? secret : new Uint8Array(32))
}

/** What follows with a key: no certificates. */
function finish(peer: ServerPeer): void {
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(Finished, peer.finished())
  peer.step()
}

function wrong(
  title: string,
  alert: AlertName,
  under: Under,
  say: (peer: ServerPeer) => void,
  options?: ContextOptions,
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    peer.step()
    say(peer)
    refused(t, peer, alert, under)
  })
}

test('4.3.11: the key that the server selects is used, and no certificate comes', t => {
  for (const [selected, psk, suite] of [
    [0, key, 'TLS_AES_128_GCM_SHA256'],
    [1, longer, 'TLS_AES_256_GCM_SHA384'],
  ] as const) {
    const peer = open({ ciphers: [suite] })
    peer.step()
    peer.suite = peer.ssl.context.suites[0] as typeof peer.suite
    // Keys of other hashes than those of our suites are not offered at all.
    const offered = readExtension('ClientHello', 'pre_shared_key', peer.hello?.extensions ?? [])
    t.is(offered?.identities.length, 1)
    answer(peer, { selected: 0, psk })
    finish(peer)
    connected(t, peer)
    t.deepEqual(
      peer.ssl.pskIdentity,
      new Uint8Array(Buffer.from(selected === 0 ? 'mine' : 'longer')),
    )
    t.false(peer.ssl.resumed || peer.ssl.authorized)
    t.is(peer.ssl.verdict, undefined)
  }
})

test('rule 13, rule 33: pre_shared_key is last, and its binders are those of the truncated ClientHello', t => {
  const peer = open()
  peer.step()
  const [raw] = peer.transcript
  const extensions = peer.hello?.extensions ?? []
  t.is(extensions.at(-1)?.extension_type, extensionTypes.pre_shared_key)
  const offered = readExtension('ClientHello', 'pre_shared_key', extensions)
  t.deepEqual(
    offered?.identities.map(({ obfuscated_ticket_age }) => obfuscated_ticket_age),
    [0, 0],
  )
  const truncated = (raw as Uint8Array).slice(0, -(2 + 33 + 49))
  t.deepEqual(offered?.binders, [
    binderOf('sha256', key, 'ext binder', digest('sha256', truncated)),
    binderOf('sha384', longer, 'ext binder', digest('sha384', truncated)),
  ])
})

test('rule 3: after a HelloRetryRequest the keys of another hash are gone, and binders are made anew', t => {
  const peer = open()
  peer.step()
  peer.sendRetry('secp256r1', Uint8Array.of(1, 2, 3))
  peer.step()
  const extensions = peer.hello?.extensions ?? []
  t.is(extensions.at(-1)?.extension_type, extensionTypes.pre_shared_key)
  const offered = readExtension('ClientHello', 'pre_shared_key', extensions)
  t.deepEqual(
    offered?.identities.map(one => Buffer.from(one.identity).toString()),
    ['mine'],
  )
  const [first, retry, second] = peer.transcript as Uint8Array[]
  const truncated = concat(
    first as Uint8Array,
    retry as Uint8Array,
    (second as Uint8Array).slice(0, -(2 + 33)),
  )
  t.deepEqual(offered?.binders, [
    binderOf('sha256', key, 'ext binder', digest('sha256', truncated)),
  ])
  answer(peer)
  finish(peer)
  connected(t, peer)
})

test('rule 3: no key is left after a HelloRetryRequest with a suite of another hash', t => {
  const peer = open({ psks: [{ identity: 'mine', key }] })
  peer.step()
  peer.sendRetry('secp256r1', undefined, hello => ({ ...hello, cipher_suite: 0x1302 }))
  peer.step()
  const extensions = peer.hello?.extensions ?? []
  t.is(readExtension('ClientHello', 'pre_shared_key', extensions), undefined)
  peer.sendServerHello()
  peer.sendFlight()
  peer.step()
  connected(t, peer)
  t.is(peer.ssl.pskIdentity, undefined)
})

test('rule 30: a server that selects none shows its certificate, and has to', t => {
  const peer = open()
  peer.connect()
  connected(t, peer)
  t.true(peer.ssl.authorized)
})

test('rule 25: psk_ke is used where both ends want it', t => {
  const peer = open({ pskModes: ['psk_ke', 'psk_dhe_ke'] })
  peer.step()
  const modes = readExtension('ClientHello', 'psk_key_exchange_modes', peer.hello?.extensions ?? [])
  t.deepEqual(modes?.ke_modes, ['psk_ke', 'psk_dhe_ke'])
  answer(peer, { share: false })
  finish(peer)
  connected(t, peer)
  t.is(peer.ssl.group, undefined)
})

wrong('rule 31: a selected_identity that was not offered', 'illegal_parameter', 'nothing', peer =>
  answer(peer, { selected: 2 }),
)
wrong('rule 31: a suite of another hash than the key has', 'illegal_parameter', 'nothing', peer =>
  answer(peer, { selected: 1 }),
)
wrong('rule 31: no key_share where psk_ke was not offered', 'illegal_parameter', 'nothing', peer =>
  answer(peer, { share: false }),
)
wrong(
  'rule 25: key_share where psk_ke alone was offered',
  'illegal_parameter',
  'nothing',
  peer => answer(peer),
  { pskModes: ['psk_ke'] },
)
wrong(
  'rule 12: pre_shared_key where none was offered',
  'unsupported_extension',
  'nothing',
  peer => answer(peer),
  { psks: [] },
)
wrong('4.4: a Certificate beside a key', 'unexpected_message', 'handshake', peer => {
  answer(peer)
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(Certificate, peer.certificate())
})
wrong('4.4.2: a CertificateRequest beside a key', 'unexpected_message', 'handshake', peer => {
  answer(peer)
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(CertificateRequest, peer.certificateRequest())
})
wrong(
  '4.5: a Finished without a certificate, and no key selected',
  'unexpected_message',
  'handshake',
  peer => {
    peer.sendServerHello()
    peer.send(EncryptedExtensions, peer.encryptedExtensions())
    peer.send(Finished, peer.finished())
  },
)
test('7.1: a server that does not have the key: bad_record_mac', t => {
  const peer = open()
  peer.step()
  answer(peer, { psk: longer.slice(0, 32) })
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  const outcome = peer.ssl.doHandshake()
  t.is(
    outcome.status === 'failed' && 'alert' in outcome.error && outcome.error.alert,
    'bad_record_mac',
  )
})

wrong('4.3.9: psk_key_exchange_modes in a ServerHello', 'illegal_parameter', 'nothing', peer =>
  answer(peer, {
    edit: hello => ({
      ...hello,
      extensions: [
        ...hello.extensions,
        { extension_type: 45, extension_data: Uint8Array.of(1, 1) },
      ],
    }),
  }),
)
wrong('rule 12: pre_shared_key in EncryptedExtensions', 'illegal_parameter', 'handshake', peer => {
  answer(peer)
  const raw = writeExtension('ServerHello', 'pre_shared_key', { selected_identity: 0 })
  peer.send(EncryptedExtensions, peer.encryptedExtensions(raw))
})

test('a client without anchors has its keys alone: a server that selects none is not believed', t => {
  const peer = new ServerPeer(new SslContext({ ...base, ca: [] }), identity)
  peer.step()
  peer.sendServerHello()
  peer.sendFlight()
  refused(t, peer, 'unknown_ca', 'handshake')
})
