/** TLS 1.2 resumed, by a session's id and by a ticket: it goes on where everything still holds, and is a full handshake where it does not. */
import { cipherSuites } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  MemorySessionCache,
  type Session,
  sessionFromBytes,
  sessionToBytes,
  type TicketSealer,
  TlsAlert,
} from '@biopair/ssl'
import ava, { type ExecutionContext } from 'ava'
import { connectedEnds, ends } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  clock,
  serverContext,
  sessionOf,
  type Visit,
  visit,
} from '../support/resume.ts'

// One after the other: they share a clock, which some put on.
const test = ava.serial

const older = { maxVersion: 'TLSv1.2' } as const
const ecdsa = (aead: string) => `TLS_ECDHE_ECDSA_WITH_${aead}`
const aeads = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256']
const { pem, keyPem, root } = chainFor('p256')
const own = { cert: pem, key: keyPem }

/** Where a server has its sessions: servers that are given the same resume each other's. */
const keepings = {
  'by id': (): ContextOptions => ({ sessionCache: new MemorySessionCache({ now: clock.now }) }),
  'by ticket': (): ContextOptions => ({ ticketKeys: nodeCrypto.randomBytes(48) }),
} as const

const older12 = (options: ContextOptions = {}) => ({ ...older, ...options })

/** Both ends stand, agree on everything, and went on with a session or did not. */
function stands(t: ExecutionContext, { client, server, statuses }: Visit, resumed: boolean): void {
  t.deepEqual(statuses, ['want_read', 'want_read'])
  t.deepEqual([client.version, server.version], ['TLSv1.2', 'TLSv1.2'])
  t.deepEqual([client.resumed, server.resumed], [resumed, resumed])
  t.is(client.cipher, server.cipher)
  t.is(client.alpnProtocol, server.alpnProtocol)
  t.true(client.authorized)
  t.deepEqual(
    client.exportKeyingMaterial(32, 'EXPORTER-x'),
    server.exportKeyingMaterial(32, 'EXPORTER-x'),
  )
  t.deepEqual(client.channelBinding('tls-unique'), server.channelBinding('tls-unique'))
}

for (const [how, keeping] of Object.entries(keepings)) {
  for (const aead of aeads)
    test(`a session of ${aead} goes on ${how}, with facts that agree`, async t => {
      const server = older12({ ...keeping(), ciphers: ecdsa(aead) })
      const session = await sessionOf(clientContext(older), serverContext(server))
      t.is(session.suite.name as string, ecdsa(aead))
      t.is(session.ticket.length > 0, how === 'by ticket')
      const first = await visit(clientContext(older), serverContext(server), { session })
      stands(t, first, true)
      t.is(first.client.group, undefined)
      t.deepEqual(first.client.peerCertificates, session.chain)
      const again = sessionFromBytes(sessionToBytes(first.client.session as Session))
      stands(t, await visit(clientContext(older), serverContext(server), { session: again }), true)
    })
}

interface Change {
  readonly name: string
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  readonly servername?: string
  /** Milliseconds between the connections. */
  readonly later?: number
  readonly edit?: (session: Session) => Session
  /** Whether the session goes on all the same. */
  readonly resumes: boolean
}

const changes: readonly Change[] = [
  { name: 'nothing changes', resumes: true },
  {
    name: 'another suite at the server',
    server: { ciphers: ecdsa(aeads[1] as string) },
    resumes: false,
  },
  {
    name: 'another suite at the client',
    client: { ciphers: ecdsa(aeads[1] as string) },
    resumes: false,
  },
  {
    name: 'another order of suites',
    server: { ciphers: [...aeads].reverse().map(ecdsa) },
    resumes: true,
  },
  { name: 'another group', server: { groups: 'P-256' }, resumes: true },
  { name: 'another protocol', server: { ALPNProtocols: ['b'] }, resumes: true },
  { name: 'no protocol', client: { ALPNProtocols: [] }, resumes: true },
  { name: 'another limit of records', client: { recordSizeLimit: 512 }, resumes: true },
  { name: 'another name', servername: 'localhost', resumes: false },
  { name: 'a moment before its time is up', later: 7200_000 - 1, resumes: true },
  { name: 'its time is up', later: 7200_000, resumes: false },
  {
    name: 'a shorter time at the server',
    later: 3600_000,
    server: { ticketLifetime: 60 },
    resumes: true,
  },
  {
    name: 'a name that was cut',
    edit: s => ({
      ...s,
      ticket: s.ticket.slice(0, -1),
      tls12: s.tls12 && { sessionId: s.tls12.sessionId.slice(0, -1) },
    }),
    resumes: false,
  },
  { name: 'another context', server: { sessionIdContext: 'b' }, resumes: false },
  { name: 'a server that never resumes', server: { ticketPolicy: 'never' }, resumes: false },
  { name: 'a server that issues nothing more', server: { numTickets: 0 }, resumes: true },
  { name: 'a server of either version', server: { maxVersion: 'TLSv1.3' }, resumes: true },
  { name: 'a client of either version', client: { maxVersion: 'TLSv1.3' }, resumes: true },
  {
    name: 'a client of either version, without compatibility mode',
    client: { maxVersion: 'TLSv1.3', middleboxCompat: false },
    resumes: true,
  },
  {
    name: 'a server that asks for a certificate that was not shown',
    server: { requestCert: true, ca: root.pem },
    client: own,
    resumes: false,
  },
  {
    name: 'a server that would take a certificate that was not shown',
    server: { requestCert: true, rejectUnauthorized: false, ca: root.pem },
    client: own,
    resumes: true,
  },
]

test('a session goes on exactly where suite, name, time, keys, context and certificates allow, and both ends agree', async t => {
  const count = { resumed: 0, full: 0 }
  for (const change of changes)
    for (const [how, keeping] of Object.entries(keepings))
      for (const written of [false, true]) {
        const server: ContextOptions = {
          ...{ minVersion: 'TLSv1.2', ...older, ALPNProtocols: ['a', 'b'], groups: 'x25519:P-256' },
          ...{ ...keeping(), ciphers: [...aeads.map(ecdsa), 'TLS_AES_128_GCM_SHA256'] },
        }
        const client: ContextOptions = {
          ...{ minVersion: 'TLSv1.2', ...older, ALPNProtocols: ['a', 'b'], groups: 'x25519:P-256' },
        }
        const first = await visit(clientContext(client), serverContext(server))
        stands(t, first, false)
        const came = first.client.session as Session
        clock.pass(change.later ?? 1000)
        const given = change.edit?.(came) ?? came
        const second = await visit(
          clientContext({ ...client, ...change.client }),
          serverContext({ ...server, ...change.server }),
          {
            session: written ? sessionToBytes(given) : given,
            ...(change.servername ? { servername: change.servername } : {}),
          },
        )
        const title = `${change.name}, ${how}`
        count[change.resumes ? 'resumed' : 'full']++
        if (second.client.resumed !== change.resumes) t.fail(title)
        stands(t, second, change.resumes)
        t.is(second.client.peerSignatureScheme === undefined, change.resumes, title)
        t.is(second.client.servername, change.servername ?? 'server.example')
        t.is(second.server.servername, change.servername ?? 'server.example')
        // A ticket is renewed where a second is left and tickets are issued, an id stays.
        if (change.resumes && how === 'by id')
          t.deepEqual(second.client.session?.tls12, came.tls12, title)
        const renewed = !['a moment', 'a server that issues'].some(less =>
          change.name.startsWith(less),
        )
        if (change.resumes && how === 'by ticket' && renewed)
          t.notDeepEqual(second.client.session?.ticket, came.ticket, title)
      }
  t.log(count)
})

test('a renewed ticket does not put off the time of its session, at either end', async t => {
  const [client, server] = [clientContext(older), serverContext(older)]
  let session = await sessionOf(client, server)
  t.is(session.lifetime, 7200)
  for (let i = 0; i < 7; i++) {
    clock.pass(1000_000)
    const next = await visit(client, server, { session })
    stands(t, next, true)
    session = next.client.session as Session
    t.is(session.lifetime, 7200 - 1000 * (i + 1))
  }
  // A client that thinks otherwise is told.
  const lasting = { ...session, lifetime: 86_400 }
  clock.pass(200_000)
  stands(t, await visit(client, server, { session: lasting }), false)
})

test('a session of TLS 1.2 lasts a day at most, whatever the server says', async t => {
  const server = { ...older, ticketLifetime: 604_800 }
  for (const [how, keeping] of Object.entries(keepings)) {
    const context = serverContext({ ...server, ...keeping() })
    const session = await sessionOf(clientContext(older), context)
    t.is(session.lifetime, how === 'by id' ? 7200 : 86_400)
    const lasting = { ...session, lifetime: 86_400 }
    clock.pass(86_400_000 - 1)
    stands(t, await visit(clientContext(older), context, { session: lasting }), true)
    clock.pass(1)
    stands(t, await visit(clientContext(older), context, { session: { ...lasting } }), false)
  }
})

for (const [how, keeping] of Object.entries(keepings))
  for (const hash of ['sha256', 'sha384'] as const)
    test(`a session that a pre-shared key of ${hash} began goes on ${how}, while both have the key`, async t => {
      const psks = [{ identity: 'tram 7', key: new Uint8Array(32).fill(7), hash }]
      const server = { ...older, ...keeping(), psks }
      const of = { ...server, cert: [], key: [] }
      const client = clientContext({ ...older, ca: [], psks })
      const { client: begun } = await visit(client, serverContext(of))
      const session = begun.session as Session
      t.regex(session.suite.name, /ECDHE_PSK/)
      t.is(session.authenticatedBy, 'psk')
      for (const given of [session, sessionToBytes(session)]) {
        const next = await visit(client, serverContext(of), { session: given, reuseSession: true })
        t.deepEqual([next.client.resumed, next.server.resumed], [true, true])
        t.is(next.client.cipher, begun.cipher)
        t.deepEqual(next.client.peerCertificates, [])
        t.false(next.client.authorized)
      }
      const keyless = clientContext(older)
      stands(t, await visit(keyless, serverContext(server), { session }), false)
    })

test('a client offers a session once, unless it is told to do otherwise', async t => {
  const [client, server] = [clientContext(older), serverContext(older12(keepings['by id']()))]
  const session = await sessionOf(client, server)
  const next = await visit(client, server, { session })
  stands(t, next, true)
  t.is(next.client.session, session)
  stands(t, await visit(client, server, { session }), false)
  stands(t, await visit(client, server, { session, reuseSession: true }), true)
})

test('a client without tickets resumes by id, and by id alone', async t => {
  const client = clientContext({ ...older, tickets: false })
  const byId = serverContext(older12(keepings['by id']()))
  const session = await sessionOf(client, byId)
  stands(t, await visit(client, byId, { session }), true)
  const byTicket = serverContext(older12(keepings['by ticket']()))
  t.is((await visit(client, byTicket)).client.session, undefined)
  const ticket = await sessionOf(clientContext(older), byTicket)
  stands(t, await visit(client, byTicket, { session: ticket }), false)
})

test('a server whose tickets are of one use resumes a session once, whoever asks', async t => {
  const server = serverContext({ ...older, ...keepings['by id'](), singleUseTickets: true })
  const session = await sessionOf(clientContext(older), server)
  stands(t, await visit(clientContext(older), server, { session }), true)
  stands(t, await visit(clientContext(older), server, { session }), false)
})

/** A store that answers later, and may fail at something. */
function store(
  fails?: 'get' | 'set' | 'delete',
  later = true,
): { cache: Map<string, Uint8Array>; of: ContextOptions } {
  const cache = new Map<string, Uint8Array>()
  const or = <T>(name: string, work: () => T) => {
    if (name !== fails) return later ? Promise.resolve(work()) : work()
    if (later) return Promise.reject(new Error('no store'))
    throw new Error('no store')
  }
  const sessionCache = {
    get: (id: string) => or('get', () => cache.get(id)),
    set: (id: string, state: Uint8Array) => or('set', () => cache.set(id, state)),
    delete: (id: string) => or('delete', () => cache.delete(id)),
  }
  return { cache, of: { ...older, sessionCache, singleUseTickets: true } }
}

test('a store that answers later makes the server wait, and one that fails is a full handshake', async t => {
  const { of, cache } = store()
  const session = await sessionOf(clientContext(older), serverContext(of))
  const remembered = new Map(cache)
  t.is(remembered.size, 1)
  const now = { now: clock.now }
  const made = ends({
    client: { ...older, ...now },
    server: { ...of, ...now, numTickets: 2 },
    session,
  })
  made.client.doHandshake()
  const outcome = made.server.doHandshake()
  t.is(outcome.status, 'want_session')
  if ('ready' in outcome) await outcome.ready
  for (const fails of ['get', 'set', 'delete'] as const)
    for (const later of [false, true]) {
      const { of: failing, cache: kept } = store(fails, later)
      for (const [id, state] of remembered) kept.set(id, state)
      const visited = await visit(clientContext(older), serverContext(failing), { session })
      stands(t, visited, fails === 'set')
    }
})

test('of two clients that come with one id at the same time, one goes on, where the store is asked later', async t => {
  const server = serverContext(store().of)
  const session = await sessionOf(clientContext(older), server)
  const visits = await Promise.all(
    [1, 2].map(() => visit(clientContext(older), server, { session })),
  )
  t.deepEqual(visits.map(({ server: end }) => end.resumed).sort(), [false, true])
  for (const { statuses } of visits) t.deepEqual(statuses, ['want_read', 'want_read'])
})

test('a sealer seals and opens what TLS 1.2 remembers, now or later; one that cannot seal leaves an empty ticket, which is none', async t => {
  for (const later of [false, true]) {
    const sealer: TicketSealer = {
      seal: state => Buffer.from(state).reverse(),
      open: ticket => {
        const state = new Uint8Array(Buffer.from(ticket).reverse())
        return later ? Promise.resolve(state) : state
      },
    }
    const server = serverContext({ ...older, ticketSealer: sealer })
    const session = await sessionOf(clientContext(older), server)
    stands(t, await visit(clientContext(older), server, { session }), true)
    const cannot = serverContext({
      ...older,
      ticketSealer: { ...sealer, seal: () => undefined },
    })
    const next = await visit(clientContext(older), cannot, { session })
    stands(t, next, true)
    t.is(next.client.session, session)
    const none = await visit(clientContext(older), cannot)
    stands(t, none, false)
    t.is(none.client.session, undefined)
  }
})

test('servers with the same keys open the tickets of each other; of several keys the first seals and all open', async t => {
  const [old, young] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)]
  const before = serverContext({ ...older, ticketKeys: old })
  const between = serverContext({ ...older, ticketKeys: [young, old] })
  const after = serverContext({ ...older, ticketKeys: young })
  const session = await sessionOf(clientContext(older), before)
  const visited = await visit(clientContext(older), between, { session })
  stands(t, visited, true)
  const { session: fresh } = visited.client
  t.deepEqual(fresh?.ticket.slice(0, 16), young.slice(0, 16))
  stands(t, await visit(clientContext(older), after, { session: fresh as Session }), true)
  stands(t, await visit(clientContext(older), after, { session }), false)
})

const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

for (const [how, keeping] of Object.entries(keepings))
  test(`neither version goes on with a session of the other ${how}, at either end`, async t => {
    const kept = { ...either, ...keeping() }
    const of12 = await sessionOf(clientContext(older), serverContext(kept))
    const of13 = await sessionOf(clientContext(either), serverContext(kept))
    t.truthy(of12.tls12)
    t.falsy(of13.tls12)
    // A client of both offers its session of TLS 1.2 beside TLS 1.3, which the server chooses.
    const higher = await visit(clientContext(either), serverContext(kept), { session: of12 })
    t.deepEqual(higher.statuses, ['want_read', 'want_read'])
    t.deepEqual([higher.client.version, higher.client.resumed], ['TLSv1.3', false])
    const same = sessionFromBytes(sessionToBytes(of12))
    const lower = serverContext({ ...kept, ...older })
    stands(t, await visit(clientContext(either), lower, { session: same }), true)
    // And one of TLS 1.3 to a server of TLS 1.2.
    stands(t, await visit(clientContext(either), lower, { session: of13 }), false)
    const younger = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const
    for (const [client, session] of [
      [clientContext(younger), of12],
      [clientContext(older), of13],
    ] as const) {
      const { client: end, statuses } = await visit(client, serverContext(kept), { session })
      t.deepEqual(statuses, ['want_read', 'want_read'])
      t.false(end.resumed)
    }
    // What names a session of one version is nothing to the other.
    const none = new Uint8Array(0)
    const sealed = of12.ticket.length > 0
    const forth: Session = {
      ...of12,
      ticket: sealed ? of13.ticket : none,
      tls12: { sessionId: sealed ? none : of13.ticket },
    }
    stands(t, await visit(clientContext(older), serverContext(kept), { session: forth }), false)
    const back: Session = {
      ...of13,
      ticket: sealed ? of12.ticket : (of12.tls12?.sessionId ?? none),
    }
    const reverse = await visit(clientContext(either), serverContext(kept), { session: back })
    t.deepEqual(reverse.statuses, ['want_read', 'want_read'])
    t.deepEqual([reverse.client.version, reverse.client.resumed], ['TLSv1.3', false])
  })

for (const [how, keeping] of Object.entries(keepings))
  test(`what a client showed goes on with its session ${how}, is judged anew, and keeps to the context that asked`, async t => {
    const asks = { ...older, ...keeping(), requestCert: true, ca: root.pem }
    const client = () => clientContext({ ...older, ...own })
    const session = await sessionOf(client(), serverContext(asks))
    const resumed = await visit(client(), serverContext(asks), { session })
    stands(t, resumed, true)
    t.true(resumed.server.authorized)
    t.deepEqual(resumed.server.peerCertificates, session.chain)
    const again = { session, reuseSession: true }
    // A server that asks nobody resumes no session with a certificate.
    stands(t, await visit(client(), serverContext({ ...asks, requestCert: false }), again), false)
    // One that believes it no more asks again.
    const seen: boolean[] = []
    const doubts = serverContext({
      ...asks,
      verifyCallback: (verdict, _, { resuming }) => {
        seen.push(resuming)
        return verdict.ok && !resuming
      },
    })
    stands(t, await visit(client(), doubts, again), false)
    t.deepEqual(seen, [true, false])
  })

test('a client judges the server of its session anew, and offers it to nobody where it is believed no more', async t => {
  const server = serverContext(older)
  const session = await sessionOf(clientContext(older), server)
  const doubts = clientContext({
    ...older,
    verifyCallback: (verdict, _, { resuming }) => verdict.ok && !resuming,
  })
  stands(t, await visit(doubts, server, { session }), false)
  stands(t, await visit(clientContext(older), server, { session }), true)
})

test('a client that is told of its sessions hears of each new one once its server is proved, and of a renewed ticket', async t => {
  for (const [how, keeping] of Object.entries(keepings)) {
    const heard: Session[] = []
    const client = clientContext({ ...older, onSession: session => heard.push(session) })
    const server = serverContext({ ...older, ...keeping() })
    const session = await sessionOf(client, server)
    t.deepEqual(heard, [session])
    const { client: end } = await visit(client, server, { session })
    t.is(heard.length, how === 'by id' ? 1 : 2)
    t.is(end.session, heard.at(-1))
  }
})

test('a session whose connection failed is forgotten by both ends; a closed one is not', async t => {
  const cache = new Map<string, Uint8Array>()
  const of = { ...older, sessionCache: cache, numTickets: 2 }
  const made = connectedEnds({ client: older, server: of })
  t.is(cache.size, 1)
  made.server.fail(new TlsAlert('internal_error', { reason: 'X', section: '6', why: 'x' }))
  t.is(cache.size, 0)
  t.truthy(made.client.session)
  made.client.read(new Uint8Array(1))
  t.is(made.client.session, undefined)
  const other = connectedEnds({ client: older, server: of })
  other.client.close()
  other.server.read(new Uint8Array(1))
  other.server.close()
  t.is(cache.size, 1)
  t.truthy(other.client.session)
})

test('a session of TLS 1.2 as bytes comes back as it was, and what is none is a TypeError; so does one of TLS 1.3', async t => {
  const sessions = [
    await sessionOf(clientContext(older), serverContext(older)),
    await sessionOf(clientContext(older), serverContext(older12(keepings['by id']()))),
  ]
  for (const session of sessions) {
    const written = sessionToBytes(session)
    t.deepEqual(sessionFromBytes(written), session)
    for (let length = 0; length < written.length; length += 7)
      t.throws(() => sessionFromBytes(written.subarray(0, length)), {
        code: 'ERR_INVALID_ARG_VALUE',
      })
    for (const wrong of [
      { ...session, lifetime: 86_401 },
      { ...session, suite: cipherSuites.TLS_AES_128_GCM_SHA256 },
      { ...session, ticket: new Uint8Array(0), tls12: { sessionId: new Uint8Array(0) } },
      { ...session, ticket: new Uint8Array(1), tls12: { sessionId: new Uint8Array(1) } },
      { ...session, authenticatedBy: 'psk' as const },
    ])
      t.throws(() => sessionFromBytes(sessionToBytes(wrong)), { code: 'ERR_INVALID_ARG_VALUE' })
    const younger = { ...session, tls12: undefined, ticket: Uint8Array.of(1) }
    t.throws(() => sessionFromBytes(sessionToBytes(younger)), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  // As the version before this one wrote it.
  const younger = await sessionOf(clientContext(), serverContext())
  t.is(sessionToBytes(younger)[0], 3)
  t.deepEqual(sessionFromBytes(sessionToBytes(younger)), { ...younger, quic: undefined })
})
