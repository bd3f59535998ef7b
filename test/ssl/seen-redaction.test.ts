/** A trace holds no secret unless it was asked for: every secret of random sessions is searched for in all that they tell. */
import type { Aead, AeadName, CryptoProvider, Group, GroupName, Random } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Ssl, type TraceEvent, traceLines } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientContext, serverContext, sessionOf, visit } from '../support/resume.ts'
import { seeded } from '../support/seeded.ts'

/** Draws that are sent in the clear. */
const open = /random$|session_id$|^cookie$|^(client |server )?ticket nonce$|salt$/
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Secrets as they were when they came into being, by what they are. */
class Secrets {
  readonly known = new Map<string, string>()

  note<T extends Uint8Array>(what: string, bytes: T): T {
    // A shorter one stands somewhere by chance.
    if (bytes.length >= 8 && bytes.some(byte => byte !== 0)) this.known.set(hex(bytes), what)
    return bytes
  }

  readonly random =
    (draw: Random): Random =>
    (purpose, length) => {
      const bytes = draw(purpose, length)
      return open.test(purpose) ? bytes : this.note(`draw of ${purpose}`, bytes)
    }

  /** A provider whose keys, shared secrets and outputs of HKDF are noted. */
  crypto(): CryptoProvider {
    const each = <K extends string, T>(rows: Readonly<Record<K, T>>, wrap: (row: T) => T) =>
      Object.fromEntries(
        Object.entries<T>(rows).map(([name, row]) => [name, wrap(row)]),
      ) as unknown as Record<K, T>
    return {
      ...nodeCrypto,
      aeads: each<AeadName, Aead>(nodeCrypto.aeads, aead => ({
        ...aead,
        key: bytes => aead.key(this.note('key of an AEAD', bytes)),
      })),
      hashes: each(nodeCrypto.hashes, hash => ({
        ...hash,
        hmac: key => {
          this.note('key of an HMAC', key)
          return hash.hmac(key)
        },
      })),
      groups: each<GroupName, Group>(nodeCrypto.groups, group => ({
        ...group,
        answer: (peer, random) => {
          const answer = group.answer(peer, random)
          if ('secret' in answer) this.note('shared secret', answer.secret)
          return answer
        },
      })),
    }
  }

  /** What of them stands in a text or in the bytes of an event, or in its lines. */
  in(events: readonly TraceEvent[]): string[] {
    const told = events
      .map(event => `${everything(event)} ${traceLines(event).join(' ')}`)
      .join('\n')
    return [...this.known].filter(([secret]) => told.includes(secret)).map(([, what]) => what)
  }
}

/** An event as text, its bytes as hex. */
function everything(event: TraceEvent): string {
  return JSON.stringify(event, (_, value) => (value instanceof Uint8Array ? hex(value) : value))
}

function exchange(from: Ssl, to: Ssl, data: Uint8Array): void {
  const into = new Uint8Array(20_000)
  for (let sent = 0, i = 0; sent < data.length && i < 100; i++) {
    const wrote = from.write(data.subarray(sent))
    if (wrote.status === 'done') sent += wrote.bytes
    to.read(into)
  }
  for (let i = 0; i < 3; i++) to.read(into)
}

const psks = [{ identity: 'of both', key: seeded('psk')('key', 32) }]

/** Two connections, the second with the session of the first where there is one: what was told, and the secrets. */
async function told(
  seed: string,
  kind: 'full' | 'retried' | 'authenticated' | 'resumed' | 'keyed',
  traced: Pick<ContextOptions, 'traceSecrets'>,
) {
  const events: TraceEvent[] = []
  const lines: string[] = []
  const secrets = new Secrets()
  const common = {
    ...traced,
    crypto: secrets.crypto(),
    trace: (event: TraceEvent) => void events.push(event),
    ...(kind === 'keyed' ? { psks } : {}),
    keylog: (line: string) => void lines.push(line),
  }
  const draw = seeded(seed)
  secrets.note('ticket keys', draw('ticket keys', 32))
  for (const { key } of psks) secrets.note('pre-shared key', key)
  const client = clientContext({
    ...common,
    random: secrets.random((purpose, length) => draw(`client ${purpose}`, length)),
    groups: kind === 'retried' ? 'x25519:P-256' : 'x25519',
  })
  const server = serverContext({
    ...common,
    random: secrets.random((purpose, length) => draw(`server ${purpose}`, length)),
    groups: kind === 'retried' ? 'P-256' : 'x25519',
    ...(kind === 'authenticated' ? { requestCert: true, rejectUnauthorized: false } : {}),
    ticketKeys: draw('ticket keys', 48),
  })
  const session = kind === 'resumed' ? await sessionOf(client, server) : undefined
  const met = await visit(client, server, { session })
  const data = secrets.note('application data', draw('application data', 64))
  exchange(met.client, met.server, data)
  met.server.keyUpdate(true)
  exchange(met.server, met.client, secrets.note('application data', draw('more of it', 3000)))
  exchange(met.client, met.server, data)
  const kept = met.client.session ?? session
  if (kept) {
    secrets.note('PSK of a ticket', kept.psk)
    // A ticket that is used stands in the ClientHello.
    if (kept !== session) secrets.note('ticket', kept.ticket)
  }
  for (const line of lines)
    secrets.note('key log', new Uint8Array(Buffer.from(line.split(' ')[2] ?? '', 'hex')))
  met.client.shutdown()
  met.server.shutdown()
  met.client.close()
  met.server.close()
  return { events, secrets, met }
}

const kinds = ['full', 'retried', 'authenticated', 'resumed', 'keyed'] as const

test('no event and no line of a trace holds a secret', async t => {
  const run = fc.asyncProperty(fc.string(), fc.constantFrom(...kinds), async (seed, kind) => {
    const { events, secrets, met } = await told(seed, kind, {})
    t.true(met.client.connected && met.server.connected, kind)
    t.true(secrets.known.size > 20 && events.length > 60)
    t.deepEqual(secrets.in(events), [])
  })
  await fc.assert(run, { numRuns: 25 })
})

for (const kind of kinds)
  test(`with traceSecrets each traffic secret is told when it is derived, and with each key: ${kind}`, async t => {
    const { events, secrets, met } = await told('seed', kind, { traceSecrets: true })
    t.not(secrets.in(events).length, 0)
    for (const role of ['client', 'server'] as const) {
      const last = Math.max(
        ...events.filter(({ role: whose }) => whose === role).map(one => one.connection),
      )
      const mine = events.filter(one => one.role === role && one.connection === last)
      const derived = new Map(
        mine
          .filter(one => one.event === 'secret')
          .map(({ name, secret }) => [name, hex(secret ?? new Uint8Array(0))]),
      )
      const early = kind === 'resumed' || kind === 'keyed' ? ['early_exporter_secret'] : []
      t.deepEqual([...derived.keys()].sort(), [...names, ...early].sort())
      for (const key of mine.filter(one => one.event === 'key')) {
        const secret = hex(key.secret ?? new Uint8Array(0))
        t.regex(secret, /^([0-9a-f]{64}|[0-9a-f]{96})$/)
        if (derived.has(key.name)) t.is(secret, derived.get(key.name) ?? '')
        else t.is(key.epoch, 4)
      }
      const tickets = mine.filter(one => one.event === 'message' && one.message[0] === 4)
      t.true(tickets.length > 0)
      t.true(tickets.every(one => !('redacted' in one)))
      t.true(met.client.connected)
    }
  })

const names = [
  'client_handshake_traffic_secret',
  'server_handshake_traffic_secret',
  'client_application_traffic_secret_0',
  'server_application_traffic_secret_0',
  'exporter_secret',
  'resumption_secret',
]

test('a ticket is told without its bytes, and says so; its length stays', async t => {
  const seen = new Map<string, readonly TraceEvent[]>()
  for (const traceSecrets of [false, 'messages', true] as const) {
    const { events } = await told('tickets', 'full', { traceSecrets })
    seen.set(
      String(traceSecrets),
      events.filter(one => one.event === 'message' && one.message[0] === 4),
    )
  }
  const bytes = (how: string) =>
    seen.get(how)?.map(one => (one as { message: Uint8Array }).message) ?? []
  t.true(bytes('true').length > 0)
  t.deepEqual(bytes('messages'), bytes('true'))
  t.deepEqual(
    bytes('false').map(one => one.length),
    bytes('true').map(one => one.length),
  )
  for (const event of seen.get('false') ?? []) {
    t.like(event, { redacted: true })
    t.regex(traceLines(event).join('\n'), /NewSessionTicket, redacted\n +ticket_lifetime: 7200/)
  }
  // Lines never show one, also where the event holds it.
  t.deepEqual(seen.get('true')?.map(traceLines), seen.get('false')?.map(traceLines))
  for (const message of bytes('false')) t.true(message.subarray(8, 12).every(byte => byte === 0))
})

test('each event says whose it is and when; connections of a context are numbered from 1', async t => {
  const events: TraceEvent[] = []
  let time = 1000
  const client = clientContext({ trace: event => void events.push(event) })
  const server = serverContext({ now: () => time++, trace: event => void events.push(event) })
  for (let i = 0; i < 3; i++) await visit(client, server)
  t.deepEqual([...new Set(events.map(({ role, connection }) => `${role} ${connection}`))].sort(), [
    'client 1',
    'client 2',
    'client 3',
    'server 1',
    'server 2',
    'server 3',
  ])
  const times = events.filter(({ role }) => role === 'server').map(one => one.time)
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  t.true((times[0] ?? 0) >= 1000)
})

test('traceEvents are the kinds that are told', async t => {
  const run = fc.asyncProperty(fc.subarray([...all]), async traceEvents => {
    const seen = new Set<string>()
    const trace = (event: TraceEvent) => void seen.add(event.event)
    const { client } = await visit(clientContext({ trace, traceEvents }), serverContext())
    client.shutdown()
    t.deepEqual([...seen].sort(), [...traceEvents].sort())
  })
  await fc.assert(run, { numRuns: 20 })
  const wrong = { code: 'ERR_INVALID_ARG_VALUE' }
  t.throws(() => clientContext({ traceEvents: ['messages' as 'message'] }), wrong)
  t.throws(() => clientContext({ traceSecrets: 'all' as 'messages' }), wrong)
})
const all = ['bio', 'record', 'message', 'alert', 'state', 'secret', 'key'] as const

test('keys are told with their epoch and the name of their secret, in the order of RFC 9846', async t => {
  const events: TraceEvent[] = []
  const client = clientContext({ trace: event => void events.push(event) })
  const { client: near, server } = await visit(client, serverContext())
  near.keyUpdate(true)
  for (let i = 0; i < 2; i++) {
    server.read(new Uint8Array(1))
    server.flush()
    near.read(new Uint8Array(1))
  }
  const keys = events.filter(one => one.event === 'key')
  t.deepEqual(
    keys.map(({ direction, epoch, name }) => `${direction} ${epoch} ${name}`),
    [
      'read 2 server_handshake_traffic_secret',
      'write 2 client_handshake_traffic_secret',
      'read 3 server_application_traffic_secret_0',
      'write 3 client_application_traffic_secret_0',
      'write 4 client_application_traffic_secret_1',
      'read 4 server_application_traffic_secret_1',
    ],
  )
})
