/** Early data as programs see it: taken once or given back, never mixed with other data, in both roles. */
import { bioPair } from '@biopair/bio'
import {
  type ContextOptions,
  MemoryReplayStore,
  type Session,
  Ssl,
  sessionFromBytes,
  sessionToBytes,
} from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { readAll, shake } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { clientContext, clock, serverContext, sessionOf } from '../support/resume.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const early: ContextOptions = {
  maxEarlyData: 1000,
  ticketKeys: new Uint8Array(48).fill(7),
  replayStore: new MemoryReplayStore({ now: clock.now, silence: 0 }),
}

interface Comeback {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  readonly rings?: readonly [number, number]
  /** Of the connection before. */
  readonly before?: ContextOptions
}

/** Two ends, of which the client has a session that permits early data. */
async function comeback({ client = {}, server = {}, rings, before = {} }: Comeback = {}) {
  const contexts = [
    clientContext({ groups: 'x25519:P-256', ...client }),
    serverContext({ ...early, ...before, ...server }),
  ] as const
  const session = await sessionOf(clientContext(), serverContext({ ...early, ...before }))
  const [near, far] = bioPair(...(rings ?? []))
  return {
    client: new Ssl(contexts[0], { servername: 'server.example', session })
      .setBio(near)
      .setConnectState(),
    server: new Ssl(contexts[1]).setBio(far).setAcceptState(),
    session,
    near,
    far,
  }
}

/** All early data that is there, and how it ends. */
function readEarly(server: Ssl): { text: string; status: string } {
  const into = new Uint8Array(300)
  let text = ''
  for (;;) {
    const outcome = server.readEarly(into)
    if (outcome.status !== 'done') return { text, status: outcome.status }
    text += Buffer.from(into.subarray(0, outcome.bytes)).toString('latin1')
  }
}

test('whatever limits, records, padding and pieces: what writeEarly took arrives once in readEarly, or comes back once; the limits hold', async t => {
  const seen = { accepted: 0, rejected: 0, limit: 0 }
  const property = fc.asyncProperty(
    fc.record({
      maxEarlyData: fc.integer({ min: 1, max: 3000 }),
      holds: fc.integer({ min: 1, max: 3000 }),
      maxFragment: fc.constantFrom(512, 16_384),
      padding: fc.constantFrom(undefined, undefined, 64),
      recordsPerKey: fc.constantFrom(undefined, undefined, 3),
      takes: fc.boolean(),
      retries: fc.boolean(),
      length: fc.nat(4000),
      seed: fc.nat(),
    }),
    async ({ maxEarlyData, holds, maxFragment, padding, recordsPerKey, ...o }) => {
      const dice = new Dice(o.seed)
      const { client, server } = await comeback({
        client: {
          limits: { earlyData: holds, maxFragment, ...(recordsPerKey ? { recordsPerKey } : {}) },
          ...(padding ? { padding } : {}),
        },
        before: { maxEarlyData },
        server: {
          earlyDataCallback: () => o.takes,
          ...(o.retries ? { groups: 'P-256' } : {}),
        },
      })
      const data = Buffer.from(dice.bytes(o.length))
      const sent: Uint8Array[] = []
      let left: Uint8Array = data
      let refused: string | undefined
      while (refused === undefined && left.length > 0) {
        const outcome = client.writeEarly(left.subarray(0, dice.from(1, left.length)))
        if (outcome.status === 'refused') refused = outcome.reason
        else if (outcome.status === 'done') {
          sent.push(left.subarray(0, outcome.bytes))
          left = left.subarray(outcome.bytes)
        } else server.readEarly(new Uint8Array(0))
      }
      if (data.length === 0) client.writeEarly(data)
      const all = Buffer.concat(sent)
      if (refused === 'limit') seen.limit++
      t.true(all.length <= Math.min(maxEarlyData, holds))
      shake({ client, server })
      const accepted = o.takes && !o.retries
      const status = accepted ? 'accepted' : 'rejected'
      seen[status]++
      t.deepEqual([client.earlyData, server.earlyData], [status, status])
      const got = readEarly(server)
      t.is(got.status, 'end')
      t.is(got.text, accepted ? all.toString('latin1') : '')
      const rejected = client.rejectedEarlyData()
      t.deepEqual(Buffer.from(rejected?.bytes ?? []), accepted ? Buffer.alloc(0) : all)
      client.write(bytes('then'))
      t.is(readAll(server).text, 'then')
    },
  )
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 60 }),
    () => shortOf(seen, Object.keys(seen), 1),
  )
  t.log(JSON.stringify(seen))
  t.deepEqual(short, [])
})

test('S12: accepted: it is read before the handshake is over, and only as much is done as that needs', async t => {
  const { client, server } = await comeback()
  t.deepEqual(client.writeEarly(bytes('GET / early')), { status: 'done', bytes: 11 })
  t.is(client.earlyData, 'offered')
  const into = new Uint8Array(6)
  t.deepEqual(server.readEarly(into), { status: 'done', bytes: 6 })
  t.is(Buffer.from(into).toString(), 'GET / ')
  t.is(server.state, 'WAIT_EOED')
  t.false(server.connected)
  t.deepEqual(readEarly(server), { text: 'early', status: 'want_read' })
  t.is(server.earlyData, 'accepted')
  t.is(client.doHandshake().status, 'done')
  t.is(client.earlyData, 'accepted')
  t.deepEqual(readEarly(server), { text: '', status: 'end' })
  t.false(server.connected)
  t.is(server.doHandshake().status, 'done')
  t.true(server.resumed)
  t.is(client.rejectedEarlyData(), undefined)
})

test('S12: a server that only shakes hands keeps it, and read never gives it', async t => {
  const { client, server } = await comeback()
  client.writeEarly(bytes('early'))
  shake({ client, server })
  client.write(bytes('late'))
  t.is(server.pending, 0)
  t.deepEqual(readAll(server), { text: 'late', status: 'want_read' })
  t.deepEqual(readEarly(server), { text: 'early', status: 'end' })
  t.deepEqual(readEarly(server), { text: '', status: 'end' })
})

test('S12: it is readable after the peer has closed, and after the connection failed', async t => {
  const closed = await comeback()
  closed.client.writeEarly(bytes('early'))
  shake(closed)
  closed.client.shutdown()
  t.is(readAll(closed.server).status, 'closed')
  t.deepEqual(readEarly(closed.server), { text: 'early', status: 'end' })

  const failed = await comeback()
  failed.client.writeEarly(bytes('early'))
  failed.near.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)))
  t.is(failed.server.doHandshake().status, 'failed')
  t.deepEqual(readEarly(failed.server), { text: 'early', status: 'failed' })
})

test('S12: rejected: the client hears what to send again, once; nothing is sent again by itself', async t => {
  const { client, server } = await comeback({ server: { maxEarlyData: 0 } })
  client.writeEarly(bytes('one, '))
  client.writeEarly(bytes('two'))
  t.deepEqual(readEarly(server), { text: '', status: 'end' })
  t.is(server.earlyData, 'rejected')
  t.is(client.rejectedEarlyData(), undefined)
  shake({ client, server })
  t.deepEqual(readAll(server), { text: '', status: 'want_read' })
  const again = client.rejectedEarlyData()
  t.deepEqual(again, { bytes: bytes('one, two'), sameProtocol: true })
  t.is(client.rejectedEarlyData(), undefined)
  client.write(again?.bytes ?? new Uint8Array(0))
  t.is(readAll(server).text, 'one, two')
})

test('0.5-RTT: a server answers before the Finished of the client, and the client reads it', async t => {
  for (const resumes of [true, false]) {
    const { client, server } = await comeback(resumes ? {} : { server: { ticketPolicy: 'never' } })
    client.writeEarly(bytes('question'))
    t.is(readEarly(server).text, resumes ? 'question' : '')
    t.deepEqual(server.writeEarly(bytes('an')), { status: 'done', bytes: 2 })
    t.deepEqual(server.writeEarly(bytes('swer')), { status: 'done', bytes: 4 })
    t.false(server.connected)
    t.deepEqual(readAll(client), { text: 'answer', status: 'want_read' })
    shake({ client, server })
    t.deepEqual(server.writeEarly(bytes('x')), { status: 'refused', reason: 'over' })
    server.write(bytes(', more'))
    t.is(readAll(client).text, ', more')
  }
})

test('0.5-RTT: what does not fit waits, while the handshake goes on', async t => {
  const { client, server } = await comeback({ rings: [200, 200] })
  const big = new Uint8Array(30_000).fill(65)
  let left = big
  let sent = 0
  let got = ''
  for (let round = 0; round < 10_000 && left.length > 0; round++) {
    const outcome = server.writeEarly(left)
    if (outcome.status === 'refused') break
    if (outcome.status === 'done') {
      sent += outcome.bytes
      left = left.subarray(outcome.bytes)
    }
    got += readAll(client).text
  }
  for (let round = 0; round < 10_000 && got.length < sent; round++) {
    server.doHandshake()
    server.flush()
    got += readAll(client).text
  }
  t.true(sent > 0)
  t.is(got.length, sent)
})

test('a session as bytes keeps what it permits, and both key logs have the early secret', async t => {
  const lines: [string[], string[]] = [[], []]
  const context = clientContext({ keylog: line => lines[0].push(line) })
  const to = serverContext({ ...early, keylog: line => lines[1].push(line) })
  const session = await sessionOf(clientContext(), to)
  const again: Session = sessionFromBytes(sessionToBytes(session))
  t.is(again.maxEarlyData, 1000)
  const [near, far] = bioPair()
  const client = new Ssl(context, { servername: 'server.example', session: sessionToBytes(again) })
  client.setBio(near).setConnectState().writeEarly(bytes('early'))
  const server = new Ssl(to).setBio(far).setAcceptState()
  t.is(readEarly(server).text, 'early')
  const secret = (all: string[]) => all.filter(line => line.startsWith('CLIENT_EARLY_TRAFFIC'))
  t.is(secret(lines[0]).length, 1)
  t.deepEqual(secret(lines[0]), secret(lines[1]))
})

test('misuse is told at once, and an empty call begins with the offer', async t => {
  const { client, server } = await comeback()
  t.throws(() => client.readEarly(new Uint8Array(1)), { code: 'ERR_NOT_SERVER' })
  t.deepEqual(client.writeEarly(new Uint8Array(0)), { status: 'done', bytes: 0 })
  t.is(client.earlyData, 'offered')
  t.deepEqual(server.readEarly(new Uint8Array(0)), { status: 'done', bytes: 0 })
  shake({ client, server })
  t.deepEqual([client.earlyData, server.earlyData], ['accepted', 'accepted'])
  t.throws(() => serverContext({ replayStore: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  const closed = await comeback()
  closed.client.writeEarly(bytes('early'))
  closed.client.close()
  t.throws(() => closed.client.writeEarly(bytes('early')), { code: 'ERR_CLOSED' })
})

test('a store in memory says true once for a key until its time, also of 500 random claims', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.tuple(fc.nat(30), fc.nat(50), fc.nat(5)), { maxLength: 500 }),
      (capacity, claims) => {
        let time = 1000
        const store = new MemoryReplayStore({ now: () => time, capacity, silence: 0 })
        const model = new Map<string, number>()
        for (const [name, lasts, passes] of claims) {
          time += passes
          const key = String(name)
          const until = time + lasts
          const known = (model.get(key) ?? 0) > time
          const got = store.claim(key, until)
          // It may refuse more than it has to, and never less.
          t.false(got && known)
          if (got) model.set(key, until)
          t.true(store.size <= capacity)
        }
      },
    ),
    { numRuns: 100 },
  )
})
