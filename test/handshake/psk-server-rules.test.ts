/** Pre-shared keys as a client offers them, right and wrong, and what our server makes of it (field.md's numbers). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  type ClientHello,
  EncryptedExtensions,
  extensionTypes,
  Finished,
  readExtension,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { ClientPeer, without } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { editPsks, type Mode, offer, type PeerPsk, withPsks } from '../support/psk-peer.ts'
import { connected, refused } from '../support/refused.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const text = (name: string) => new Uint8Array(Buffer.from(name))
const key = new Uint8Array(32).map((_, i) => i + 1)
const other = new Uint8Array(48).fill(9)
const psk: PeerPsk = { identity: text('mine'), key, label: 'ext binder', hash: 'sha256' }
const longer: PeerPsk = {
  identity: text('longer'),
  key: other,
  label: 'ext binder',
  hash: 'sha384',
}
const unknown: PeerPsk = { ...psk, identity: text('nobody'), key: other }
const base: ContextOptions = {
  crypto: nodeCrypto,
  cert: pem,
  key: keyPem,
  groups: ['x25519', 'secp256r1'],
  psks: [
    { identity: 'mine', key },
    { identity: 'longer', key: other, hash: 'sha384' },
  ],
}
const open = (options: ContextOptions = {}) =>
  new ClientPeer(new SslContext({ ...base, ...options }), identity)
const withoutCertificates: ContextOptions = { ...base }
delete (withoutCertificates as { cert?: unknown }).cert
delete (withoutCertificates as { key?: unknown }).key

interface Offering {
  readonly psks?: readonly PeerPsk[]
  readonly modes?: readonly Mode[]
  readonly edit?: (hello: ClientHello) => ClientHello
}

/** An offer that ends in an alert, in the clear. */
function wrong(
  title: string,
  alert: AlertName,
  offering: Offering,
  options?: ContextOptions,
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    offer(peer, offering.psks ?? [psk], offering)
    refused(t, peer, alert, 'nothing')
  })
}

/** An offer of which the server takes identity `selected`, or none. */
function right(
  title: string,
  selected: number | undefined,
  offering: Offering,
  options?: ContextOptions,
): void {
  const result = selected === undefined ? 'a full handshake' : `identity ${selected} is taken`
  test(`${title}: ${result}`, t => {
    const peer = open(options)
    const psks = offering.psks ?? [psk]
    offer(peer, psks, offering)
    if (selected !== undefined) peer.psk = psks[selected]?.key
    peer.step()
    peer.sendFinished()
    connected(t, peer)
    const [hello] = peer.said(ServerHello)
    const extensions = hello?.extensions ?? []
    t.is(readExtension('ServerHello', 'pre_shared_key', extensions)?.selected_identity, selected)
    t.is(peer.said(Certificate).length, selected === undefined ? 1 : 0)
    t.is(peer.said(CertificateRequest).length, 0)
    t.is(peer.said(EncryptedExtensions).length, 1)
    const name = selected === undefined ? undefined : psks[selected]?.identity
    t.deepEqual(
      peer.ssl.pskIdentity && Buffer.from(peer.ssl.pskIdentity),
      name && Buffer.from(name),
    )
    t.false(peer.ssl.resumed)
    t.deepEqual(peer.ssl.peerCertificates, [])
  })
}

const last = (hello: ClientHello): ClientHello => {
  const extensions = hello.extensions ?? []
  return { ...hello, extensions: [...extensions.slice(-1), ...extensions.slice(0, -1)] }
}
const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 7 ? byte ^ 1 : byte))

right('4.3.11: a key that both have', 0, {})
right('4.3.11: the second of two, where the first is unknown', 1, { psks: [unknown, psk] })
right('rule 30: an identity that nobody knows', undefined, { psks: [unknown] })
right('rule 30: of the binders, those that are not used may be wrong', 1, {
  psks: [unknown, psk],
  edit: hello =>
    editPsks(hello, ({ identities, binders }) => ({
      identities,
      binders: [new Uint8Array(32), binders[1] as Uint8Array<ArrayBuffer>],
    })),
})
right('4.3.11: a key decides on the suite, within what both have', 0, { psks: [longer] })
right(
  '4.3.11: a key of a hash that no suite in common has',
  undefined,
  { psks: [longer] },
  {
    ciphers: 'TLS_AES_128_GCM_SHA256',
  },
)
right('rule 32: obfuscated_ticket_age of an external key is ignored', 0, {
  psks: [{ ...psk, age: 12345 }],
})
right('rule 25: psk_ke alone, where the server does not', undefined, { modes: ['psk_ke'] })
right(
  'rule 25: psk_dhe_ke goes before psk_ke',
  0,
  { modes: ['psk_ke', 'psk_dhe_ke'] },
  {
    pskModes: ['psk_ke', 'psk_dhe_ke'],
  },
)
right('rule 25: modes without keys', undefined, {
  edit: hello => without(hello, 'pre_shared_key'),
})

wrong('rule 30: a binder that is wrong', 'decrypt_error', {
  edit: hello =>
    editPsks(hello, ({ identities, binders }) => ({ identities, binders: binders.map(flip) })),
})
wrong('rule 30: a binder of another length', 'decrypt_error', {
  edit: hello =>
    editPsks(hello, ({ identities }) => ({ identities, binders: [new Uint8Array(33)] })),
})
wrong('rule 30: a binder with the label of tickets', 'decrypt_error', {
  psks: [{ ...psk, label: 'res binder' }],
})
wrong('rule 65: a binder with the label of imported keys', 'decrypt_error', {
  psks: [{ ...psk, label: 'imp binder' }],
})
wrong('rule 33: a binder over another ClientHello', 'decrypt_error', {
  edit: hello => ({ ...hello, random: flip(hello.random) }),
})
wrong('rule 30: fewer binders than identities', 'illegal_parameter', {
  psks: [unknown, psk],
  edit: hello =>
    editPsks(hello, ({ identities, binders }) => ({ identities, binders: binders.slice(1) })),
})
wrong('rule 30: more binders than identities', 'illegal_parameter', {
  edit: hello =>
    editPsks(hello, ({ identities, binders }) => ({
      identities,
      binders: [...binders, ...binders],
    })),
})
wrong('rule 13: pre_shared_key that is not last', 'illegal_parameter', { edit: last })
wrong('rule 25: pre_shared_key without modes', 'missing_extension', {
  edit: hello => without(hello, 'psk_key_exchange_modes'),
})
wrong('rule 56: key_share without supported_groups, beside a key', 'missing_extension', {
  edit: hello => without(hello, 'supported_groups'),
})
wrong('rule 56: supported_groups without key_share, beside a key', 'missing_extension', {
  edit: hello => without(hello, 'key_share'),
})
wrong('rule 19: an unknown key, and no signature_algorithms', 'missing_extension', {
  psks: [unknown],
  edit: hello => without(hello, 'signature_algorithms'),
})
wrong('4.3.11: identities without an end', 'decode_error', {
  edit: hello => {
    const extensions = (hello.extensions ?? []).map(raw =>
      raw.extension_type === extensionTypes.pre_shared_key
        ? { ...raw, extension_data: raw.extension_data.slice(0, -1) }
        : raw,
    )
    return { ...hello, extensions }
  },
})

test('4.3.11: without certificates a server lives by its keys, and has nothing else for strangers: handshake_failure', t => {
  const known = new ClientPeer(new SslContext(withoutCertificates), identity)
  offer(known, [psk])
  known.step()
  known.sendFinished()
  connected(t, known)
  const stranger = new ClientPeer(new SslContext(withoutCertificates), identity)
  offer(stranger, [unknown])
  refused(t, stranger, 'handshake_failure', 'nothing')
})

test('rule 25, rule 56: psk_ke needs no groups, no shares and no signature_algorithms, and no key_share comes back', t => {
  const peer = open({ pskModes: ['psk_ke', 'psk_dhe_ke'] })
  const bare = ['supported_groups', 'key_share', 'signature_algorithms'] as const
  const hello = bare.reduce<ClientHello>((rest, name) => without(rest, name), peer.clientHello())
  peer.psk = key
  peer.sendMadeHello(withPsks(hello, [psk], { modes: ['psk_ke'] }))
  peer.step()
  peer.sendFinished()
  connected(t, peer)
  t.is(peer.ssl.group, undefined)
  const [answer] = peer.said(ServerHello)
  t.is(readExtension('ServerHello', 'key_share', answer?.extensions ?? []), undefined)
})

test('4.2.1: groups that do not overlap are no obstacle to psk_ke, and handshake_failure without it', t => {
  for (const pskModes of [['psk_ke', 'psk_dhe_ke'], ['psk_dhe_ke']] as const) {
    const peer = open({ pskModes, groups: ['secp521r1'] })
    offer(peer, [psk], { modes: ['psk_ke', 'psk_dhe_ke'] })
    if (pskModes.length === 1) {
      refused(t, peer, 'handshake_failure', 'nothing')
      continue
    }
    peer.step()
    peer.sendFinished()
    connected(t, peer)
  }
})

test('4.4.2: with a key no certificate is asked for, whatever the context says', t => {
  const peer = open({ requestCert: true, ca: root.pem })
  offer(peer, [psk])
  peer.step()
  t.is(peer.said(CertificateRequest).length, 0)
  t.is(peer.said(Finished).length, 1)
  peer.sendFinished()
  connected(t, peer)
  t.false(peer.ssl.authorized)
})

/** Offers without a share that the server takes, and answers its HelloRetryRequest. */
function retried(
  psks: readonly PeerPsk[],
  second: (hello: ClientHello, peer: ClientPeer) => ClientHello,
  options: ContextOptions = {},
): ClientPeer {
  const peer = open({ groups: 'P-256', ...options })
  offer(peer, psks)
  peer.step()
  peer.psk = key
  peer.sendMadeHello(second(peer.secondHello(), peer))
  return peer
}

test('rule 3, rule 33: after a HelloRetryRequest binders are made anew, over ClientHello1 and the request', t => {
  const peer = retried([unknown, psk], (hello, { transcript }) =>
    withPsks(hello, [psk], { before: transcript }),
  )
  peer.step()
  peer.sendFinished()
  connected(t, peer)
  t.true(peer.ssl.retried)
  const answer = peer.said(ServerHello)[1]
  t.is(
    readExtension('ServerHello', 'pre_shared_key', answer?.extensions ?? [])?.selected_identity,
    0,
  )
})

test('rule 33: the binder of the first ClientHello does not do for the second: decrypt_error', t => {
  const peer = retried([psk], hello => withPsks(hello, [psk]))
  refused(t, peer, 'decrypt_error', 'nothing')
})

test('rule 3: a key that is dropped after a HelloRetryRequest is a full handshake', t => {
  const peer = retried([psk], hello => without(hello, 'pre_shared_key'))
  peer.step()
  peer.sendFinished()
  connected(t, peer)
  t.is(peer.said(Certificate).length, 1)
})

test('rule 3: a key that was not offered before a HelloRetryRequest is illegal_parameter', t => {
  for (const before of [[unknown], [psk, unknown]]) {
    const after = before.length === 1 ? [psk] : [unknown, psk]
    const peer = retried(before, (hello, { transcript }) =>
      withPsks(hello, after, { before: transcript }),
    )
    refused(t, peer, 'illegal_parameter', 'nothing')
  }
})

test('rule 3: modes that differ after a HelloRetryRequest are illegal_parameter', t => {
  const peer = retried([psk], (hello, { transcript }) =>
    withPsks(hello, [psk], { before: transcript, modes: ['psk_dhe_ke', 'psk_ke'] }),
  )
  refused(t, peer, 'illegal_parameter', 'nothing')
})

test('4.3.11: of many identities the first eight are looked up', t => {
  const strangers = Array.from({ length: 8 }, (_, i) => ({ ...unknown, identity: text(`no ${i}`) }))
  let asked = 0
  const pskCallback = () => {
    asked++
    return null
  }
  const peer = open({ pskCallback })
  offer(peer, [...strangers, psk])
  peer.step()
  peer.sendFinished()
  connected(t, peer)
  t.is(peer.said(Certificate).length, 1)
  t.is(asked, 8)
})

test('4.3.7: EncryptedExtensions name the groups that a server would have liked better, and not with psk_ke', t => {
  const peer = open({ groups: ['secp256r1', 'x25519'] })
  offer(peer, [psk], { edit: hello => hello })
  peer.step()
  peer.sendFinished()
  connected(t, peer)
  const [parameters] = peer.said(EncryptedExtensions)
  t.truthy(readExtension('EncryptedExtensions', 'supported_groups', parameters?.extensions ?? []))
})
