/** What both ends make of what a man in the middle changes: the other end takes it for its peer's, and the right check finds it out. */

import {
  AnyServerHello,
  Certificate,
  ClientHello,
  EncryptedExtensions,
  encodeMessage,
  extensionTypes,
  KeyUpdate,
  ServerHello12,
} from '@biopair/handshake'
import { TlsAlert } from '@biopair/ssl'
import { type Edit, type Editor, edited, messageIn, type Seen } from '@biopair/testkit/middle'
import test from 'ava'
import { carried, shaken, tapped, v12 } from './support.ts'

/** Without an extension, where it is there. */
function without<
  T extends { readonly extensions?: readonly { readonly extension_type: number }[] | undefined },
>(message: T, id: number): T | undefined {
  const { extensions = [] } = message
  const left = extensions.filter(({ extension_type }) => extension_type !== id)
  return left.length < extensions.length ? { ...message, extensions: left } : undefined
}

/** On the message of a name, the first time that it comes. */
function once(name: string, edit: (seen: Seen) => Edit): Editor {
  let done = false
  return seen => {
    if (done || (seen.message ?? seen.type) !== name) return undefined
    done = true
    return edit(seen)
  }
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const other = bytes.slice()
  other[at] = (other[at] as number) ^ 1
  return other
}

interface Case {
  readonly title: string
  readonly edit: () => Editor
  readonly older?: true
  /** Both versions. */
  readonly both?: true
  readonly client: string
  readonly server: string
}

const alpn = extensionTypes.application_layer_protocol_negotiation

const cases: readonly Case[] = [
  {
    title:
      'ALPN taken out of a ClientHello: the keys agree no more, and the Finished of the server is found wrong',
    edit: () =>
      once('ClientHello', seen => edited(seen, ClientHello, hello => without(hello, alpn))),
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'ALPN taken out of EncryptedExtensions: what the server signed is another transcript',
    edit: () =>
      once('EncryptedExtensions', seen =>
        edited(seen, EncryptedExtensions, said => without(said, alpn)),
      ),
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'a bit of the certificate flipped: bad_certificate',
    edit: () =>
      once('Certificate', seen =>
        edited(seen, Certificate, said => ({
          ...said,
          certificate_list: said.certificate_list.map((entry, i) =>
            i > 0
              ? entry
              : {
                  ...entry,
                  cert_data: flipped(
                    entry.cert_data,
                    entry.cert_data.length - 1,
                  ) as Uint8Array<ArrayBuffer>,
                },
          ),
        })),
      ),
    client: 'sent bad_certificate',
    server: 'received bad_certificate',
  },
  {
    title: 'a bit of the signature flipped: decrypt_error',
    edit: () => once('CertificateVerify', ({ bytes }) => flipped(bytes, bytes.length - 1)),
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'CertificateVerify dropped: unexpected_message',
    edit: () => once('CertificateVerify', () => 'drop'),
    client: 'sent unexpected_message',
    server: 'received unexpected_message',
  },
  {
    title: 'a message said twice: unexpected_message',
    edit: () => once('Certificate', ({ bytes }) => [bytes, bytes]),
    client: 'sent unexpected_message',
    server: 'received unexpected_message',
  },
  {
    title: 'Certificate behind CertificateVerify: unexpected_message',
    edit: () => once('Certificate', () => ({ after: 1 })),
    client: 'sent unexpected_message',
    server: 'received unexpected_message',
  },
  {
    title: "a bit of the client's Finished flipped: decrypt_error",
    edit: () => seen =>
      seen.message === 'Finished' && seen.from === 'client' ? flipped(seen.bytes, 10) : undefined,
    client: 'done',
    server: 'sent decrypt_error',
  },
  {
    title: 'TLS 1.3 taken out of the versions of both: the end of the random gives it away',
    edit: () =>
      once('ClientHello', seen =>
        edited(seen, ClientHello, hello => without(hello, extensionTypes.supported_versions)),
      ),
    both: true,
    client: 'sent illegal_parameter',
    server: 'received illegal_parameter',
  },
  {
    title:
      'and with that end of the random replaced: the signature of the server is of other randoms',
    edit: () => seen =>
      edited(seen, ClientHello, hello => without(hello, extensionTypes.supported_versions)) ??
      edited(seen, ServerHello12, hello => ({
        ...hello,
        random: hello.random.map((byte, i) => (i < 24 ? byte : 7)),
      })),
    both: true,
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'a bit of the random of a ServerHello flipped: the keys agree no more',
    edit: () => once('ServerHello', ({ bytes }) => flipped(bytes, 10)),
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title:
      'another suite in the ServerHello: what follows cannot be opened, or is signed otherwise',
    edit: () =>
      once('ServerHello', seen =>
        edited(seen, AnyServerHello, hello => ({
          ...hello,
          cipher_suite: hello.cipher_suite === 0x1301 ? 0x1303 : 0x1301,
        })),
      ),
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'TLS 1.2: extended_master_secret taken out of the ClientHello: handshake_failure',
    edit: () =>
      once('ClientHello', seen =>
        edited(seen, ClientHello, hello => without(hello, extensionTypes.extended_master_secret)),
      ),
    older: true,
    client: 'received handshake_failure',
    server: 'sent handshake_failure',
  },
  {
    title: 'TLS 1.2: a bit of the signed parameters flipped: decrypt_error',
    edit: () => once('ServerKeyExchange', ({ bytes }) => flipped(bytes, bytes.length - 1)),
    older: true,
    client: 'sent decrypt_error',
    server: 'received decrypt_error',
  },
  {
    title: 'TLS 1.2: ALPN taken out of both hellos: the Finished of the client is found wrong',
    edit: () => seen => edited(seen, ClientHello, hello => without(hello, alpn)),
    older: true,
    client: 'received decrypt_error',
    server: 'sent decrypt_error',
  },
  {
    title: "TLS 1.2: a bit of the server's Finished flipped: decrypt_error",
    edit: () => seen =>
      seen.message === 'Finished' && seen.from === 'server' ? flipped(seen.bytes, 8) : undefined,
    older: true,
    client: 'sent decrypt_error',
    server: 'done',
  },
  {
    title: 'TLS 1.2: change_cipher_spec dropped: the Finished behind it comes too early',
    edit: () => once('change_cipher_spec', () => 'drop'),
    older: true,
    client: 'received unexpected_message',
    server: 'sent unexpected_message',
  },
]

for (const { title, edit, older, both, client, server } of cases)
  test(title, t => {
    const version = older ? v12 : both ? { minVersion: 'TLSv1.2' as const } : {}
    const options = { ...version, ALPNProtocols: ['h2'] }
    const tap = tapped({ client: options, server: options, edit: edit() })
    t.deepEqual(shaken(tap), { client, server }, tap.lines.join('\n'))
  })

test('a ticket is dropped: the client has no session, and nothing else is amiss', t => {
  const drop: Editor = seen => (seen.message === 'NewSessionTicket' ? 'drop' : undefined)
  const sessions: unknown[] = []
  const client = { onSession: (session: unknown) => sessions.push(session) }
  const tap = tapped({ client, server: { numTickets: 2 }, edit: drop })
  t.deepEqual(shaken(tap), { client: 'done', server: 'done' })
  t.is(carried(tap, tap.server, tap.client, 'there'), 'there')
  t.is(tap.seen.filter(({ message }) => message === 'NewSessionTicket').length, 2)
  t.is(sessions.length, 0)
})

for (const older of [false, true])
  test(`records of application data in another order, more and fewer of them: ${older ? 'TLS 1.2' : 'TLS 1.3'}`, t => {
    const version = older ? v12 : {}
    const edits = new Map<string, Edit>([
      ['one', { after: 2 }],
      ['four', 'drop'],
      ['five', [new TextEncoder().encode('and'), new TextEncoder().encode('more')]],
    ])
    const edit: Editor = ({ type, bytes }) =>
      type === 'application_data' ? edits.get(Buffer.from(bytes).toString()) : undefined
    const tap = tapped({ client: version, server: version, edit })
    shaken(tap)
    t.is(
      carried(tap, tap.client, tap.server, 'one', 'two', 'three', 'four', 'five', 'six'),
      'twothreeoneandmoresix',
    )
    t.is(carried(tap, tap.server, tap.client, 'still here'), 'still here')
  })

for (const keys of ['each', 'client', 'server'] as const)
  test(`a KeyUpdate is put in, answered, and both go on; one is dropped, and the next record does not open (keys: ${keys})`, t => {
    let dropping = false
    const tap = tapped({
      keys,
      edit: ({ message }) => (dropping && message === 'KeyUpdate' ? 'drop' : undefined),
    })
    shaken(tap)
    t.is(carried(tap, tap.client, tap.server, 'before'), 'before')
    tap.middle.send('client', {
      type: 'handshake',
      content: encodeMessage(KeyUpdate, { request_update: 'update_requested' }),
    })
    t.is(carried(tap, tap.client, tap.server, 'behind'), 'behind')
    t.is(carried(tap, tap.server, tap.client, 'and back'), 'and back')
    t.is(tap.seen.filter(({ message }) => message === 'KeyUpdate').length, 1, "the server's answer")
    dropping = true
    tap.client.keyUpdate()
    t.is(
      carried(tap, tap.client, tap.server, 'under a key that the server does not have'),
      'under a key that the server does not have',
    )
  })

test('padding is seen, and kept where the content is changed', t => {
  const edit: Editor = ({ type }) =>
    type === 'application_data' ? new TextEncoder().encode('other') : undefined
  const tap = tapped({ client: { padding: 64 }, edit })
  shaken(tap)
  t.is(carried(tap, tap.client, tap.server, 'this'), 'other')
  t.is(tap.seen.at(-1)?.padding, 60)
})

test('an alert is put in as the server would say it', t => {
  const tap = tapped()
  shaken(tap)
  tap.middle.send('server', { type: 'alert', content: Uint8Array.of(2, 80) })
  tap.pump.step()
  const read = tap.client.read(new Uint8Array(10))
  t.true(
    read.status === 'failed' &&
      read.error instanceof TlsAlert &&
      read.error.alert === 'internal_error',
  )
})

test('with the key log of one end alone, an edited hello ends in records that neither can open', t => {
  const edit = () =>
    once('ClientHello', seen => edited(seen, ClientHello, hello => without(hello, alpn)))
  const options = { ALPNProtocols: ['h2'] }
  const tap = tapped({ keys: 'server', client: options, server: options, edit: edit() })
  t.deepEqual(shaken(tap), { client: 'sent bad_record_mac', server: 'sent bad_record_mac' })
})

test('what is no message of a type is no edit', t => {
  const seen: Seen = {
    from: 'client',
    index: 0,
    epoch: 'clear',
    generation: 0,
    type: 'handshake',
    message: 'ClientHello',
    bytes: Uint8Array.of(1, 0, 0, 1, 9),
    padding: 0,
  }
  t.is(messageIn(seen, ClientHello), undefined)
  t.is(
    edited(seen, KeyUpdate, value => value),
    undefined,
  )
})

test('of what is delayed the oldest goes where more is held than may be', t => {
  const edit: Editor = ({ type }) => (type === 'application_data' ? { after: 1000 } : undefined)
  const tap = tapped({ edit, maxHeld: 4000 })
  shaken(tap)
  const texts = ['a', 'b', 'c', 'd', 'e', 'f'].map(letter => letter.repeat(900))
  t.is(carried(tap, tap.client, tap.server, ...texts), `${texts[0]}${texts[1]}`)
})
