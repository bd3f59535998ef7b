/** GREASE (RFC 8701; field.md 68): offered values are passed over by our server, and chosen ones are fatal to our client, although it had offered them. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate,
  type ClientHello,
  isGrease,
  type RawExtension,
  readExtension,
  ServerHello,
} from '@biopair/handshake'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { withExtension, withRaw } from '../support/client-peer.ts'
import type { Under } from '../support/peer.ts'
import { connected, refused } from '../support/refused.ts'
import { ourClient, ourServer, raw } from '../support/rule-ends.ts'
import type { ServerPeer } from '../support/server-peer.ts'

const grease = Array.from({ length: 16 }, (_, i) => (i << 12) | 0x0a00 | (i << 4) | 0x0a)
const anyGrease = fc.constantFrom(...grease)

test('rule 68: the sixteen values are 0x0a0a to 0xfafa, and no other', t => {
  const all = Array.from({ length: 2 ** 16 }, (_, id) => id).filter(isGrease)
  t.deepEqual(all, grease)
})

test('rule 68: our server passes GREASE over in every list of a ClientHello, and never answers it: 100 runs', t => {
  fc.assert(
    fc.property(
      fc.array(anyGrease, { minLength: 6, maxLength: 6 }),
      fc.boolean(),
      (list, first) => {
        const [suite, version, group, scheme, extension, share] = list as [
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        const mix = (value: number, others: readonly number[]) =>
          first ? [value, ...others] : [...others, value]
        const peer = ourServer({ ALPNProtocols: ['h2'] })
        const { x25519, secp256r1 } = nodeCrypto.groups
        peer.connect(made => {
          const entries =
            readExtension('ClientHello', 'key_share', made.extensions ?? [])?.client_shares ?? []
          const greased = { group: share, key_exchange: Uint8Array.of(0) }
          const groups = mix(share, [x25519.id, secp256r1.id])
          const lists = [
            (hello: ClientHello) => ({ ...hello, cipher_suites: mix(suite, hello.cipher_suites) }),
            (hello: ClientHello) =>
              withExtension(hello, 'supported_versions', { versions: mix(version, [0x0304]) }),
            (hello: ClientHello) =>
              withExtension(hello, 'supported_groups', {
                named_group_list: group === share ? groups : mix(group, groups),
              }),
            (hello: ClientHello) =>
              withExtension(hello, 'key_share', {
                client_shares: first ? [greased, ...entries] : [...entries, greased],
              }),
            (hello: ClientHello) =>
              withExtension(hello, 'signature_algorithms', {
                supported_signature_algorithms: mix(scheme, [0x0403]),
              }),
            (hello: ClientHello) =>
              withRaw(hello, raw(16, 0, 6, 2, extension >> 8, extension & 0xff, 2, 0x68, 0x32)),
            (hello: ClientHello) => withRaw(hello, raw(45, 2, extension & 0xff, 1)),
            (hello: ClientHello) => withRaw(hello, raw(extension, 255, 0, 255)),
          ]
          return lists.reduce((hello, edit) => edit(hello), made)
        })
        if (!peer.ssl.connected || peer.ssl.alpnProtocol !== 'h2') return false
        return peer.said(ServerHello).every(({ extensions, cipher_suite }) => {
          const ids = extensions.map(({ extension_type }) => extension_type)
          return ![cipher_suite, ...ids].some(isGrease)
        })
      },
    ),
    { numRuns: 100 },
  )
  t.pass()
})

/** Our client with GREASE in every list that it offers: what it says is edited, what it knows is not. */
function greased(value: number): ServerPeer {
  return ourClient({
    ALPNProtocols: ['h2'],
    edit: (name, message) => {
      if (name !== 'ClientHello') return message
      const made = message as unknown as ClientHello
      const lists: ((hello: ClientHello) => ClientHello)[] = [
        hello => ({ ...hello, cipher_suites: [value, ...hello.cipher_suites] }),
        hello => withExtension(hello, 'supported_versions', { versions: [value, 0x0304] }),
        hello =>
          withExtension(hello, 'supported_groups', { named_group_list: [value, 0x1d, 0x17] }),
        hello =>
          withExtension(hello, 'signature_algorithms', {
            supported_signature_algorithms: [value, 0x0403],
          }),
        hello => withRaw(hello, raw(16, 0, 6, 2, value >> 8, value & 0xff, 2, 0x68, 0x32)),
        hello => withRaw(hello, raw(value)),
      ]
      return lists.reduce((hello, edit) => edit(hello), made) as unknown as typeof message
    },
  })
}

const id = (value: number) => [value >> 8, value & 0xff] as const
type Say = (peer: ServerPeer, value: number) => void
const hello =
  (edit: (message: ServerHello, value: number) => ServerHello): Say =>
  (peer, value) =>
    peer.stray(ServerHello, edit(peer.serverHello().message, value))
const retry =
  (edit: (message: ServerHello, value: number) => ServerHello): Say =>
  (peer, value) =>
    peer.stray(ServerHello, edit(peer.retryRequest('secp256r1'), value))
const flight =
  (edits: (value: number) => Parameters<ServerPeer['sendFlight']>[0]): Say =>
  (peer, value) => {
    peer.sendServerHello()
    peer.sendFlight(edits(value))
  }
const replaced = (message: ServerHello, extension: RawExtension): ServerHello => ({
  ...message,
  extensions: message.extensions.map(one =>
    one.extension_type === extension.extension_type ? extension : one,
  ),
})
const added = <T extends { extensions: readonly RawExtension[] }>(
  message: T,
  value: number,
): T => ({
  ...message,
  extensions: [...message.extensions, raw(value)],
})

const choices: readonly (readonly [string, AlertName, Under, Say])[] = [
  [
    'cipher_suite of a ServerHello',
    'illegal_parameter',
    'nothing',
    hello((message, cipher_suite) => ({ ...message, cipher_suite })),
  ],
  [
    'selected_version',
    'illegal_parameter',
    'nothing',
    hello((message, value) => replaced(message, raw(43, ...id(value)))),
  ],
  [
    'group of a server_share',
    'illegal_parameter',
    'nothing',
    hello((message, value) => replaced(message, raw(51, ...id(value), 0, 1, 0))),
  ],
  ['an extension of a ServerHello', 'illegal_parameter', 'nothing', hello(added)],
  [
    'cipher_suite of a HelloRetryRequest',
    'illegal_parameter',
    'nothing',
    retry((message, cipher_suite) => ({ ...message, cipher_suite })),
  ],
  [
    'selected_group',
    'illegal_parameter',
    'nothing',
    retry((message, value) => replaced(message, raw(51, ...id(value)))),
  ],
  ['an extension of a HelloRetryRequest', 'illegal_parameter', 'nothing', retry(added)],
  [
    'an extension of EncryptedExtensions',
    'illegal_parameter',
    'handshake',
    flight(value => ({ encryptedExtensions: message => added(message, value) })),
  ],
  [
    'the protocol of ALPN',
    'illegal_parameter',
    'handshake',
    flight(value => ({
      encryptedExtensions: ({ extensions }) => ({
        extensions: [...extensions, raw(16, 0, 3, 2, ...id(value))],
      }),
    })),
  ],
  [
    'an extension of a Certificate',
    'illegal_parameter',
    'handshake',
    flight(value => ({
      certificate: (message): Certificate => {
        const [leaf, ...others] = message.certificate_list
        if (!leaf) return message
        return { ...message, certificate_list: [added(leaf, value), ...others] }
      },
    })),
  ],
  [
    'algorithm of a CertificateVerify',
    'illegal_parameter',
    'handshake',
    flight(algorithm => ({ certificateVerify: message => ({ ...message, algorithm }) })),
  ],
]
for (const [what, alert, under, say] of choices)
  test(`rule 68: GREASE that our client offered comes back as ${what}: ${alert}`, t => {
    for (const value of [0x0a0a, 0x6a6a, 0xfafa]) {
      const peer = greased(value)
      say(peer, value)
      refused(t, peer, alert, under)
    }
  })

test('rule 68: GREASE in a CertificateRequest is passed over', t => {
  const peer = greased(0x1a1a)
  peer.connect({
    certificateRequest: message => ({
      ...message,
      extensions: [raw(13, 0, 4, 0x1a, 0x1a, 4, 3), raw(0x2a2a, 7)],
    }),
  })
  connected(t, peer)
})
