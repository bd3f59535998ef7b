/** Every extension in every message of a whole connection: misplaced, unsolicited, twice, with bytes behind it (field.md 11 to 13). */
import { concat } from '@biopair/crypto'
import {
  type Certificate,
  CertificateRequest,
  EncryptedExtensions,
  type Extension,
  type ExtensionMessage,
  encodeMessage,
  extensions,
  Finished,
  NewSessionTicket,
  type RawExtension,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { type AlertName, encode } from '@biopair/wire'
import test from 'ava'
import { sampleOf } from '../support/loose.ts'
import type { Peer, Under } from '../support/peer.ts'
import { connected, refused } from '../support/refused.ts'
import { ourClient, ourServer, raw, root } from '../support/rule-ends.ts'

const rows: readonly Extension[] = Object.values(extensions)

type Block = { readonly extensions: readonly RawExtension[] }
/** The extension in the place of one of its kind, or behind the others. */
const put =
  (extension: RawExtension) =>
  <T extends Block>(message: T): T => ({
    ...message,
    extensions: [
      ...message.extensions.filter(one => one.extension_type !== extension.extension_type),
      extension,
    ],
  })
/** Beside one of its kind. */
const add =
  (...more: readonly RawExtension[]) =>
  <T extends Block>(message: T): T => ({ ...message, extensions: [...message.extensions, ...more] })

type Change = <T extends Block>(message: T) => T
interface Place {
  readonly message: ExtensionMessage
  readonly to: string
  readonly under: Under
  readonly say: (change: Change) => Peer
}

const onLeaf =
  (change: Change) =>
  (made: Certificate): Certificate => {
    const [leaf, ...others] = made.certificate_list
    if (!leaf) return made
    return { ...made, certificate_list: [change(leaf), ...others] }
  }

/** Where each message goes to one of our ends, and the keys that the alert about it travels under. */
const places: readonly Place[] = [
  {
    message: 'ClientHello',
    to: 'our server',
    under: 'nothing',
    say: change => {
      const peer = ourServer()
      const hello = peer.clientHello('x25519')
      const { extensions: made } = change({ extensions: hello.extensions ?? [] })
      peer.sendMadeHello({ ...hello, extensions: [...made] })
      return peer
    },
  },
  {
    message: 'ServerHello',
    to: 'our client',
    under: 'nothing',
    say: change => {
      const peer = ourClient()
      peer.stray(ServerHello, change(peer.serverHello().message))
      return peer
    },
  },
  {
    message: 'HelloRetryRequest',
    to: 'our client',
    under: 'nothing',
    say: change => {
      const peer = ourClient()
      peer.stray(ServerHello, change(peer.retryRequest('secp256r1')))
      return peer
    },
  },
  {
    message: 'EncryptedExtensions',
    to: 'our client',
    under: 'handshake',
    say: change => {
      const peer = ourClient()
      peer.sendServerHello()
      peer.sendFlight({ encryptedExtensions: change })
      return peer
    },
  },
  {
    message: 'CertificateRequest',
    to: 'our client',
    under: 'handshake',
    say: change => {
      const peer = ourClient()
      peer.sendServerHello()
      peer.sendFlight({ certificateRequest: change })
      return peer
    },
  },
  {
    message: 'Certificate',
    to: 'our client',
    under: 'handshake',
    say: change => {
      const peer = ourClient()
      peer.sendServerHello()
      peer.sendFlight({ certificate: onLeaf(change) })
      return peer
    },
  },
  {
    message: 'Certificate',
    to: 'our server',
    under: 'application',
    say: change => {
      const peer = ourServer({ requestCert: true, ca: root.pem })
      peer.sendHello()
      peer.step()
      peer.sendAuthentication({ certificate: onLeaf(change) })
      return peer
    },
  },
  {
    message: 'NewSessionTicket',
    to: 'our client',
    under: 'application',
    say: change => {
      const peer = ourClient()
      peer.connect()
      peer.handshake(
        encodeMessage(
          NewSessionTicket,
          change({
            ticket_lifetime: 60,
            ticket_age_add: 0,
            ticket_nonce: Uint8Array.of(1),
            ticket: Uint8Array.of(1),
            extensions: [],
          }) as NewSessionTicket,
        ),
      )
      return peer
    },
  },
]

/** Messages that answer another one: RFC 9846 section 4.3. */
const responses: readonly ExtensionMessage[] = [
  'ServerHello',
  'HelloRetryRequest',
  'EncryptedExtensions',
  'Certificate',
]
/** The extensions that an end of ours has asked for where a response comes. */
function askedFor(message: ExtensionMessage, to: string): readonly number[] {
  const asking = ourServer({ requestCert: true, ca: root.pem })
  asking.sendHello()
  asking.step()
  const request =
    to === 'our client'
      ? ourClient().hello?.extensions
      : asking.said(CertificateRequest)[0]?.extensions
  const ids = (request ?? []).map(({ extension_type }) => extension_type)
  return message === 'HelloRetryRequest' ? [...ids, extensions.cookie.id] : ids
}

/** An extension as it stands in a message, or somewhere else where it has no place there. */
function sample(row: Extension, message: ExtensionMessage): RawExtension {
  const codec = row.in[message] ?? Object.values(row.in)[0]
  if (!codec) throw new Error(`${row.name} stands nowhere`)
  return { extension_type: row.id, extension_data: encode(codec, sampleOf(codec.shape)) }
}

/** Extensions whose data has no end of its own: nothing can be behind it. */
const endless = ['padding', 'quic_transport_parameters']
for (const { message, to, under, say } of places) {
  const answers = responses.includes(message)
  const stands = (row: Extension) => row.in[message] !== undefined
  const requested = answers ? askedFor(message, to) : []
  const asked = (row: Extension) => requested.includes(row.id)
  const all = (
    t: Parameters<typeof refused>[0],
    alert: AlertName,
    list: readonly Extension[],
    change: (row: Extension) => Change,
  ) => {
    t.true(list.length > 0)
    for (const row of list) {
      const error = refused(t, say(change(row)), alert, under)
      t.truthy(error, row.name)
    }
  }

  test(`rule 12: each extension that may not stand in ${message} to ${to}: illegal_parameter`, t => {
    // Those of TLS 1.2 alone are none that TLS 1.3 knows.
    const list = rows.filter(
      row => !stands(row) && !Object.keys(row.in).every(place => place.endsWith('12')),
    )
    all(t, 'illegal_parameter', list, row => put(sample(row, message)))
  })
  if (answers) {
    // RFC 9345 §4.1.1 has an alert of its own for a delegated credential: rule 63.
    const unasked = rows.filter(
      row => stands(row) && !asked(row) && row.name !== 'delegated_credential',
    )
    if (unasked.length > 0)
      test(`rule 12: each extension that may stand in ${message} and was not asked for, to ${to}: unsupported_extension`, t => {
        all(t, 'unsupported_extension', unasked, row => put(sample(row, message)))
      })
    test(`rule 12: an extension that nobody knows in ${message} to ${to}: unsupported_extension`, t => {
      for (const id of [0x1234, 0x8a8a, 0xff01, 35])
        refused(t, say(add(raw(id))), 'unsupported_extension', under)
    })
  } else
    test(`rule 11, rule 12: extensions that nobody knows in ${message} to ${to} are passed over, whatever their data`, t => {
      const unknown = [raw(0x1234, 255, 255, 255), raw(0x8a8a), raw(0xff01, 1), raw(35, 0)]
      const peer = say(message => ({
        ...message,
        extensions: [...unknown, ...message.extensions],
      }))
      t.is(peer.step().status, 'want_read')
      t.deepEqual(peer.alerts, [])
    })
  const known = rows.filter(row => stands(row) && (!answers || asked(row)))
  if (known.length > 0) {
    test(`rule 13: each extension of ${message} to ${to} twice: illegal_parameter`, t => {
      // pre_shared_key is last, so that what is behind it is refused for that as well.
      all(t, 'illegal_parameter', known, row => add(sample(row, message), sample(row, message)))
    })
    test(`rule 11: a byte behind each extension of ${message} to ${to}: decode_error`, t => {
      const list = known.filter(({ name }) => !endless.includes(name))
      all(t, 'decode_error', list, row => {
        const { extension_type, extension_data } = sample(row, message)
        return put({ extension_type, extension_data: concat(extension_data, Uint8Array.of(0)) })
      })
    })
  }
  if (!answers)
    test(`rule 13: an extension that nobody knows twice in ${message} to ${to}: illegal_parameter`, t => {
      for (const id of [0x1234, 0x8a8a])
        refused(t, say(add(raw(id, 1), raw(id))), 'illegal_parameter', under)
    })
}

test('rule 13: pre_shared_key stands anywhere in a ServerHello', t => {
  for (const place of [0, 1, 2]) {
    const key = new Uint8Array(32).fill(4)
    const peer = ourClient({ psks: [{ identity: 'a', key }] })
    peer.psk = key
    const { message, secret } = peer.serverHello()
    const psk = writeExtension('ServerHello', 'pre_shared_key', { selected_identity: 0 })
    peer.handshake(
      peer.say(ServerHello, {
        ...message,
        extensions: message.extensions.toSpliced(place, 0, psk),
      }),
    )
    peer.takeHandshakeKeys(secret)
    peer.send(EncryptedExtensions, peer.encryptedExtensions())
    peer.send(Finished, peer.finished())
    peer.step()
    connected(t, peer)
  }
})
