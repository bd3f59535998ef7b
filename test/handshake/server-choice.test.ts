/** What a server makes of an offer: which one is refused and when, which is asked again, and what is told of the outcome (RFC 9846 §4.2.1, §4.2.2, §9.2). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientConfig,
  type ClientHello,
  type EncryptedExtensions,
  extensionTypes,
  isHelloRetryRequest,
  type RetryState,
  readExtension,
  type ServerConfig,
  type ServerHello,
} from '@biopair/handshake'
import test from 'ava'
import { chosen, external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse } from '../support/converse.ts'

const { x25519, secp256r1 } = nodeCrypto.groups

/** Keeps what it is given; its cookie is a byte. */
function jar(): NonNullable<ServerConfig['cookies']> {
  let kept: RetryState | undefined
  return {
    seal: state => {
      kept = state
      return Uint8Array.of(1)
    },
    open: () => kept,
  }
}

const known: ConverseOptions = {
  client: { psk: true },
  server: { psk: true },
  clientAnswers: { psk_offer: () => [offered(external)] },
  serverAnswers: { psk: () => chosen({ ...external, once: false }) },
}
const unknown: ConverseOptions = { ...known, serverAnswers: {} }

/** A client that says something else in a ClientHello of its, the first or the second. */
const saying =
  (edit: (hello: ClientHello, index: number) => ClientHello): ClientConfig['edit'] =>
  (name, message) => {
    if (name !== 'ClientHello') return message
    const { extensions = [] } = message as ClientHello
    const again = extensions.some(({ extension_type }) => extension_type === extensionTypes.cookie)
    return edit(message as ClientHello, again ? 1 : 0) as typeof message
  }
const without =
  (...left: (keyof typeof extensionTypes)[]) =>
  (hello: ClientHello): ClientHello => ({
    ...hello,
    extensions: (hello.extensions ?? []).filter(
      ({ extension_type }) => !left.some(name => extensionTypes[name] === extension_type),
    ),
  })

/** Runs both; what they said, in order, and the outcome or what it ended with. */
function run(options: ConverseOptions) {
  const said: { name: string; message: unknown }[] = []
  const noting =
    (edit: ClientConfig['edit']): ClientConfig['edit'] =>
    (name, message) => {
      const edited = edit ? edit(name, message) : message
      said.push({ name, message: edited })
      return edited
    }
  const make = () =>
    converse({
      ...options,
      client: { ...options.client, edit: noting(options.client?.edit) },
      server: { ...options.server, edit: noting(options.server?.edit) },
    })
  const names = () => said.map(({ name }) => name)
  const of = <T>(name: string) =>
    said.filter(one => one.name === name).map(({ message }) => message as T)
  return { make, names, of }
}

// §4.3.2: a server that keeps nothing refuses at the first ClientHello what it will refuse at the second.
for (const [kept, more] of Object.entries({
  'that keeps its state': {},
  'that keeps nothing': { cookies: jar() },
})) {
  const asking = { groups: [secp256r1], ...more }
  const lacking = { edit: saying(without('signature_algorithms')) }

  test(`rule 19: an unknown key and no signature_algorithms are missing_extension, not a HelloRetryRequest, of a server ${kept}`, t => {
    const { make, names } = run({
      ...unknown,
      client: { ...unknown.client, ...lacking },
      server: { ...unknown.server, ...asking },
    })
    t.throws(make, { message: /^missing_extension \(MISSING_SIGALGS_EXTENSION/ })
    t.deepEqual(names(), ['ClientHello'])
  })

  test(`rule 19: with a key that is known signature_algorithms may be absent, and another share is asked for, of a server ${kept}`, t => {
    const { make } = run({
      ...known,
      client: { ...known.client, ...lacking },
      server: { ...known.server, ...asking },
    })
    const { client, server } = make()
    t.is(server.lines.filter(line => line.startsWith('> ServerHello')).length, 2)
    for (const { connected } of [client, server])
      t.like(connected, { group: 'secp256r1', authenticatedBy: 'psk', resumed: false })
  })

  test(`4.2.1: without a group in common, an unknown key is handshake_failure at the first ClientHello, of a server ${kept}`, t => {
    const { make, names } = run({
      ...unknown,
      client: { ...unknown.client, groups: [x25519] },
      server: { ...unknown.server, ...asking, pskModes: ['psk_ke', 'psk_dhe_ke'] },
    })
    t.throws(make, { message: /^handshake_failure \(NO_SUITABLE_KEY_SHARE/ })
    t.deepEqual(names(), ['ClientHello'])
  })

  test(`4.2.4: who has a share that fits is not asked again, of a server ${kept}`, t => {
    for (const cookie of ['never', 'with_retry'] as const) {
      const { make, names, of } = run({ server: { ...more, cookie } })
      t.truthy(make().server.connected)
      t.is(of('ServerHello').length, 1)
      t.is(names().filter(name => name === 'ClientHello').length, 1)
    }
  })

  test(`4.2.4: a HelloRetryRequest names the group that a share is wanted for, and none where a cookie is all, of a server ${kept}`, t => {
    for (const [config, named] of [
      [{ groups: [secp256r1], cookie: 'with_retry' }, secp256r1.id],
      [{ cookie: 'always' }, undefined],
    ] as const) {
      const { make, of } = run({ server: { ...more, ...config } })
      t.like(make().client.connected, { group: named ? 'secp256r1' : 'x25519' })
      const [retry] = of<ServerHello>('ServerHello')
      const asked = readExtension('HelloRetryRequest', 'key_share', retry?.extensions ?? [])
      t.is(asked?.selected_group, named)
      t.truthy(readExtension('HelloRetryRequest', 'cookie', retry?.extensions ?? []))
    }
  })

  test(`4.3.9: a key that stands alone needs no share behind a HelloRetryRequest either, of a server ${kept}`, t => {
    const alone = { pskModes: ['psk_ke'] } as const
    const { make } = run({
      ...known,
      client: { ...known.client, ...alone },
      server: { ...known.server, ...alone, ...more, cookie: 'always' },
    })
    const { client, server } = make()
    t.is(server.lines.filter(line => line.startsWith('> ServerHello')).length, 2)
    for (const { connected } of [client, server])
      t.like(connected, { group: undefined, authenticatedBy: 'psk' })
  })

  test(`4.2.2: a key that stood alone and is dropped after a cookie, where there is no share: illegal_parameter, of a server ${kept}`, t => {
    const alone = { pskModes: ['psk_ke'] } as const
    const { make, of } = run({
      ...known,
      client: {
        ...known.client,
        ...alone,
        shares: [],
        edit: saying((hello, index) => (index > 0 ? without('pre_shared_key')(hello) : hello)),
      },
      server: { ...known.server, ...alone, ...more, cookie: 'always' },
      serverAnswers: {
        psk: ({ identities }) =>
          identities.length > 0 ? chosen({ ...external, once: false }) : undefined,
      },
    })
    t.throws(make, { message: /^illegal_parameter \(BAD_KEY_SHARE/ })
    t.true(of<ServerHello>('ServerHello').every(isHelloRetryRequest))
  })

  // Appendix E.4: as soon as a legacy_session_id has a byte.
  for (const length of [0, 1, 32])
    for (const again of [false, true])
      test(`E.4: a legacy_session_id of ${length} bytes is answered by ${length > 0 ? 'one change_cipher_spec' : 'none'}${again ? ', after a HelloRetryRequest' : ''}, of a server ${kept}`, t => {
        const { make, of } = run({
          client: {
            compatibility: false,
            edit: saying(hello => ({ ...hello, legacy_session_id: new Uint8Array(length) })),
          },
          server: again ? asking : more,
        })
        const { server } = make()
        t.truthy(server.connected)
        const before = 'cookies' in more ? 'retry secp256r1 sealed' : 'retry secp256r1'
        const dummies = server.lines.filter(line => line === '> change_cipher_spec')
        t.is(dummies.length, length > 0 ? 1 : 0)
        const from = server.lines.indexOf('> change_cipher_spec')
        if (length > 0) t.is(server.lines[from - 1], again ? before : '.')
        for (const hello of of<ServerHello>('ServerHello'))
          t.is(hello.legacy_session_id_echo.length, length)
      })
}

test('4.7.1: a session that certificates began is told from one that a key began, on either side', t => {
  for (const { connected } of Object.values(converse()))
    t.like(connected, { authenticatedBy: 'certificate', resumed: false })
  for (const { connected } of Object.values(converse(known)))
    t.like(connected, { authenticatedBy: 'psk', resumed: false })
  for (const authenticatedBy of ['certificate', 'psk'] as const) {
    const more = { authenticatedBy, chain: [], early: undefined }
    const ends = converse({
      ...known,
      clientAnswers: { psk_offer: () => [offered(more)] },
      serverAnswers: { psk: () => chosen(more) },
    })
    for (const { connected } of Object.values(ends))
      t.like(connected, { authenticatedBy, resumed: true })
  }
})

test('9149 3: ticket_request is answered by the number of tickets that follow, and nothing is said to who did not ask', t => {
  const counts = { new_session_count: 5, resumption_count: 3 }
  const asked: (readonly [boolean, number | undefined])[] = []
  const ticketCount = (resumed: boolean, requested: number | undefined) => {
    asked.push([resumed, requested])
    return requested === undefined ? 1 : requested - 1
  }
  const session = { chain: [], early: undefined }
  const resumed = {
    clientAnswers: { psk_offer: () => [offered(session)] },
    serverAnswers: { psk: () => chosen(session) },
  }
  for (const [ticketRequest, more, due, said] of [
    [counts, {}, 4, 4],
    [counts, resumed, 2, 2],
    [undefined, {}, 1, undefined],
    [undefined, resumed, 1, undefined],
  ] as const) {
    const { make, of } = run({
      ...more,
      client: { psk: true, ticketRequest },
      server: { psk: true, ticketCount },
    })
    const { client, server } = make()
    const [parameters] = of<EncryptedExtensions>('EncryptedExtensions')
    const answer = readExtension(
      'EncryptedExtensions',
      'ticket_request',
      parameters?.extensions ?? [],
    )
    t.is(answer?.expected_count, said)
    t.like(server.connected, { ticketsDue: due, ticketsAllowed: true })
    t.like(client.connected, { ticketsDue: said })
  }
  t.deepEqual(asked, [
    [false, 5],
    [true, 3],
    [false, undefined],
    [true, undefined],
  ])
})

test('4.3.9: to a client that says no mode that the server has, no tickets are due', t => {
  for (const [client, server, due] of [
    [['psk_ke'], ['psk_dhe_ke'], 0],
    [['psk_dhe_ke'], ['psk_ke'], 0],
    [['psk_ke', 'psk_dhe_ke'], ['psk_ke'], 2],
    [['psk_ke'], ['psk_dhe_ke', 'psk_ke'], 2],
  ] as const) {
    const { connected } = converse({
      client: { pskModes: client },
      server: { pskModes: server },
    }).server
    t.like(connected, { ticketsAllowed: due > 0, ticketsDue: due })
  }
  t.like(converse({ client: { tickets: false } }).server.connected, {
    ticketsAllowed: false,
    ticketsDue: 0,
  })
})

for (const [what, change] of Object.entries<(hello: ClientHello) => ClientHello>({
  random: hello => ({ ...hello, random: new Uint8Array(32) }),
  legacy_session_id: hello => ({ ...hello, legacy_session_id: new Uint8Array(1) }),
  cipher_suites: hello => ({ ...hello, cipher_suites: [0x1301] }),
  'an extension that may not change': without('signature_algorithms'),
}))
  test(`rule 3: a second ClientHello that differs in ${what} is told so: illegal_parameter`, t => {
    const edit = saying((hello, index) => (index > 0 ? change(hello) : hello))
    t.throws(() => converse({ client: { edit }, server: { cookie: 'always' } }), {
      message: `illegal_parameter (BAD_EXTENSION, RFC 9846 4.2.2): ${what} differs between the two ClientHellos`,
    })
  })
