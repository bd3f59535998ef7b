/** What a hello is refused for, to the byte: the downgrade sentinel, extensions that need each other, and what a HelloRetryRequest may ask (RFC 9846 §4.2.3, §4.2.4, §9.2). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  extensionTypes,
  type RawExtension,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { ClientPeer, withExtension, without } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { type PeerPsk, withPsks } from '../support/psk-peer.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const base: ContextOptions = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
const only13: ContextOptions = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }
const client = (options: ContextOptions = {}) => {
  const peer = new ServerPeer(new SslContext({ ...base, ca: root.pem, ...options }), identity)
  peer.step()
  return peer
}
const server = (options: ContextOptions = {}) =>
  new ClientPeer(new SslContext({ ...base, cert: pem, key: keyPem, ...options }), identity)

// §4.2.3: 44 4F 57 4E 47 52 44, and 01 or 00.
const sentinel = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44]
for (const [what, tail, alert] of [
  ['the sentinel for TLS 1.2', [...sentinel, 1], 'illegal_parameter'],
  ['the sentinel for TLS 1.1', [...sentinel, 0], 'illegal_parameter'],
  ['another last byte', [...sentinel, 2], 'protocol_version'],
  ['nothing of it but its last byte', [0, 0, 0, 0, 0, 0, 0, 1], 'protocol_version'],
  ...sentinel.map(
    (byte, at) =>
      [
        `byte ${at} of it changed`,
        [...sentinel.map((one, i) => (i === at ? byte ^ 1 : one)), 1],
        'protocol_version',
      ] as const,
  ),
] as const)
  test(`rule 8: a ServerHello without supported_versions whose random ends in ${what}: ${alert}`, t => {
    const peer = client(only13)
    const { message } = peer.serverHello()
    const random = new Uint8Array(32).fill(9)
    random.set(tail, 24)
    const extensions = message.extensions.filter(
      ({ extension_type }) => extension_type !== extensionTypes.supported_versions,
    )
    peer.stray(ServerHello, { ...message, random, extensions })
    const error = refused(t, peer, alert, 'nothing')
    t.is(error?.reason, alert === 'illegal_parameter' ? 'TLS13_DOWNGRADE' : 'UNSUPPORTED_PROTOCOL')
  })
test('rule 8: the sentinel is of no meaning where TLS 1.3 was chosen', t => {
  const peer = client()
  peer.sendServerHello(made => {
    const random = new Uint8Array(32).fill(9)
    random.set([...sentinel, 1], 24)
    return { ...made, random }
  })
  peer.sendFlight()
  peer.step()
  connected(t, peer)
})

// §9.2
const stranger: PeerPsk = {
  identity: Uint8Array.of(1),
  key: new Uint8Array(32).fill(1),
  label: 'ext binder',
  hash: 'sha256',
}
type Name = Parameters<typeof without>[1]
const all: readonly Name[] = ['signature_algorithms', 'supported_groups', 'key_share']
for (let bits = 0; bits < 8; bits++)
  for (const keyed of [false, true]) {
    const left = all.filter((_, i) => bits & (1 << i))
    const right = left.length === 0
    test(`rule 56: a ClientHello without ${left.join(', ') || 'a gap'}${keyed ? ', but with a key that nobody knows' : ''}: ${right ? 'the handshake goes on' : 'missing_extension'}`, t => {
      const peer = server({ psks: [{ identity: 'another', key: new Uint8Array(32).fill(2) }] })
      const hello = left.reduce<ClientHello>(
        (rest, name) => without(rest, name),
        peer.clientHello('x25519'),
      )
      peer.sendMadeHello(keyed ? withPsks(hello, [stranger]) : hello)
      if (!right) return void refused(t, peer, 'missing_extension', 'nothing')
      peer.step()
      peer.sendFinished()
      return connected(t, peer)
    })
  }

// §4.2.4, §4.3.8
const raw = (extension_type: number, ...data: number[]): RawExtension => ({
  extension_type,
  extension_data: Uint8Array.from(data),
})
const { x25519, secp256r1, secp384r1 } = nodeCrypto.groups
for (const [what, group, cookie, right] of [
  ['a group that was offered without a share', secp256r1.id, false, true],
  ['the same and a cookie', secp256r1.id, true, true],
  ['a cookie alone', undefined, true, true],
  ['nothing', undefined, false, false],
  ['a group whose share was sent', x25519.id, false, false],
  ['a group whose share was sent, and a cookie', x25519.id, true, false],
  ['a group that was not offered', secp384r1.id, false, false],
  ['a group that was not offered, and a cookie', secp384r1.id, true, false],
  ['a group that nobody has', 0xfefe, true, false],
] as const)
  test(`4.3.8: a HelloRetryRequest asks for ${what}: ${right ? 'a second ClientHello' : 'illegal_parameter'}`, t => {
    const peer = client({ keyShares: ['x25519'] })
    const made = peer.retryRequest(undefined, cookie ? Uint8Array.of(1) : undefined)
    const share =
      group === undefined ? [] : [raw(extensionTypes.key_share, group >> 8, group & 0xff)]
    peer.stray(ServerHello, { ...made, extensions: [...made.extensions, ...share] })
    if (!right) return void refused(t, peer, 'illegal_parameter', 'nothing')
    t.is(peer.step().status, 'want_read')
    return t.is(peer.hellos, 2)
  })

type Shared = 'x25519' | 'secp256r1'
for (const [groups, shared, right] of [
  [['x25519'], ['x25519'], true],
  [['x25519', 'secp256r1'], ['x25519'], true],
  [['x25519', 'secp256r1'], ['secp256r1'], true],
  [['x25519', 'secp256r1'], ['x25519', 'secp256r1'], true],
  [['secp256r1', 'x25519'], ['x25519', 'secp256r1'], false],
  [['x25519'], ['secp256r1'], false],
  [['secp256r1'], ['x25519', 'secp256r1'], false],
  [['x25519'], ['x25519', 'secp256r1'], false],
  [['x25519'], ['x25519', 'x25519'], false],
] as const satisfies readonly (readonly [Shared[], Shared[], boolean])[])
  test(`rule 21: shares of ${shared.join(', ')} beside the groups ${groups.join(', ')}: ${right ? 'taken' : 'illegal_parameter'}`, t => {
    const peer = server()
    const named_group_list = groups.map(name => nodeCrypto.groups[name].id)
    const made = peer.clientHello(...shared)
    peer.sendMadeHello(withExtension(made, 'supported_groups', { named_group_list }))
    if (!right) return void refused(t, peer, 'illegal_parameter', 'nothing')
    peer.step()
    peer.sendFinished()
    return connected(t, peer)
  })
