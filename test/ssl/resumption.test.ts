/** Resumption: sessions go on where everything still holds, and are full handshakes where it does not; nothing else happens. */
import { type EncryptedExtensions, extensionTypes } from '@biopair/handshake'
import { type ContextOptions, type Session, sessionFromBytes, sessionToBytes } from '@biopair/ssl'
import ava, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  clock,
  serverContext,
  sessionOf,
  suites,
  type Visit,
  visit,
} from '../support/resume.ts'
import { factsOf } from '../support/session.ts'

// One after the other: they share a clock, which some put on.
const test = ava.serial

const mine = chainFor('ed25519')

/** Both ends stand, agree on everything, and went on with a session or did not. */
function stands(t: ExecutionContext, { client, server, statuses }: Visit, resumed: boolean): void {
  t.deepEqual(statuses, ['want_read', 'want_read'])
  t.deepEqual([client.resumed, server.resumed], [resumed, resumed])
  agree(t, client, server)
  t.true(client.authorized)
}

function agree(t: ExecutionContext, client: Visit['client'], server: Visit['server']): void {
  t.deepEqual(factsOf(client, server.peerCertificates), factsOf(server, client.peerCertificates))
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
  { name: 'a suite of the same hash', server: { ciphers: suites[2] as string }, resumes: true },
  { name: 'a suite of another hash', server: { ciphers: suites[1] as string }, resumes: false },
  { name: 'another group', server: { groups: 'P-256' }, resumes: true },
  {
    name: 'another group at both ends',
    client: { groups: 'P-384' },
    server: { groups: 'P-384' },
    resumes: true,
  },
  { name: 'a cookie', server: { cookie: 'always' }, resumes: true },
  { name: 'another protocol', server: { ALPNProtocols: ['b'] }, resumes: true },
  { name: 'no protocol', client: { ALPNProtocols: [] }, resumes: true },
  { name: 'another name', servername: 'localhost', resumes: false },
  {
    name: 'other trust anchors',
    client: { ca: mine.root.pem, rejectUnauthorized: false },
    resumes: true,
  },
  { name: 'a moment before its time is up', later: 7200_000 - 1, resumes: true },
  { name: 'its time is up', later: 7200_000, resumes: false },
  {
    name: 'a shorter time at the server',
    later: 3600_000,
    server: { ticketLifetime: 60 },
    resumes: true,
  },
  {
    name: 'an age that is not true',
    edit: s => ({ ...s, ageAdd: (s.ageAdd ^ 0x55555) >>> 0 }),
    resumes: true,
  },
  {
    name: 'a ticket that was cut',
    edit: s => ({ ...s, ticket: s.ticket.slice(0, -1) }),
    resumes: false,
  },
  { name: 'a ticket of nobody', edit: s => ({ ...s, ticket: Uint8Array.of(1) }), resumes: false },
  { name: 'other ticket keys', server: { ticketKeys: new Uint8Array(48).fill(9) }, resumes: false },
  { name: 'another context', server: { sessionIdContext: 'b' }, resumes: false },
  { name: 'a server that never resumes', server: { ticketPolicy: 'never' }, resumes: false },
  { name: 'a client that does not resume', client: { tickets: false }, resumes: false },
  {
    name: 'psk_ke where both want it',
    client: { pskModes: ['psk_ke'] },
    server: { pskModes: ['psk_ke'] },
    resumes: true,
  },
  { name: 'psk_ke where one wants it', client: { pskModes: ['psk_ke'] }, resumes: false },
  {
    name: 'a server that asks for a certificate that was not shown',
    server: { requestCert: true, ca: mine.root.pem },
    client: { cert: mine.pem, key: mine.keyPem },
    resumes: false,
  },
]

const ticketKeys = new Uint8Array(48).fill(7)

test('a session goes on exactly where suite hash, name, time, keys, context and certificates allow, with fresh facts, and both ends agree: 150 random changes', async t => {
  const count = { resumed: 0, full: 0 }
  const property = fc.asyncProperty(
    fc.constantFrom(...changes),
    fc.constantFrom('sealed', 'kept', 'kept elsewhere'),
    fc.boolean(),
    async (change, kind, bytes) => {
      const cache = new Map<string, Uint8Array>()
      const later = {
        get: async (id: string) => cache.get(id),
        set: async (id: string, state: Uint8Array) => cache.set(id, state),
        delete: async (id: string) => cache.delete(id),
      }
      const sessionCache = kind === 'kept' ? cache : later
      const server: ContextOptions = {
        ticketKeys,
        ALPNProtocols: ['a', 'b'],
        ...(kind === 'sealed' ? {} : { sessionCache }),
      }
      const client: ContextOptions = { ALPNProtocols: ['a', 'b'], groups: 'x25519:P-256' }
      const first = await visit(clientContext(client), serverContext(server))
      stands(t, first, false)
      const came = first.client.session as Session
      const given = change.edit?.(came) ?? came
      clock.pass(change.later ?? 1000)
      const options = { session: bytes ? sessionToBytes(given) : given }
      const second = await visit(
        clientContext({ ...client, ...change.client }),
        serverContext({ ...server, ...change.server }),
        { ...options, ...(change.servername ? { servername: change.servername } : {}) },
      )
      // A cache needs no keys.
      const resumes = change.resumes || (kind !== 'sealed' && change.name === 'other ticket keys')
      if (second.client.resumed !== resumes) throw new Error(`${change.name}: ${resumes}`)
      count[resumes ? 'resumed' : 'full']++
      t.deepEqual(second.statuses, ['want_read', 'want_read'], change.name)
      t.is(second.server.resumed, resumes)
      agree(t, second.client, second.server)
      t.is(second.client.peerCertificates.length, first.client.peerCertificates.length)
      t.is(second.client.peerSignatureScheme === undefined, resumes)
      t.is(second.client.authorized, change.name !== 'other trust anchors')
      t.is(second.client.group === undefined, change.name === 'psk_ke where both want it')
      t.is(second.client.servername, change.servername ?? 'server.example')
      if (
        second.client.context.options.tickets !== false &&
        change.server?.ticketPolicy !== 'never'
      )
        t.not(second.client.session?.ticket, came.ticket)
    },
  )
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 150 }),
    () => shortOf(count, Object.keys(count), 26),
  )
  t.log(count)
  t.deepEqual(short, [])
})

test('a resumed session leaves a ticket behind, which goes on in its turn, ten times', async t => {
  const [client, server] = [clientContext(), serverContext()]
  let session = await sessionOf(client, server)
  const seen = new Set<string>()
  for (let i = 0; i < 10; i++) {
    const next = await visit(client, server, { session })
    stands(t, next, true)
    session = next.client.session as Session
    seen.add(Buffer.from(session.psk).toString('hex'))
  }
  t.is(seen.size, 10)
})

test('a client offers a session once, unless it is told to do otherwise', async t => {
  const [client, server] = [clientContext(), serverContext()]
  const session = await sessionOf(client, server)
  stands(t, await visit(client, server, { session }), true)
  stands(t, await visit(client, server, { session }), false)
  stands(t, await visit(client, server, { session, reuseSession: true }), true)
})

test('a server whose tickets are of one use resumes a session once, whoever asks', async t => {
  const cache = new Map<string, Uint8Array>()
  const server = serverContext({ sessionCache: cache, singleUseTickets: true, numTickets: 1 })
  const session = await sessionOf(clientContext(), server)
  stands(t, await visit(clientContext(), server, { session }), true)
  stands(t, await visit(clientContext(), server, { session }), false)
})

test('of two clients that come with one ticket at the same time, one goes on, where the store is asked later', async t => {
  const cache = new Map<string, Uint8Array>()
  const server = serverContext({
    sessionCache: {
      get: async id => cache.get(id),
      set: async (id, state) => cache.set(id, state),
      delete: async id => cache.delete(id),
    },
    singleUseTickets: true,
  })
  const session = await sessionOf(clientContext(), server)
  const visits = await Promise.all([1, 2].map(() => visit(clientContext(), server, { session })))
  t.deepEqual(visits.map(({ server: end }) => end.resumed).sort(), [false, true])
  for (const { statuses } of visits) t.deepEqual(statuses, ['want_read', 'want_read'])
})

test('a store that fails, now or later, is a full handshake', async t => {
  const kept = new Map<string, Uint8Array>()
  const session = await sessionOf(clientContext(), serverContext({ sessionCache: kept }))
  const down = new Error('no store')
  for (const what of ['get', 'set', 'delete'])
    for (const later of [false, true]) {
      const or = <T>(name: string, work: () => T) => {
        if (name !== what) return work()
        if (later) return Promise.reject(down)
        throw down
      }
      const server = serverContext({
        singleUseTickets: true,
        sessionCache: {
          get: id => or('get', () => kept.get(id)),
          set: (id, state) => or('set', () => kept.set(id, state)),
          delete: id => or('delete', () => kept.delete(id)),
        },
      })
      const before = new Map(kept)
      stands(t, await visit(clientContext(), server, { session }), what === 'set')
      for (const [id, state] of before) kept.set(id, state)
    }
})

test('who has seen a ticket and does not have its key gets decrypt_error, and cannot use it up', async t => {
  const server = serverContext({ sessionCache: new Map(), singleUseTickets: true })
  const session = await sessionOf(clientContext(), server)
  const thief = { ...session, psk: new Uint8Array(session.psk.length) }
  const { statuses, client } = await visit(clientContext(), server, { session: thief })
  t.deepEqual(statuses, ['failed', 'failed'])
  const outcome = client.doHandshake()
  t.is(
    outcome.status === 'failed' && 'alert' in outcome.error && outcome.error.alert,
    'decrypt_error',
  )
  stands(t, await visit(clientContext(), server, { session }), true)
})

test("servers with the same keys resume each other's sessions; of several keys the first seals and all open", async t => {
  const [old, young] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)]
  const before = serverContext({ ticketKeys: old })
  const between = serverContext({ ticketKeys: [young, old] })
  const after = serverContext({ ticketKeys: young })
  const session = await sessionOf(clientContext(), before)
  const visited = await visit(clientContext(), between, { session })
  stands(t, visited, true)
  const { session: fresh } = visited.client
  t.deepEqual(fresh?.ticket.slice(0, 16), young.slice(0, 16))
  stands(t, await visit(clientContext(), after, { session: fresh as Session }), true)
  stands(t, await visit(clientContext(), after, { session }), false)
  after.setTicketKeys([young, old])
  stands(t, await visit(clientContext(), after, { session }), true)
  t.throws(() => after.setTicketKeys([young, new Uint8Array(47)]), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.throws(() => after.setTicketKeys([]), { code: 'ERR_INVALID_ARG_VALUE' })
})

test("the server's chain is judged anew on a resumption: one that is not believed any more is a full handshake, and that fails by its own rules", async t => {
  const [client, server] = [clientContext(), serverContext()]
  const session = await sessionOf(client, server)
  const strict = clientContext({ ca: mine.root.pem })
  const { client: end, server: other, statuses } = await visit(strict, server, { session })
  t.deepEqual(statuses, ['failed', 'failed'])
  t.false(end.resumed || other.resumed)
  // A callback is asked about the session first, and says so.
  const asked: boolean[] = []
  const picky = (believes: boolean) =>
    clientContext({
      verifyCallback: (verdict, _, { resuming }) => {
        asked.push(resuming)
        return resuming ? believes : verdict.ok
      },
    })
  stands(t, await visit(picky(true), server, { session }), true)
  stands(t, await visit(picky(false), server, { session }), false)
  t.deepEqual(asked, [true, true, false])
})

test("a client's certificate comes back with the session, is judged anew, and is asked for where it is not there", async t => {
  const asks = { requestCert: true, ca: mine.root.pem, ticketKeys }
  const own = { cert: mine.pem, key: mine.keyPem }
  const session = await sessionOf(clientContext(own), serverContext(asks))
  const resumed = await visit(clientContext(own), serverContext(asks), { session })
  stands(t, resumed, true)
  t.true(resumed.server.authorized)
  t.deepEqual(resumed.server.peerCertificates.map(Buffer.from), mine.der.map(Buffer.from))
  const elsewhere = serverContext({ ...asks, ca: chainFor('rsa').root.pem })
  const unknown = await visit(clientContext(own), elsewhere, { session })
  t.is(unknown.statuses[1], 'failed')
  t.false(unknown.server.resumed)
  const forgetful = await visit(clientContext(own), serverContext({ ticketKeys }), { session })
  stands(t, forgetful, false)
  t.deepEqual(forgetful.server.peerCertificates, [])
  const asked = await visit(
    clientContext(own),
    serverContext({ ...asks, rejectUnauthorized: false }),
    { session },
  )
  stands(t, asked, true)
})

test('what the client shows may be too long for a ticket: then there is none, and a cache has room', async t => {
  const long = chainFor('rsa')
  const asks: ContextOptions = { requestCert: true, rejectUnauthorized: false, numTickets: 2 }
  const repeated = Array.from({ length: 12 }, () => long.pem).join('\n')
  const own = { cert: repeated, key: long.keyPem }
  const sealed = await visit(clientContext(own), serverContext(asks))
  stands(t, sealed, false)
  t.is(sealed.client.session, undefined)
  t.deepEqual(sealed.server.newSessionTicket(), { status: 'done' })
  const kept = serverContext({ ...asks, sessionCache: new Map<string, Uint8Array>() })
  const session = await sessionOf(clientContext(own), kept)
  stands(t, await visit(clientContext(own), kept, { session }), true)
})

test('tickets are sealed and opened by somebody else, who opens them later and may fail', async t => {
  const sealed = new Map<string, Uint8Array>()
  let opening: (ticket: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  const found = (ticket: Uint8Array) => sealed.get(Buffer.from(ticket).toString('hex'))
  const server = serverContext({
    ticketSealer: {
      seal: state => {
        const ticket = Uint8Array.of(sealed.size, 1, 2, 3)
        sealed.set(Buffer.from(ticket).toString('hex'), state.slice())
        return ticket
      },
      open: ticket => opening(ticket),
    },
  })
  const failing = [
    () => undefined,
    () => Promise.resolve(undefined),
    () => Promise.reject(new Error('no service')),
    () => 'text' as never,
    (ticket: Uint8Array) => found(ticket)?.subarray(1),
    () => {
      throw new Error('no service')
    },
  ]
  opening = found
  for (const [open, resumed] of [
    [found, true],
    [(ticket: Uint8Array) => Promise.resolve(found(ticket)), true],
    ...failing.map(open => [open, false] as const),
  ] as const) {
    const client = clientContext()
    opening = found
    const session = await sessionOf(client, server)
    t.is(session.ticket.length, 4)
    opening = open
    stands(t, await visit(client, server, { session }), resumed)
  }
  t.throws(
    () =>
      serverContext({
        ticketSealer: { seal: s => s, open: s => s },
        ticketKeys: new Uint8Array(48),
      }),
    {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /ticketSealer: expected without ticketKeys/,
    },
  )
})

test('a sealer that seals nothing, or too much, or throws, means no tickets, and all else stands', async t => {
  for (const seal of [
    () => undefined,
    () => new Uint8Array(0),
    () => new Uint8Array(10_000),
    () => {
      throw new Error('no service')
    },
  ]) {
    const visited = await visit(
      clientContext(),
      serverContext({ ticketSealer: { seal, open: seal } }),
    )
    stands(t, visited, false)
    t.is(visited.client.session, undefined)
  }
})

test('a policy says when tickets go out', async t => {
  const counted = async (options: ContextOptions) => {
    let tickets = 0
    const client = clientContext({ onSession: () => tickets++ })
    const { client: near, server } = await visit(client, serverContext(options))
    const into = new Uint8Array(10)
    const steps = [tickets]
    server.write(Uint8Array.of(1))
    near.read(into)
    near.read(into)
    steps.push(tickets)
    server.write(Uint8Array.of(1))
    near.read(into)
    near.read(into)
    if (options.ticketPolicy === 'never')
      t.throws(() => server.newSessionTicket(), { code: 'ERR_INVALID_ARG_VALUE' })
    else server.newSessionTicket()
    near.read(into)
    steps.push(tickets)
    return steps
  }
  t.deepEqual(await counted({}), [2, 2, 3])
  t.deepEqual(await counted({ ticketPolicy: 'at_once', numTickets: 1 }), [1, 1, 2])
  t.deepEqual(await counted({ ticketPolicy: 'with_first_write' }), [0, 2, 3])
  t.deepEqual(await counted({ ticketPolicy: 'on_demand' }), [0, 0, 1])
  t.deepEqual(await counted({ ticketPolicy: 'never' }), [0, 0, 0])
  t.throws(() => serverContext({ ticketPolicy: 'often' as 'never' }), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

test('RFC 9149: a client gets as many tickets as it asks for, within bounds, other ones after a resumption, and hears how many', async t => {
  for (const [asked, resumed, numTickets, first, second] of [
    [0, 3, 2, 0, 3],
    [1, 0, 2, 1, 0],
    [5, 2, 2, 5, 2],
    [200, 255, 2, 8, 8],
    [200, 1, 20, 20, 1],
    [4, 4, 0, 0, 0],
  ] as const) {
    let tickets = 0
    const hints: unknown[] = []
    const server = serverContext({
      numTickets,
      edit: (name, message) => {
        if (name !== 'EncryptedExtensions') return message
        const { extensions } = message as unknown as {
          extensions: { extension_type: number; extension_data: Uint8Array }[]
        }
        hints.push(
          extensions.find(({ extension_type }) => extension_type === 58)?.extension_data[0],
        )
        return message
      },
    })
    const ticketRequest = { newSessions: asked, resumptions: resumed }
    const client = clientContext({ ticketRequest, onSession: () => tickets++ })
    stands(t, await visit(client, server), false)
    t.is(tickets, first)
    const issuer = serverContext({ ticketKeys })
    const session = await sessionOf(clientContext(), issuer)
    server.setTicketKeys(ticketKeys)
    tickets = 0
    stands(t, await visit(client, server, { session }), true)
    t.is(tickets, second)
    t.deepEqual(hints, [first, second])
  }
  for (const ticketRequest of [
    { newSessions: 256, resumptions: 0 },
    { newSessions: 0, resumptions: -1 },
  ])
    t.throws(() => clientContext({ ticketRequest }), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('without ticket_request a server hints nothing', async t => {
  let said: readonly number[] = []
  const server = serverContext({
    edit: (name, message) => {
      if (name === 'EncryptedExtensions')
        said = (message as unknown as EncryptedExtensions).extensions.map(one => one.extension_type)
      return message
    },
  })
  const client = clientContext({ ALPNProtocols: [] })
  await visit(client, server)
  t.true(said.includes(extensionTypes.server_name))
  t.false(said.includes(extensionTypes.ticket_request))
})

test('a full queue leaves tickets out and the connection alone', async t => {
  const server = serverContext({ numTickets: 32, limits: { maxQueue: 17_000 } })
  const client = clientContext({ limits: { sideRecords: 100 } })
  stands(t, await visit(client, server), false)
})

test('single use without a cache is refused when the context is made, and so are odd contexts and modes', t => {
  const wrong: ContextOptions[] = [
    { singleUseTickets: true },
    { sessionIdContext: 'ä' },
    { sessionIdContext: 'a'.repeat(256) },
    { pskModes: [] },
    { pskModes: ['psk' as 'psk_ke'] },
    { ticketKeys: [] },
  ]
  for (const options of wrong)
    t.throws(
      () => serverContext(options),
      { code: 'ERR_INVALID_ARG_VALUE' },
      JSON.stringify(options),
    )
})

test('sessions are bytes and sessions again, and nothing else is taken for one', async t => {
  const session = await sessionOf(
    clientContext({ ALPNProtocols: ['x'] }),
    serverContext({ ALPNProtocols: ['x'] }),
  )
  const bytes = sessionToBytes(session)
  t.deepEqual(sessionFromBytes(bytes), session)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = bytes.slice()
      other[at] = (other[at] as number) ^ change
      try {
        // What is taken is written as it was: no two strings of bytes are one session.
        t.deepEqual(sessionToBytes(sessionFromBytes(other)), other)
      } catch (error) {
        t.is((error as { code?: string }).code, 'ERR_INVALID_ARG_VALUE')
      }
    }),
    { numRuns: 300 },
  )
  for (let length = 0; length < 60; length++)
    t.throws(() => sessionFromBytes(bytes.slice(0, length)), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => sessionFromBytes(Uint8Array.from([...bytes, 0])), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
  for (const wrong of [{}, { ...session, psk: new Uint8Array(31) }, { ...session, chain: [] }])
    await t.throwsAsync(visit(clientContext(), serverContext(), { session: wrong as Session }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
})
