/** Early data beside what else a connection can have: a ClientHello's look, exporters and traces, a sealer of tickets, another process. */
import { bioPair, type PairBio } from '@biopair/bio'
import {
  type ClientHelloPolicy,
  type ContextOptions,
  MemoryReplayStore,
  Ssl,
  SslContext,
  type TraceEvent,
} from '@biopair/ssl'
import test from 'ava'
import { bytes, clientOptions, readAll, serverOptions, shake } from '../support/ends.ts'
import { clientContext, clock, serverContext, sessionOf } from '../support/resume.ts'

const key = new Uint8Array(32).fill(7)

interface Comeback {
  readonly client: Ssl
  readonly server: Ssl
  readonly near: PairBio
  readonly far: PairBio
}

/** Two ends, of which the client has a session that permits early data. */
async function comeback(
  client: ContextOptions = {},
  server: ContextOptions = {},
  remembers = true,
): Promise<Comeback> {
  const silent = { now: clock.now, silence: 0 }
  const options: ContextOptions = {
    maxEarlyData: 1000,
    ...(remembers ? { replayStore: new MemoryReplayStore(silent) } : {}),
    ...(server.ticketSealer ? {} : { ticketKeys: new Uint8Array(48).fill(7) }),
  }
  const { groups: _, ...before } = server
  const session = await sessionOf(clientContext(), serverContext({ ...options, ...before }))
  const [near, far] = bioPair()
  return {
    client: new Ssl(clientContext(client), { servername: 'server.example', session })
      .setBio(near)
      .setConnectState(),
    server: new Ssl(serverContext({ ...options, ...server })).setBio(far).setAcceptState(),
    near,
    far,
  }
}

function readEarly(server: Ssl): string {
  const into = new Uint8Array(100)
  const outcome = server.readEarly(into)
  return outcome.status === 'done'
    ? Buffer.from(into.subarray(0, outcome.bytes)).toString()
    : outcome.status
}

const looks: Readonly<Record<string, ClientHelloPolicy>> = {
  'shuffled, padded and with grease': { order: 'shuffled', grease: true, padding: 512 },
  'with early_data first': { order: ['early_data', 'key_share'], grease: ['extensions'] },
}
for (const [look, clientHello] of Object.entries(looks)) {
  test(`early data goes under the key of a ClientHello as it was sent: ${look}`, async t => {
    for (let round = 0; round < 5; round++) {
      const ends = await comeback({ clientHello })
      t.deepEqual(ends.client.writeEarly(bytes('early')), { status: 'done', bytes: 5 })
      t.is(readEarly(ends.server), 'early')
      shake(ends)
      t.deepEqual([ends.client.earlyData, ends.server.earlyData], ['accepted', 'accepted'])
    }
  })

  test(`a HelloRetryRequest takes early_data from a ClientHello, and leaves the rest: ${look}`, async t => {
    const ends = await comeback({ clientHello, groups: 'x25519:P-256' }, { groups: 'P-256' })
    ends.client.writeEarly(bytes('early'))
    t.is(readEarly(ends.server), 'end')
    shake(ends)
    t.deepEqual([ends.client.retried, ends.client.resumed], [true, true])
    t.is(ends.client.rejectedEarlyData()?.bytes.length, 5)
  })
}

test('early data has its exporter on both ends; both secrets are logged and traced, and the trace keeps them to itself', async t => {
  const lines: [string[], string[]] = [[], []]
  const events: [TraceEvent[], TraceEvent[]] = [[], []]
  const [client, server] = ([0, 1] as const).map(side => ({
    keylog: (line: string) => lines[side].push(line),
    trace: (event: TraceEvent) => events[side].push(event),
  }))
  const ends = await comeback(client, server)
  lines[1].length = 0
  events[1].length = 0
  ends.client.writeEarly(bytes('early'))
  t.is(readEarly(ends.server), 'early')
  t.deepEqual(
    ends.client.exportEarlyKeyingMaterial(20, 'EXPORTER-early'),
    ends.server.exportEarlyKeyingMaterial(20, 'EXPORTER-early'),
  )
  for (const label of ['EARLY_EXPORTER_SECRET', 'CLIENT_EARLY_TRAFFIC_SECRET']) {
    const [ours, theirs] = lines.map(all => all.filter(line => line.startsWith(label)))
    t.is(ours?.length, 1, label)
    t.deepEqual(ours, theirs, label)
    for (const side of events) {
      const told = side.filter(
        event => event.event === 'secret' && event.name === label.toLowerCase(),
      )
      t.is(told.length, 1, label)
      t.false(told.some(event => 'secret' in event || 'keylog' in event))
    }
  }
  const name = 'client_early_traffic_secret'
  t.true(events[0].some(e => e.event === 'key' && e.name === name && e.epoch === 1))
  t.true(events[1].some(e => e.event === 'key' && e.name === name && e.epoch === 1))
})

test('tickets of a sealer permit early data; without a replay store of its own, a server that may be new takes none yet', async t => {
  const ticketSealer = {
    seal: (state: Uint8Array) => state.slice(),
    open: (ticket: Uint8Array) => ticket,
  }
  for (const remembers of [true, false]) {
    const { client, server } = await comeback({}, { ticketSealer }, remembers)
    client.writeEarly(bytes('early'))
    t.is(readEarly(server), remembers ? 'early' : 'end')
    shake({ client, server })
    t.true(client.resumed)
  }
})

test('a connection does not move with early data that nobody has read, and knows elsewhere that it was accepted', async t => {
  const ends = await comeback()
  ends.client.writeEarly(bytes('early'))
  ends.server.readEarly(new Uint8Array(1))
  shake(ends)
  const held = ends.server.exportConnection(key)
  t.like(held, { status: 'unfinished' })
  t.regex((held as { readonly why: string }).why, /readEarly/)
  t.is(readEarly(ends.server), 'arly')
  readAll(ends.client)
  for (const side of ['server', 'client'] as const) {
    const outcome = ends[side].exportConnection(key)
    if (outcome.status !== 'done') return t.fail(outcome.status)
    const options = side === 'server' ? serverOptions : clientOptions
    const context = new SslContext({ ...options, now: clock.now })
    const here = Ssl.importConnection(context, outcome.bytes, key)
    here.setBio(side === 'server' ? ends.far : ends.near)
    t.deepEqual(here.writeEarly(bytes('late')), { status: 'refused', reason: 'over' })
    t.is(here.earlyData, 'accepted')
    if (side === 'server') t.deepEqual(here.readEarly(new Uint8Array(9)), { status: 'end' })
    t.deepEqual(here.write(bytes('on')), { status: 'done', bytes: 2 })
  }
})

test('a connection does not move with early data that has to be sent again', async t => {
  const ends = await comeback({}, { earlyDataCallback: () => false })
  ends.client.writeEarly(bytes('early'))
  shake(ends)
  readAll(ends.client)
  const held = ends.client.exportConnection(key)
  t.like(held, { status: 'unfinished' })
  t.regex((held as { readonly why: string }).why, /rejectedEarlyData/)
  t.is(ends.client.rejectedEarlyData()?.bytes.length, 5)
  const outcome = ends.client.exportConnection(key)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  const context = new SslContext({ ...clientOptions, now: clock.now })
  const here = Ssl.importConnection(context, outcome.bytes, key).setBio(ends.near)
  t.deepEqual(here.writeEarly(bytes('late')), { status: 'refused', reason: 'rejected' })
  t.is(here.earlyData, 'rejected')
  t.is(here.rejectedEarlyData(), undefined)
})
