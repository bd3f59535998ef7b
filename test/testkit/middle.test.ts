/** A man in the middle sees everything in the clear, and nobody notices him as long as he edits nothing. */
import { bioPair } from '@biopair/bio'
import type { Session } from '@biopair/ssl'
import type { Seen } from '@biopair/testkit/middle'
import { KeyLog, Middle, MiddlePump } from '@biopair/testkit/middle'
import test from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { ends } from '../support/ends.ts'
import { carried, shaken, tapped, v12 } from './support.ts'

const words = (seen: readonly Seen[], from: string) =>
  seen
    .filter(each => each.from === from)
    .map(({ epoch, type, message }) => `${epoch} ${message ?? type}`)

for (const keys of ['each', 'client', 'server', 'one'] as const)
  test(`a handshake of TLS 1.3 is seen message by message with ${keys === 'each' ? 'both key logs' : `the key log: ${keys}`}`, t => {
    const tap = tapped({ keys })
    t.deepEqual(shaken(tap), { client: 'done', server: 'done' })
    t.is(carried(tap, tap.client, tap.server, 'there'), 'there')
    t.is(carried(tap, tap.server, tap.client, 'and back'), 'and back')
    t.deepEqual(words(tap.seen, 'client'), [
      'clear ClientHello',
      'clear change_cipher_spec',
      'handshake Finished',
      'application application_data',
    ])
    t.deepEqual(words(tap.seen, 'server'), [
      'clear ServerHello',
      'clear change_cipher_spec',
      'handshake EncryptedExtensions',
      'handshake Certificate',
      'handshake CertificateVerify',
      'handshake Finished',
      'application application_data',
    ])
  })

for (const keys of ['each', 'client', 'server'] as const)
  test(`a handshake of TLS 1.2 is seen message by message with the key log: ${keys}`, t => {
    const tap = tapped({ keys, client: v12, server: v12 })
    t.deepEqual(shaken(tap), { client: 'done', server: 'done' })
    t.is(carried(tap, tap.client, tap.server, 'there'), 'there')
    t.deepEqual(words(tap.seen, 'client'), [
      'clear ClientHello',
      'clear ClientKeyExchange',
      'clear change_cipher_spec',
      'protected Finished',
      'protected application_data',
    ])
    t.is(words(tap.seen, 'server').at(-1), 'protected Finished')
  })

test('without keys records pass unseen, and the connection stands', t => {
  const tap = tapped({ keys: 'none' })
  t.deepEqual(shaken(tap), { client: 'done', server: 'done' })
  t.is(carried(tap, tap.client, tap.server, 'there'), 'there')
  t.is(words(tap.seen, 'client').at(-1), 'clear opaque')
})

test('a second ClientHello, early data that is taken or not, and KeyUpdates are seen in their epochs', t => {
  const sessions: Session[] = []
  const client = {
    groups: ['x25519', 'secp256r1'],
    onSession: (one: Session) => sessions.push(one),
  }
  const server = { numTickets: 1, maxEarlyData: 1000, ticketKeys: new Uint8Array(48).fill(7) }
  const first = tapped({ client, server: { ...server, groups: 'secp256r1' } })
  t.deepEqual(shaken(first), { client: 'done', server: 'done' })
  t.is(carried(first, first.server, first.client, 'x'), 'x')
  t.deepEqual(words(first.seen, 'server').slice(0, 1), ['clear HelloRetryRequest'])
  t.true(words(first.seen, 'server').includes('application NewSessionTicket'))
  t.is(words(first.seen, 'client').filter(word => word === 'clear ClientHello').length, 2)

  const [session] = sessions
  const retried = tapped({ client, server: { ...server, groups: 'secp256r1' }, session })
  retried.client.writeEarly(new TextEncoder().encode('early'))
  t.deepEqual(shaken(retried), { client: 'done', server: 'done' })
  t.deepEqual(words(retried.seen, 'client'), [
    'clear ClientHello',
    'clear change_cipher_spec',
    'early application_data',
    'clear ClientHello',
    'handshake Finished',
  ])

  // A store of its own would not know what the server before it took.
  const replayStore = { claim: () => true }
  const second = tapped({ client, server: { ...server, replayStore }, session })
  second.client.writeEarly(new TextEncoder().encode('early'))
  const into = new Uint8Array(100)
  for (let i = 0; i < 5; i++) {
    second.pump.step()
    second.server.readEarly(into)
    second.client.doHandshake()
  }
  t.deepEqual(shaken(second), { client: 'done', server: 'done' })
  t.deepEqual(words(second.seen, 'client'), [
    'clear ClientHello',
    'clear change_cipher_spec',
    'early application_data',
    'early EndOfEarlyData',
    'handshake Finished',
  ])
  second.client.keyUpdate(true)
  t.is(carried(second, second.client, second.server, 'there'), 'there')
  t.is(carried(second, second.server, second.client, 'and back'), 'and back')
  const last = second.seen
    .slice(-4)
    .map(({ from, generation, message, type }) => [from, generation, message ?? type])
  t.deepEqual(last, [
    ['client', 0, 'KeyUpdate'],
    ['client', 1, 'application_data'],
    ['server', 0, 'KeyUpdate'],
    ['server', 1, 'application_data'],
  ])
})

test('early data that the server passes over goes by, and the handshake behind it is seen', t => {
  const sessions: Session[] = []
  const client = { onSession: (one: Session) => sessions.push(one) }
  const server = { numTickets: 1, maxEarlyData: 1000, ticketKeys: new Uint8Array(48).fill(7) }
  const first = tapped({ client, server })
  shaken(first)
  carried(first, first.server, first.client, 'x')
  for (const keys of ['each', 'server'] as const) {
    const second = tapped({
      client,
      server: { ...server, maxEarlyData: 0 },
      session: sessions[0],
      keys,
    })
    second.client.writeEarly(new TextEncoder().encode('early'))
    t.deepEqual(shaken(second), { client: 'done', server: 'done' })
    t.is(second.client.earlyData, 'rejected')
    t.is(words(second.seen, 'client').at(-1), 'handshake Finished')
  }
})

test('the middle that edits nothing gives each end what the other sent, byte for byte, however it is cut', t => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom('each' as const, 'client' as const, 'server' as const),
      (older, cuts, keys) => {
        // What both say is recorded with nobody between, then played to a middle in other pieces.
        const log = { client: new KeyLog(), server: new KeyLog() }
        const sent: { from: 'client' | 'server'; bytes: Uint8Array }[] = []
        const version = older ? v12 : {}
        const made = ends({
          client: { ...version, keylog: log.client.take },
          server: { ...version, numTickets: 2, keylog: log.server.take },
          wrap: near => ({
            read: into => {
              const count = near.read(into)
              if (typeof count === 'number')
                sent.push({ from: 'server', bytes: into.slice(0, count) })
              return count
            },
            write: bytes => {
              const count = near.write(bytes)
              if (typeof count === 'number')
                sent.push({ from: 'client', bytes: bytes.slice(0, count) })
              return count
            },
            flush: () => near.flush(),
            end: () => near.end(),
            close: error => near.close(error),
          }),
        })
        for (let i = 0; i < 10; i++) {
          made.client.doHandshake()
          made.server.doHandshake()
        }
        made.client.write(new Uint8Array(700).fill(1))
        made.server.read(new Uint8Array(1000))
        made.server.write(new Uint8Array(300).fill(2))
        made.client.read(new Uint8Array(1000))
        made.client.shutdown()
        const given = { each: log, client: { client: log.client }, server: { server: log.server } }
        const middle = new Middle({ keys: given[keys] })
        let at = 0
        for (const from of ['client', 'server'] as const) {
          const all = Buffer.concat(sent.filter(each => each.from === from).map(each => each.bytes))
          t.true(all.length > 500)
        }
        const out = { client: [] as Uint8Array[], server: [] as Uint8Array[] }
        for (const { from, bytes } of sent)
          for (let start = 0; start < bytes.length; ) {
            const cut = cuts[at++ % cuts.length] as number
            out[from].push(middle.pass(from, bytes.subarray(start, start + cut)))
            start += cut
          }
        for (const from of ['client', 'server'] as const) {
          const all = sent.filter(each => each.from === from).map(each => each.bytes)
          t.deepEqual(Buffer.concat(out[from]), Buffer.concat(all))
          t.is(middle.held(from), 0)
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('both ends come to their end through rings of any size, whatever the order of steps', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer(),
      fc.boolean(),
      (a, b, seed, older) => {
        const version = older ? v12 : {}
        const tap = tapped({ rings: [a, b], client: version, server: version })
        const dice = new Dice(seed)
        const steps = [
          () => tap.client.doHandshake(),
          () => tap.server.doHandshake(),
          () => tap.pump.step(),
        ]
        for (let i = 0; i < 20_000 && !(tap.client.connected && tap.server.connected); i++)
          dice.pick(steps)()
        t.true(tap.client.connected && tap.server.connected)
        t.is(carried(tap, tap.client, tap.server, 'there', 'and there'), 'thereand there')
        tap.client.shutdown()
        const into = new Uint8Array(10)
        let ending = ''
        for (let i = 0; i < 1000 && ending !== 'closed'; i++) {
          tap.pump.step()
          tap.client.flush()
          ending = tap.server.read(into).status
        }
        t.is(ending, 'closed')
        t.is(tap.seen.at(-1)?.type, 'alert')
      },
    ),
    { numRuns: 20 },
  )
})

test('an end of a carrier comes across, and what was held with it', t => {
  for (const ending of ['end', 'close', 'break'] as const) {
    const [near, left] = bioPair()
    const [right, far] = bioPair()
    const pump = new MiddlePump(new Middle({ keys: new KeyLog() }), left, right)
    near.write(Uint8Array.of(23, 3, 3, 0, 4, 1, 2, 3, 4, 22, 3))
    t.false(pump.step().done)
    t.is(far.pending, 0)
    if (ending === 'end') near.end()
    else near.close(ending === 'break' ? new Error('broken') : undefined)
    pump.step()
    const into = new Uint8Array(20)
    t.is(far.read(into), 11)
    t.deepEqual([...into.subarray(5, 11)], [1, 2, 3, 4, 22, 3])
    const end = far.read(into)
    t.is(typeof end === 'number' ? end : end.stop, ending === 'break' ? 'broken' : 'eof')
    far.end()
    t.is(pump.step().done, true)
  }
  const middle = new Middle({ keys: new KeyLog() })
  t.is(middle.pass('client', Uint8Array.of(22, 3, 1)).length, 0)
  t.is(middle.held('client'), 3)
  t.deepEqual(middle.end('client'), Uint8Array.of(22, 3, 1))
  t.deepEqual(
    middle.pass('server', new TextEncoder().encode('HTTP/1.1')),
    new TextEncoder().encode('HTTP/1.1'),
  )
})

test('a record waits for its key no longer than its end is there', t => {
  const tap = tapped({ keys: 'each' })
  const keys = new KeyLog()
  const sent: Uint8Array[] = []
  tap.client.doHandshake()
  const middle = new Middle({ keys })
  const hello = tap.seen
  t.is(hello.length, 0)
  tap.pump.step()
  const clientHello = tap.seen[0]?.bytes as Uint8Array
  const record = Uint8Array.of(
    22,
    3,
    1,
    clientHello.length >> 8,
    clientHello.length & 255,
    ...clientHello,
  )
  sent.push(middle.pass('client', record))
  t.deepEqual(sent[0], record)
  const sealed = Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20))
  t.is(middle.pass('client', sealed).length, 0)
  t.true(middle.waiting('client'))
  t.deepEqual(middle.end('client'), sealed)
})

test('the trace says names and lengths, and no byte of a secret', t => {
  for (const version of [{}, v12]) {
    const tap = tapped({ client: version, server: { ...version, numTickets: 1 } })
    shaken(tap)
    carried(tap, tap.server, tap.client, 'what nobody should read')
    const text = tap.lines.join('\n')
    t.regex(text, /^client -> server {2}clear {8}ClientHello, \d+ bytes$/m)
    t.regex(text, /^server -> client {2}\w+ +application_data, 23 bytes$/m)
    t.true(text.includes('server.example'))
    t.notRegex(text, /[0-9a-f]{16}/)
    t.false(text.includes('nobody should'))
    t.false(text.includes(Buffer.from('what nobody').toString('hex')))
  }
})

test('a message in many records, longer than may be held, goes by unseen, and the connection stands', t => {
  const tap = tapped({ maxHeld: 300, keys: 'client', client: { recordSizeLimit: 128 } })
  t.deepEqual(shaken(tap), { client: 'done', server: 'done' })
  t.is(carried(tap, tap.server, tap.client, 'there'), 'there')
  t.false(tap.seen.some(({ message }) => message === 'Certificate'))
})
