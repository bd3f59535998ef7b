/** What both ends know when a handshake of TLS 1.2 is over, as plain data and as facts: all of it, and the same wherever both know it. */
import { cipherSuites12, pskCipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ChosenSession12,
  type Connected12,
  certificates,
  type Edit,
  type Fact,
  type Finished,
  is12,
  type NewSessionTicket12,
  type OfferedSession12,
  type Session12,
  type Shown,
} from '@biopair/handshake'
import test, { type ExecutionContext } from 'ava'
import { chosen, external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse, type End } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const { chain } = identityOf('p256')
const older = { versions: ['TLSv1.2'] } as const
const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const none = new Uint8Array(0)
const suite = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const pskSuite = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256

interface Met {
  readonly client: Connected12
  readonly server: Connected12
  /** verify_data, in the order in which it was said. */
  readonly finished: readonly Uint8Array[]
  readonly tickets: readonly NewSessionTicket12[]
  readonly facts: Readonly<Record<'client' | 'server', readonly Fact[]>>
}

/** Both come to an end, and know the same of each other. */
function meet(t: ExecutionContext, options: ConverseOptions): Met {
  const finished: Uint8Array[] = []
  const tickets: NewSessionTicket12[] = []
  const edit: Edit = (name, message) => {
    if (name === 'Finished') finished.push((message as unknown as Finished).verify_data)
    if (name === 'NewSessionTicket') tickets.push(message as unknown as NewSessionTicket12)
    return message
  }
  const ends = converse({
    ...options,
    client: { ...older, edit, ...options.client },
    server: { ...older, edit, ...options.server },
  })
  const data = ({ connected }: End): Connected12 => {
    if (!connected || !is12(connected)) throw new Error('no connection of TLS 1.2')
    return connected
  }
  const [client, server] = [data(ends.client), data(ends.server)]
  const mutual = [
    ...['version', 'suite', 'masterSecret', 'randoms', 'extendedMasterSecret', 'group'],
    ...['alpn', 'serverName', 'resumed', 'authenticatedBy', 'firstFinished'],
  ] as const
  for (const field of mutual as readonly (keyof Connected12)[])
    t.deepEqual(client[field], server[field], field)
  t.is(client.masterSecret.length, 48)
  t.is(client.randoms.client.length, 32)
  t.is(client.randoms.server.length, 32)
  // RFC 5246 §7.4.9: 12 bytes; RFC 5929 §3.1: of the first one.
  t.is(finished.length, 2)
  t.is(finished[0]?.length, 12)
  t.deepEqual(client.firstFinished, finished[0])
  t.notDeepEqual(finished[0], finished[1])
  return {
    client,
    server,
    finished,
    tickets,
    facts: { client: ends.client.facts, server: ends.server.facts },
  }
}

/** What is not the same in each run is looked at by `meet`. */
type Told = Omit<Connected12, 'masterSecret' | 'randoms' | 'firstFinished'>
const told = ({ masterSecret, randoms, firstFinished, ...rest }: Connected12): Told => rest

const usual: Told = {
  version: 'TLSv1.2',
  role: 'client',
  suite,
  extendedMasterSecret: true,
  group: 'x25519',
  alpn: undefined,
  serverName: 'server.example',
  peerChain: chain,
  peerShown: certificates,
  resumed: false,
  sessionId: none,
  authenticatedBy: 'certificate',
}
const unseen = { role: 'server', peerChain: [] } as const

const named = <F extends Fact['fact']>(facts: readonly Fact[], name: F) =>
  facts.filter((fact): fact is Extract<Fact, { fact: F }> => fact.fact === name)

test('a server that shows its certificate, and a client that shows none', t => {
  const { client, server, facts } = meet(t, {})
  t.deepEqual(told(client), usual)
  t.deepEqual(told(server), { ...usual, ...unseen })
  const stapled = chain.map(() => ({ ocspResponse: undefined, scts: [] }))
  const shows = { fact: 'certificate', of: 'server', chain, shown: certificates } as const
  t.deepEqual(named(facts.client, 'certificate'), [{ ...shows, stapled }])
  t.deepEqual(named(facts.server, 'certificate'), [shows])
  for (const end of [facts.client, facts.server]) {
    t.deepEqual(named(end, 'suite'), [{ fact: 'suite', suite }])
    t.deepEqual(named(end, 'group'), [{ fact: 'group', group: 'x25519' }])
    t.deepEqual(named(end, 'client_random'), [
      { fact: 'client_random', random: client.randoms.client },
    ])
    t.deepEqual(named(end, 'early_data'), [{ fact: 'early_data', state: 'none' }])
    t.deepEqual(named(end, 'signature'), [
      { fact: 'signature', of: 'server', scheme: 'ecdsa_secp256r1_sha256' },
    ])
    t.deepEqual(named(end, 'certificate_type'), [
      { fact: 'certificate_type', of: 'server', type: 'x509' },
    ])
    // RFC 9850 §2.1: one line.
    t.deepEqual(
      named(end, 'keylog').map(({ label }) => label),
      ['CLIENT_RANDOM'],
    )
    for (const silent of ['resumed', 'psk', 'session', 'alpn', 'certificate_request'] as const)
      t.deepEqual(named(end, silent), [])
  }
  t.deepEqual(named(facts.server, 'server_name'), [
    { fact: 'server_name', serverName: 'server.example' },
  ])
})

test('both show certificates, and agree on a protocol', t => {
  const alpn = [bytes('h2')]
  const { client, server, facts } = meet(t, {
    client: { alpn },
    server: { clientCertificate: 'require' },
  })
  t.deepEqual(told(client), { ...usual, alpn: bytes('h2') })
  t.deepEqual(told(server), { ...usual, role: 'server', alpn: bytes('h2') })
  t.deepEqual(named(facts.client, 'certificate_request'), [{ fact: 'certificate_request' }])
  for (const end of [facts.client, facts.server]) {
    t.deepEqual(named(end, 'alpn'), [{ fact: 'alpn', protocol: bytes('h2') }])
    t.deepEqual(
      named(end, 'certificate').map(({ of }) => of),
      ['server', 'client'],
    )
    t.deepEqual(
      named(end, 'signature').map(({ of }) => of),
      ['server', 'client'],
    )
    t.deepEqual(
      named(end, 'certificate_type').map(({ of, type }) => [of, type]),
      [
        ['server', 'x509'],
        ['client', 'x509'],
      ],
    )
  }
})

test('a client that is asked and has nothing shows nothing, and proves nothing', t => {
  const { server, facts } = meet(t, {
    server: { clientCertificate: 'request' },
    clientAnswers: { certificate: () => undefined },
  })
  t.deepEqual(told(server), { ...usual, ...unseen })
  for (const end of [facts.client, facts.server]) {
    t.deepEqual(
      named(end, 'certificate').map(({ of }) => of),
      ['server'],
    )
    t.is(named(end, 'signature').length, 1)
  }
})

for (const status of ['good', 'bad'] as const)
  test(`what a response was found to be goes on with what the peer showed: ${status}`, t => {
    const key = nodeCrypto.publicKey(identityOf('p256').key.publicMaterial)
    if ('why' in key) throw new Error(key.why)
    const believed = { verification: () => ({ trusted: true, key, status }) as const }
    const { client, server } = meet(t, {
      server: { clientCertificate: 'require' },
      clientAnswers: believed,
      serverAnswers: believed,
    })
    const shown: Shown = { ...certificates, status }
    t.deepEqual(client.peerShown, shown)
    t.deepEqual(server.peerShown, shown)
  })

test('a client that names nobody is known to have named nobody', t => {
  const { client, server, facts } = meet(t, { client: { serverName: undefined } })
  t.is(client.serverName, undefined)
  t.is(server.serverName, undefined)
  t.deepEqual(named(facts.server, 'server_name'), [])
})

test('what the server staples is told with its certificate', t => {
  const { scheme } = identityOf('p256')
  const scts = [bytes('a timestamp')]
  const { facts } = meet(t, {
    client: { requestOcsp: true, requestScts: true },
    serverAnswers: {
      certificate: () => ({ chain, schemes: [scheme], scts }),
      ocsp_request: () => bytes('a response'),
    },
  })
  const [, ...others] = chain
  t.deepEqual(named(facts.client, 'certificate')[0]?.stapled, [
    { ocspResponse: bytes('a response'), scts },
    ...others.map(() => ({ ocspResponse: undefined, scts: [] })),
  ])
})

test('a key in place of certificates', t => {
  const { client, server, facts } = meet(t, {
    client: { suites12: [pskSuite], psk: true },
    server: { suites12: [pskSuite], psk: true },
    clientAnswers: { psk_offer: () => [offered(external)] },
    serverAnswers: { psk: () => chosen({ ...external, once: false }) },
  })
  const byKey = { ...usual, suite: pskSuite, authenticatedBy: 'psk', peerChain: [] } as const
  t.deepEqual(told(client), byKey)
  t.deepEqual(told(server), { ...byKey, role: 'server' })
  for (const end of [facts.client, facts.server]) {
    t.deepEqual(named(end, 'psk'), [
      {
        fact: 'psk',
        kind: 'external',
        mode: 'psk_dhe_ke',
        identity: bytes('ticket'),
        chain: [],
        shown: certificates,
      },
    ])
    for (const silent of ['certificate', 'signature', 'certificate_type'] as const)
      t.deepEqual(named(end, silent), [])
  }
})

const noSession: ConverseOptions['server'] = { extendedMasterSecret: false }
const unbound: Edit = (name, message) => {
  const hello = message as { extensions?: readonly { readonly extension_type: number }[] }
  if (name !== 'ClientHello') return message
  return {
    ...message,
    extensions: hello.extensions?.filter(({ extension_type }) => extension_type !== 23),
  }
}

test('RFC 7627 5.3: without extended_master_secret both know it, and there is no session', t => {
  const ends = converse({
    client: { ...older, extendedMasterSecret: false, edit: unbound },
    server: {
      ...older,
      ...noSession,
      sessions12: { issues: true, by: 'id', keep: () => t.fail() },
    },
  })
  for (const { connected, facts } of [ends.client, ends.server]) {
    t.like(connected, { extendedMasterSecret: false, resumed: false, sessionId: none })
    t.deepEqual(named(facts, 'session'), [])
  }
})

// Sessions (RFC 5246 §7.3, RFC 5077).

const kept: Session12 = {
  ...{ masterSecret: none, suite, chain, shown: certificates },
  authenticatedBy: 'certificate',
}
const remembered = ({ masterSecret, ...rest }: Session12) => rest

test('a server that keeps sessions by their ids gives one, and both remember it', t => {
  const sessions: [Uint8Array, Session12][] = []
  const { client, server, facts } = meet(t, {
    server: {
      clientCertificate: 'require',
      sessions12: {
        issues: true,
        by: 'id',
        keep: (id, session) =>
          sessions.push([id, { ...session, masterSecret: session.masterSecret.slice() }]),
      },
    },
  })
  t.is(client.sessionId.length, 32)
  t.deepEqual(client.sessionId, server.sessionId)
  t.is(sessions.length, 1)
  const [[id, session]] = sessions as [[Uint8Array, Session12]]
  t.deepEqual(id, client.sessionId)
  t.deepEqual(session, { ...kept, masterSecret: client.masterSecret })
  const [fact, ...more] = named(facts.client, 'session')
  t.deepEqual(more, [])
  t.deepEqual(remembered(fact?.session as Session12), {
    ...remembered(kept),
    ...{ id, ticket: none, lifetime: 0, renewed: false },
  })
  t.deepEqual(named(facts.server, 'session'), [])
})

for (const [what, ticket] of Object.entries({ 'a ticket': bytes('a ticket'), none }))
  test(`a server that seals sessions: ${what}`, t => {
    const sealed: (Session12 & { readonly until?: number })[] = []
    const { client, server, facts, tickets } = meet(t, {
      server: {
        sessions12: {
          issues: true,
          by: 'ticket',
          seal: session => {
            sealed.push({ ...session, masterSecret: session.masterSecret.slice() })
            return ticket.length > 0 ? { ticket, lifetime: 77 } : undefined
          },
        },
      },
    })
    t.deepEqual(client.sessionId, none)
    t.deepEqual(server.sessionId, none)
    t.deepEqual(sealed, [{ ...kept, chain: [], masterSecret: client.masterSecret }])
    t.deepEqual(tickets, [{ ticket_lifetime_hint: ticket.length > 0 ? 77 : 0, ticket }])
    t.deepEqual(
      named(facts.client, 'session').map(({ session }) => remembered(session)),
      ticket.length > 0
        ? [{ ...remembered(kept), id: none, ticket, lifetime: 77, renewed: false } as never]
        : [],
    )
  })

test('RFC 5077 3.3: a ticket that is empty is none, and the id beside it is the session', t => {
  const id = new Uint8Array(32).fill(9)
  const { client } = converse({
    client: older,
    server: {
      ...older,
      sessions12: { issues: true, by: 'ticket', seal: () => undefined },
      edit: (name, message) =>
        name === 'ServerHello' ? { ...message, legacy_session_id_echo: id } : message,
    },
  })
  t.deepEqual(
    named(client.facts, 'session').map(({ session }) => remembered(session)),
    [{ ...remembered(kept), id, ticket: none, lifetime: 0, renewed: false } as never],
  )
})

const master = () => Uint8Array.from({ length: 48 }, (_, i) => i)
const session = (more: Partial<OfferedSession12>): OfferedSession12 => ({
  ...{ ...kept, masterSecret: master(), id: none, ticket: none },
  ...more,
})
const chosen12 = (more: Partial<ChosenSession12> = {}): ChosenSession12 => ({
  ...{ ...kept, masterSecret: master(), chain: [], until: 99 },
  ...more,
})
const again = { ...usual, group: undefined, resumed: true } as const

test('a session goes on by its id, which both know it by', t => {
  const id = bytes('the id of it')
  const { client, server, facts, finished } = meet(t, {
    client: { session12: session({ id }) },
    server: { sessions12: { issues: true, by: 'id', keep: () => t.fail('kept again') } },
    serverAnswers: { session: () => chosen12() },
  })
  t.deepEqual(told(client), { ...again, sessionId: id })
  t.deepEqual(told(server), { ...again, ...unseen, sessionId: id })
  t.deepEqual(client.masterSecret, master())
  // RFC 5246 §7.3: the server's Finished comes first.
  t.deepEqual(server.firstFinished, finished[0])
  t.deepEqual(named(facts.client, 'resumed'), [{ fact: 'resumed', chain, shown: certificates }])
  t.deepEqual(named(facts.server, 'resumed'), [{ fact: 'resumed', chain: [], shown: certificates }])
  for (const end of [facts.client, facts.server])
    for (const silent of ['session', 'group', 'certificate', 'signature'] as const)
      t.deepEqual(named(end, silent), [])
})

test('a session goes on by its ticket, with what was shown, and gets a new one', t => {
  const sealed: (Session12 & { readonly until?: number })[] = []
  const { client, server, facts } = meet(t, {
    client: { session12: session({ ticket: bytes('an old ticket') }), alpn: [bytes('h2')] },
    server: {
      clientCertificate: 'request',
      sessions12: {
        issues: true,
        by: 'ticket',
        seal: known => {
          sealed.push({ ...known, masterSecret: known.masterSecret.slice() })
          return { ticket: bytes('a new ticket'), lifetime: 5 }
        },
      },
    },
    serverAnswers: { session: () => chosen12({ chain }) },
  })
  t.is(client.sessionId.length, 0)
  t.deepEqual(told(client), { ...again, alpn: bytes('h2') })
  t.deepEqual(told(server), { ...again, role: 'server', alpn: bytes('h2') })
  t.deepEqual(sealed, [{ ...kept, masterSecret: master(), until: 99 }])
  t.deepEqual(
    named(facts.client, 'session').map(({ session }) => remembered(session)),
    [
      {
        ...remembered(kept),
        ...{ id: none, ticket: bytes('a new ticket'), lifetime: 5, renewed: true },
      } as never,
    ],
  )
  for (const end of [facts.client, facts.server])
    t.deepEqual(named(end, 'alpn'), [{ fact: 'alpn', protocol: bytes('h2') }])
})

test('a session that a key began goes on as one of that key', t => {
  const begun = { authenticatedBy: 'psk', chain: [], suite: pskSuite } as const
  const both = { suites12: [pskSuite], psk: true }
  const { client, server } = meet(t, {
    client: { ...both, session12: session({ ...begun, ticket: bytes('of a key') }) },
    server: { ...both, sessions12: { issues: false, by: 'ticket', seal: () => undefined } },
    serverAnswers: { session: () => chosen12(begun) },
  })
  const byKey = { ...again, suite: pskSuite, authenticatedBy: 'psk', peerChain: [] } as const
  t.deepEqual(told(client), byKey)
  t.deepEqual(told(server), { ...byKey, role: 'server' })
})
