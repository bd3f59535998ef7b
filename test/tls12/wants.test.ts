/** What each end of TLS 1.2 asks its application, to the last field, and what it makes of answers that say no. */
import { cipherSuites12, pskCipherSuites12, signatureSchemes } from '@biopair/crypto'
import {
  type AnyWant,
  type ChosenSession12,
  certificates,
  is12,
  type OfferedSession12,
} from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import { chosen, external, offered } from '../support/conversations.ts'
import {
  type Answers,
  type ConverseOptions,
  converse,
  peerKey,
  usual,
} from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const identity = identityOf('p256')
const { chain, scheme } = identity
const older = { versions: ['TLSv1.2'] } as const
const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const none = new Uint8Array(0)
const suite = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const otherSuite = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
const { TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 } = cipherSuites12
const pskSuite = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256

/** Answers that are given, and what was asked. */
function heard(answers: Answers = {}): { readonly wants: AnyWant[]; readonly answers: Answers } {
  const wants: AnyWant[] = []
  const noted = Object.entries({ ...usual, ...answers }).map(([name, answer]) => [
    name,
    (want: AnyWant) => {
      wants.push(want)
      return (answer as (want: AnyWant) => unknown)(want)
    },
  ])
  return { wants, answers: Object.fromEntries(noted) }
}

/** All that both asked, messages left out. */
function asked(options: ConverseOptions): Readonly<Record<'client' | 'server', AnyWant[]>> {
  const [client, server] = [heard(options.clientAnswers), heard(options.serverAnswers)]
  const ends = converse({
    client: { ...older, ...options.client },
    server: { ...older, ...options.server },
    clientAnswers: client.answers,
    serverAnswers: server.answers,
  })
  for (const { connected } of [ends.client, ends.server])
    if (!connected || !is12(connected)) throw new Error('no connection of TLS 1.2')
  return { client: client.wants, server: server.wants }
}

const of = <K extends AnyWant['want']>(wants: readonly AnyWant[], name: K) =>
  wants.filter((want): want is Extract<AnyWant, { want: K }> => want.want === name)

const order = (wants: readonly AnyWant[]) => wants.map(({ want }) => want)

test('a server asks for what it needs, once each', t => {
  const { server } = asked({})
  t.deepEqual(order(server), ['client_hello', 'server_name', 'certificate', 'signature'])
  const [hello, name, certificate, signature] = server
  t.is((hello as { retried: boolean }).retried, false)
  t.deepEqual(name, { want: 'server_name', serverName: 'server.example' })
  t.deepEqual(certificate, {
    want: 'certificate',
    role: 'server',
    schemes: [scheme],
    certificateSchemes: [scheme],
    authorities: [],
    serverName: 'server.example',
    types: ['x509'],
    delegatedSchemes: [],
    version: 'TLSv1.2',
  })
  t.like(signature, { want: 'signature', scheme, identity: { chain } })
})

test('a client has the server judged, by its role', t => {
  const { client } = asked({})
  t.deepEqual(client, [
    {
      want: 'verification',
      role: 'server',
      chain,
      shown: certificates,
      stapled: chain.map(() => ({ ocspResponse: undefined, scts: [] })),
      resuming: false,
    },
  ])
})

test('a client that asks for a status has it judged, at the end of the flight, or its absence', t => {
  for (const response of [bytes('a response'), undefined]) {
    const { client, server } = asked({
      client: { requestOcsp: true },
      serverAnswers: { ocsp_request: () => response },
    })
    t.deepEqual(order(client), ['verification', 'ocsp_response'])
    t.deepEqual(client[1], { want: 'ocsp_response', response })
    const [request] = of(server, 'ocsp_request')
    t.like(request, { role: 'server', serverName: 'server.example', identity: { chain } })
  }
  t.throws(
    () => asked({ client: { requestOcsp: true }, clientAnswers: { ocsp_response: () => false } }),
    { message: /^bad_certificate_status_response/ },
  )
})

test('a server that shows no X.509 asks for no status', t => {
  const rpk = { serverTypes: ['rpk'], clientTypes: ['x509'] } as const
  const { server } = asked({
    client: { ...rpk, requestOcsp: true, requestScts: true },
    server: rpk,
    serverAnswers: {
      certificate: () => ({ chain: [bytes('a key')], schemes: [scheme], type: 'rpk' }),
    },
  })
  t.deepEqual(of(server, 'ocsp_request'), [])
  t.deepEqual(of(server, 'certificate')[0]?.types, ['rpk'])
})

test('what a client says of itself reaches whoever chooses the certificate', t => {
  const { rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256, ed25519, mldsa44 } = signatureSchemes
  const { server } = asked({
    client: {
      serverName: undefined,
      schemes: [mldsa44, rsa_pss_rsae_sha256, ed25519, ecdsa_secp256r1_sha256],
      certificateSchemes: [ed25519, ecdsa_secp256r1_sha256],
      alpn: [bytes('h2'), bytes('h3')],
    },
  })
  const [certificate] = of(server, 'certificate')
  // The suite is of ECDSA keys: RSA does not go with it (RFC 8422 §2), and ML-DSA is none of TLS 1.2.
  t.deepEqual(certificate?.schemes, [ed25519, ecdsa_secp256r1_sha256])
  t.deepEqual(certificate?.certificateSchemes, [ed25519, ecdsa_secp256r1_sha256])
  t.is(certificate?.serverName, undefined)
  t.deepEqual(of(server, 'alpn'), [
    { want: 'alpn', offered: [bytes('h2'), bytes('h3')], serverName: undefined },
  ])
})

test('what a server asks for reaches the client, and the client is judged as one', t => {
  const authorities = [bytes('a name')]
  const { rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256 } = signatureSchemes
  const { client, server } = asked({
    server: {
      clientCertificate: 'require',
      authorities,
      schemes: [rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256],
    },
  })
  t.deepEqual(order(client), ['verification', 'certificate', 'signature'])
  t.deepEqual(client[1], {
    want: 'certificate',
    role: 'client',
    schemes: [rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256],
    certificateSchemes: [rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256],
    authorities,
    serverName: undefined,
    types: ['x509'],
    delegatedSchemes: [],
    version: 'TLSv1.2',
  })
  t.deepEqual(of(server, 'verification'), [
    {
      want: 'verification',
      role: 'client',
      chain,
      shown: certificates,
      stapled: chain.map(() => ({ ocspResponse: undefined, scts: [] })),
      resuming: false,
    },
  ])
})

for (const role of ['client', 'server'] as const)
  test(`what a ${role} is told of the other's chain is the alert that ends it`, t => {
    const alert = new TlsAlert('certificate_revoked', {
      reason: 'CERT_REVOKED',
      section: 'RFC 5280 6.3',
      why: 'a test says so',
    })
    const refusing: Answers = { verification: () => ({ trusted: false, alert }) }
    const error = t.throws(() =>
      asked({
        server: { clientCertificate: 'require' },
        ...(role === 'client' ? { clientAnswers: refusing } : { serverAnswers: refusing }),
      }),
    )
    t.is(error as unknown, alert)
  })

const answersOf = (name: string) => ({ server_name: () => JSON.parse(name) as object })
test('what is said to a name stands in the place of what the configuration says', t => {
  const { client } = asked({ serverAnswers: answersOf('{"clientCertificate":"request"}') })
  t.true(order(client).includes('certificate'))
  const { client: unasked } = asked({
    server: { clientCertificate: 'require' },
    serverAnswers: answersOf('{"clientCertificate":"none"}'),
  })
  t.false(order(unasked).includes('certificate'))
})

// Keys in place of certificates (RFC 4279, RFC 5489).

const keys: ConverseOptions = {
  client: { suites12: [pskSuite], psk: true },
  server: { suites12: [pskSuite], psk: true, pskIdentityHint: bytes('a hint') },
  clientAnswers: { psk_offer: () => [offered(external)] },
  serverAnswers: { psk: () => chosen({ ...external, once: false }) },
}

test('both are asked for the key: the client with the hint, the server with the identity', t => {
  const { client, server } = asked(keys)
  t.deepEqual(client, [
    { want: 'psk_offer', hashes: ['sha256'], version: 'TLSv1.2', hint: bytes('a hint') },
  ])
  t.deepEqual(order(server), ['client_hello', 'server_name', 'psk'])
  t.deepEqual(server[2], {
    want: 'psk',
    identities: [{ identity: bytes('ticket'), obfuscated_ticket_age: 0 }],
    hashes: ['sha256'],
    serverName: 'server.example',
    version: 'TLSv1.2',
  })
  const bare = asked({ ...keys, server: { suites12: [pskSuite], psk: true } })
  t.deepEqual(of(bare.client, 'psk_offer')[0]?.hint, none)
})

test('a server prefers what stands first, and takes a key where it has no certificate', t => {
  const both = (...suites12: (typeof suite | typeof pskSuite)[]): ConverseOptions => ({
    ...keys,
    client: { suites12: [suite, pskSuite], psk: true },
    server: { suites12, psk: true },
  })
  t.false(order(asked(both(pskSuite, suite)).server).includes('certificate'))
  const certified = order(asked(both(suite, pskSuite)).server)
  t.true(certified.includes('certificate') && !certified.includes('psk'))
  const bare = both(suite, pskSuite)
  const without = order(
    asked({ ...bare, serverAnswers: { ...bare.serverAnswers, certificate: () => undefined } })
      .server,
  )
  t.true(without.includes('certificate') && without.includes('psk'))
  const unfit = order(
    asked({
      ...bare,
      serverAnswers: {
        ...bare.serverAnswers,
        certificate: () => ({
          chain,
          schemes: [signatureSchemes.ed25519],
        }),
      },
    } as ConverseOptions).server,
  )
  t.true(unfit.includes('certificate') && unfit.includes('psk'))
})

test('a suite with a key is of no certificate', t => {
  // An ECDSA key goes with neither: RSA has other keys, and a pre-shared key none.
  const server = { suites12: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, pskSuite], psk: true }
  const wants = asked({ ...keys, client: server, server }).server
  t.deepEqual(of(wants, 'certificate')[0]?.schemes, [])
  t.true(order(wants).includes('psk'))
  t.false(order(wants).includes('signature'))
})

test('RFC 5246 7.4.4: a client is asked for schemes of the kinds of keys that the server takes', t => {
  const { rsa_pkcs1_sha256, rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256, ed25519 } =
    signatureSchemes
  const schemes = [rsa_pkcs1_sha256, ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, ed25519]
  for (const [types, fitting] of [
    [[64], [ecdsa_secp256r1_sha256, ed25519]],
    [[1], [rsa_pkcs1_sha256, rsa_pss_rsae_sha256]],
    [[1, 64], schemes],
    [[2, 65], []],
  ] as const) {
    const { client } = asked({
      server: {
        clientCertificate: 'request',
        schemes,
        edit: (name, message) =>
          name === 'CertificateRequest'
            ? { ...message, certificate_types: Uint8Array.from(types) }
            : message,
      },
    })
    t.deepEqual(of(client, 'certificate')[0]?.schemes, fitting)
  }
})

test('RFC 4279 2: with a key, nobody asks the client for a certificate, and no scheme is needed', t => {
  const { client, server } = asked({
    ...keys,
    server: { ...keys.server, clientCertificate: 'require' },
    client: {
      ...keys.client,
      edit: (name, message) => {
        const hello = message as { extensions?: readonly { readonly extension_type: number }[] }
        if (name !== 'ClientHello') return message
        const extensions = hello.extensions?.filter(({ extension_type }) => extension_type !== 13)
        return { ...message, extensions }
      },
    },
  })
  t.deepEqual(order(client), ['psk_offer'])
  t.false(order(server).includes('verification'))
})

// Sessions (RFC 5246 §7.4.1.2, RFC 5077 §3.4).

const master = () => Uint8Array.from({ length: 48 }, (_, i) => i)
const known = { masterSecret: none, suite, chain, shown: certificates } as const
const session12 = (more: Partial<OfferedSession12> = {}): OfferedSession12 => ({
  ...{ ...known, masterSecret: master(), authenticatedBy: 'certificate' },
  ...{ id: bytes('an id'), ticket: none },
  ...more,
})
const chosen12 = (more: Partial<ChosenSession12> = {}): ChosenSession12 => ({
  ...{ ...known, masterSecret: master(), chain: [], authenticatedBy: 'certificate', until: 9 },
  ...more,
})
const byId = { issues: true, by: 'id', keep: () => {} } as const
const resuming = (
  client: Partial<OfferedSession12>,
  server: Partial<ChosenSession12>,
  more: ConverseOptions = {},
): ConverseOptions => ({
  ...more,
  client: { session12: session12(client), ...more.client },
  server: { sessions12: byId, ...more.server },
  serverAnswers: { session: () => chosen12(server), ...more.serverAnswers },
})

/** Whether the session was offered, and whether both went on with it. */
function resumes(t: ExecutionContext, options: ConverseOptions): readonly [boolean, boolean] {
  const { client, server } = heardOf(options)
  t.is(client.resumed, server.resumed)
  return [server.offered, client.resumed]
}

function heardOf(options: ConverseOptions) {
  const server = heard(options.serverAnswers)
  const ends = converse({
    ...options,
    client: { ...older, ...options.client },
    server: { ...older, ...options.server },
    serverAnswers: server.answers,
  })
  const [mine, theirs] = [ends.client.connected, ends.server.connected]
  if (!mine || !theirs) throw new Error('no connection')
  return {
    client: { resumed: mine.resumed },
    server: { resumed: theirs.resumed, offered: of(server.wants, 'session').length > 0 },
  }
}

const [both, offeredAlone, neither] = [
  [true, true],
  [true, false],
  [false, false],
] as const

test('a client has the server of its session judged anew, and a server its client', t => {
  const { client, server } = asked(
    resuming({}, { chain }, { server: { clientCertificate: 'request' } }),
  )
  const again = { want: 'verification', chain, shown: certificates, resuming: true } as const
  t.deepEqual(client, [{ ...again, role: 'server' }])
  t.deepEqual(of(server, 'verification'), [{ ...again, role: 'client' }])
  t.deepEqual(of(server, 'session'), [
    { want: 'session', id: bytes('an id'), ticket: none, serverName: 'server.example' },
  ])
})

test('a ticket goes by a name of 32 bytes that is made up each time', t => {
  const ids = [0, 1].map(() => {
    const [want] = of(asked(resuming({ id: none, ticket: bytes('t') }, {})).server, 'session')
    t.deepEqual(want?.ticket, bytes('t'))
    return want?.id
  })
  t.deepEqual(
    ids.map(id => id?.length),
    [32, 32],
  )
  t.notDeepEqual(ids[0], ids[1])
})

test('nobody asks for a session that has neither id nor ticket', t => {
  for (const tickets of [true, false])
    t.deepEqual(
      of(asked({ client: { tickets }, server: { sessions12: byId } }).server, 'session'),
      [],
    )
})

test('whoever showed nothing is not judged', t => {
  const { client, server } = asked(resuming({ chain: [] }, {}))
  t.deepEqual(client, [])
  t.deepEqual(of(server, 'verification'), [])
})

const alert = new TlsAlert('unknown_ca', { reason: 'R', section: '0', why: 'a test says so' })
const first = (answer: 'no'): Answers => ({
  verification: ({ resuming }) =>
    resuming && answer === 'no' ? { trusted: false, alert } : { trusted: true, key: peerKey() },
})

const cases: Readonly<Record<string, readonly [ConverseOptions, readonly [boolean, boolean]]>> = {
  'a session that both have': [resuming({}, {}), both],
  'a session that the server does not know': [
    resuming({}, {}, { serverAnswers: { session: () => undefined } }),
    offeredAlone,
  ],
  'a server that keeps no sessions': [
    resuming({}, {}, { server: { sessions12: undefined } }),
    neither,
  ],
  'a server that issues no more, and goes on with those of before': [
    resuming({}, {}, { server: { sessions12: { ...byId, issues: false } } }),
    both,
  ],
  'a session whose suite the client has no more': [
    resuming({ suite: otherSuite }, { suite: otherSuite }),
    neither,
  ],
  'a session whose suite the server has no more': [
    resuming({}, { suite: otherSuite }),
    offeredAlone,
  ],
  'a session of a server that the client believes no more': [
    resuming({}, {}, { clientAnswers: first('no') }),
    neither,
  ],
  'a session of a client that the server believes no more': [
    resuming(
      {},
      { chain },
      { server: { clientCertificate: 'request' }, serverAnswers: first('no') },
    ),
    offeredAlone,
  ],
  'a session of a server whose kind of certificate is taken no more': [
    resuming({ shown: { type: 'rpk', delegated: undefined } }, {}),
    neither,
  ],
  'a session of a client whose kind of certificate is taken no more': [
    resuming(
      {},
      { chain, shown: { type: 'rpk', delegated: undefined } },
      { server: { clientCertificate: 'request' } },
    ),
    offeredAlone,
  ],
  'a session without the client, where one is required': [
    resuming({}, {}, { server: { clientCertificate: 'require' } }),
    offeredAlone,
  ],
  'a session without the client, where one is asked for': [
    resuming({}, {}, { server: { clientCertificate: 'request' } }),
    both,
  ],
  'a session of a client that showed itself, where nobody asks': [
    resuming({}, { chain }),
    offeredAlone,
  ],
  'a session of a client that speaks both versions': [
    resuming({}, {}, { client: { versions: ['TLSv1.3', 'TLSv1.2'] } }),
    both,
  ],
}
for (const [title, [options, expected]] of Object.entries(cases))
  test(`${expected[1] ? 'goes on' : 'full handshake'}: ${title}`, t => {
    t.deepEqual(resumes(t, options), expected)
  })

test('a session of TLS 1.2 is not offered where TLS 1.2 is not', t => {
  const newer = { versions: ['TLSv1.3'] } as const
  const { client } = converse(resuming({}, {}, { client: newer, server: newer }))
  t.false(client.connected === undefined || is12(client.connected))
  t.like(client.connected, { resumed: false })
})
