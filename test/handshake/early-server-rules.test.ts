/** Early data as a client sends it, right and wrong, and what our server makes of it (field.md's numbers). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  EncryptedExtensions,
  EndOfEarlyData,
  encodeMessage,
  Finished,
  KeyUpdate,
  readExtension,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, MemoryReplayStore, type ReplayStore, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import ava, { type ExecutionContext } from 'ava'
import { ClientPeer, withExtension } from '../support/client-peer.ts'
import { EarlyClientPeer, type FirstFlight, ticketFrom } from '../support/early-client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { contentTypes, type Under } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { Clock } from '../support/resume.ts'

// One after the other: they share a clock, which some put on.
const test = ava.serial

const identity = identityOf('p256')
const { pem, keyPem } = chainFor('p256')
const text = new Uint8Array(Buffer.from('GET / early'))
const clock = new Clock()
const ticketKeys = new Uint8Array(48).fill(6)
const base: ContextOptions = {
  crypto: nodeCrypto,
  cert: pem,
  key: keyPem,
  groups: ['x25519', 'secp256r1'],
  now: clock.now,
  maxEarlyData: 100,
}
const fresh = () => new MemoryReplayStore({ now: clock.now, silence: 0 })
const contextOf = (options: ContextOptions = {}) =>
  new SslContext({ ...base, ticketKeys, replayStore: fresh(), ...options })

/** A client that comes back to a server, which may be configured otherwise by then. */
function open(flight: FirstFlight = {}, options: ContextOptions = {}, first: ContextOptions = {}) {
  const ticket = ticketFrom(contextOf(first), identity, flight.edit)
  const peer = new EarlyClientPeer(contextOf(options), identity, ticket)
  peer.begin(flight)
  return peer
}

/** Whether EncryptedExtensions accepted it. */
const accepted = (peer: EarlyClientPeer): boolean => {
  const [said] = peer.said(EncryptedExtensions)
  return readExtension('EncryptedExtensions', 'early_data', said?.extensions ?? []) !== undefined
}

function takes(t: ExecutionContext, peer: EarlyClientPeer, what?: string): void {
  peer.data(text)
  peer.step()
  t.true(accepted(peer), what)
  t.is(peer.ssl.earlyData, 'accepted', what)
  t.is(peer.ssl.state, 'WAIT_EOED')
  t.deepEqual(peer.delivered, [])
  t.deepEqual(peer.readEarly(), { bytes: text, status: 'want_read' }, what)
}

/** The data is refused and passed over, and the handshake goes on. */
function passesOver(t: ExecutionContext, peer: EarlyClientPeer, what?: string): void {
  peer.data(text)
  peer.step()
  t.false(accepted(peer), what)
  t.is(peer.ssl.earlyData, 'rejected', what)
  t.deepEqual(peer.readEarly(), { bytes: new Uint8Array(0), status: 'end' }, what)
  peer.sendFinished()
  peer.step()
  connected(t, peer)
  t.deepEqual(peer.readEarly(), { bytes: new Uint8Array(0), status: 'end' }, what)
}

function wrong(
  title: string,
  alert: AlertName,
  under: Under,
  say: (peer: EarlyClientPeer) => void,
  options: ContextOptions = {},
  flight: FirstFlight = {},
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(flight, options)
    say(peer)
    refused(t, peer, alert, under)
  })
}

test('4.3.10: a ticket says how much early data it permits, and none where the server takes none', t => {
  t.is(ticketFrom(contextOf(), identity).maxEarlyData, 100)
  t.is(ticketFrom(contextOf({ maxEarlyData: 0 }), identity).maxEarlyData, 0)
})

wrong(
  'rule 2: a Finished that does not cover EndOfEarlyData',
  'decrypt_error',
  'application',
  peer => {
    peer.data(text)
    peer.endEarly()
    peer.step()
    peer.finishEarly({ hashed: false })
  },
)

test('rule 2, rule 40: data, EndOfEarlyData and Finished in their order', t => {
  const peer = open()
  peer.data(text.subarray(0, 4))
  peer.data(new Uint8Array(0))
  peer.data(text.subarray(4))
  peer.endEarly()
  peer.step()
  peer.finishEarly()
  t.is(peer.step().status, 'want_read')
  t.true(peer.ssl.resumed)
  // Nobody has read it yet, and it is there all the same; read never gives it.
  t.deepEqual(peer.delivered, [])
  connected(t, peer)
  t.deepEqual(peer.delivered, [Uint8Array.of(7, 8)])
  t.deepEqual(peer.readEarly(), { bytes: text, status: 'end' })
})

test('rule 40: EndOfEarlyData without any data', t => {
  const peer = open()
  peer.endEarly()
  peer.step()
  t.deepEqual(peer.readEarly(), { bytes: new Uint8Array(0), status: 'end' })
  peer.finishEarly()
  peer.step()
  connected(t, peer)
  t.is(peer.ssl.earlyData, 'accepted')
})

wrong('rule 40: Finished where EndOfEarlyData is due', 'bad_record_mac', 'application', peer => {
  peer.data(text)
  peer.step()
  peer.sendFinished()
})

wrong('rule 40: another message under the early key', 'unexpected_message', 'application', peer => {
  peer.handshake(encodeMessage(KeyUpdate, { request_update: 'update_not_requested' }))
})

wrong('5.1: EndOfEarlyData that shares its record', 'unexpected_message', 'application', peer => {
  const end = encodeMessage(EndOfEarlyData, {})
  peer.handshake(concat(end, encodeMessage(Finished, { verify_data: new Uint8Array(32) })))
})

wrong('5.1: early data inside EndOfEarlyData', 'unexpected_message', 'application', peer => {
  peer.record(contentTypes.handshake, encodeMessage(EndOfEarlyData, {}).subarray(0, 2))
  peer.data(text)
})

wrong('rule 40: EndOfEarlyData with a body', 'decode_error', 'application', peer => {
  peer.handshake(Uint8Array.of(5, 0, 0, 1, 0))
})

test('rule 40: EndOfEarlyData of a client whose early data was rejected: unexpected_message', t => {
  const peer = open({}, { earlyDataCallback: () => false })
  peer.data(text)
  peer.step()
  t.false(accepted(peer))
  peer.stray(EndOfEarlyData, {})
  refused(t, peer, 'unexpected_message', 'application')
})

wrong(
  'rule 28: accepted early data that does not decrypt',
  'bad_record_mac',
  'application',
  peer => {
    peer.data(text)
    peer.bytes(concat(Uint8Array.of(23, 3, 3, 0, 30), new Uint8Array(30).fill(5)))
  },
)

for (const parts of [[101], [60, 41], [100, 0, 1]])
  wrong(
    `4.7.1: ${parts.join(' and ')} bytes where the ticket permits 100`,
    'unexpected_message',
    'application',
    peer => {
      for (const length of parts) peer.data(new Uint8Array(length))
    },
  )

test('4.7.1: exactly what the ticket permits, padding not counted', t => {
  const peer = open()
  peer.record(contentTypes.data, new Uint8Array(100), { padding: 3000 })
  peer.endEarly()
  peer.step()
  peer.finishEarly()
  peer.step()
  connected(t, peer)
  t.is(peer.readEarly().bytes.length, 100)
})

const other = {
  identity: text,
  key: new Uint8Array(32).fill(3),
  label: 'ext binder',
  hash: 'sha256',
} as const

for (const [title, flight, options] of [
  ['the ticket is the second key', { before: [{ ...other, key: new Uint8Array(32) }] }, {}],
  ['the server prefers another suite', {}, { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ['the ticket permits more than the server takes by now', {}, { maxEarlyData: 99 }],
  ['the server takes none by now', {}, { maxEarlyData: 0 }],
  ['the callback refuses', {}, { earlyDataCallback: () => false }],
  ['the store knows it', {}, { replayStore: { claim: () => false } }],
  [
    'the store throws',
    {},
    {
      replayStore: {
        claim: () => {
          throw new Error('down')
        },
      },
    },
  ],
  ['the store answers no boolean', {}, { replayStore: { claim: () => 'OK' as never } }],
  ["the ticket is nobody's", {}, { ticketKeys: new Uint8Array(48) }],
  ['the server resumes no session', { after: [other] }, { ticketPolicy: 'never' }],
] as readonly (readonly [string, FirstFlight, ContextOptions])[])
  test(`rule 26: early data is refused and the handshake goes on: ${title}`, t => {
    passesOver(t, open(flight, options))
  })

test('rule 26: another protocol than the ticket was for refuses the data, not the handshake', t => {
  const offers = (names: readonly string[]): FirstFlight => ({
    edit: hello =>
      withExtension(hello, 'application_layer_protocol_negotiation', {
        protocol_name_list: names.map(name => new Uint8Array(Buffer.from(name))),
      }),
  })
  const spoken = (name: string): ContextOptions => ({ ALPNProtocols: [name] })
  takes(t, open(offers(['a', 'b']), spoken('b'), spoken('b')), 'the same')
  passesOver(t, open(offers(['a', 'b']), spoken('a'), spoken('b')), 'another')
  passesOver(t, open(offers(['a', 'b']), {}, spoken('b')), 'none now')
  passesOver(t, open(offers(['a', 'b']), spoken('b'), {}), 'none then')
})

test('rule 32: an age that is not about true refuses the data, not the session', t => {
  for (const [later, age, fits] of [
    [0, 0, true],
    [5000, 5000, true],
    [10_000, 0, true],
    [10_001, 0, false],
    [0, 10_000, true],
    [0, 10_001, false],
    [3_600_000, 3_600_000, true],
    [3_600_000, 0, false],
    [0, 2 ** 32 - 1, false],
  ] as const) {
    const ticket = ticketFrom(contextOf(), identity)
    clock.pass(later)
    const peer = new EarlyClientPeer(contextOf(), identity, ticket)
    peer.begin({ age })
    if (fits) takes(t, peer, `${later} ${age}`)
    else {
      passesOver(t, peer, `${later} ${age}`)
      t.true(peer.ssl.resumed)
    }
  }
})

test('8.3: earlyDataWindow says how much an age may be off', t => {
  const ticket = ticketFrom(contextOf(), identity)
  clock.pass(50)
  for (const [earlyDataWindow, fits] of [
    [50, true],
    [49, false],
  ] as const) {
    const peer = new EarlyClientPeer(contextOf({ earlyDataWindow }), identity, ticket)
    peer.begin()
    if (fits) takes(t, peer)
    else passesOver(t, peer)
  }
})

test('rule 27: refused early data is passed over up to the limit, by trial decryption', t => {
  const refuses: ContextOptions = { maxEarlyData: 0, limits: { skippedEarlyData: 100 } }
  const fits = open({}, refuses)
  fits.data(new Uint8Array(60))
  fits.data(new Uint8Array(29))
  passesOver(t, fits)
  const more = open({}, refuses)
  more.data(new Uint8Array(60))
  more.data(new Uint8Array(41))
  refused(t, more, 'unexpected_message', 'application')
})

test('rule 27: after a HelloRetryRequest early data is passed over by its outer type', t => {
  for (const [most, fits] of [
    [100, true],
    [10, false],
  ] as const) {
    const peer = open(
      {},
      { groups: 'secp256r1', maxEarlyData: 0, limits: { skippedEarlyData: most } },
    )
    peer.data(text)
    if (!fits) {
      refused(t, peer, 'unexpected_message', 'nothing')
      continue
    }
    peer.step()
    t.is(peer.ssl.earlyData, 'rejected')
    const hello = peer.secondHello()
    const extensions = (hello.extensions ?? []).filter(
      raw => ![41, 42].includes(raw.extension_type),
    )
    peer.handshakeInTheClear({ ...hello, extensions })
    peer.step()
    peer.sendFinished()
    peer.step()
    connected(t, peer)
    t.is(peer.said(ServerHello).length, 2)
  }
})

test('rule 3: early_data in the second ClientHello: illegal_parameter', t => {
  const peer = open({}, { groups: 'secp256r1' })
  peer.step()
  peer.handshakeInTheClear(peer.secondHello())
  refused(t, peer, 'illegal_parameter', 'nothing')
})

/** A first flight as it goes out. */
function flightOf(context: SslContext) {
  const recorded: Uint8Array[] = []
  const peer = new EarlyClientPeer(context, identity, ticketFrom(context, identity))
  const bytes = peer.bytes.bind(peer)
  peer.bytes = run => {
    recorded.push(run.slice())
    bytes(run)
  }
  peer.begin()
  peer.data(text)
  peer.step()
  return { flight: concat(...recorded), taken: accepted(peer) }
}

test('rule 55: a flight that is played again has its early data refused, at the same server and at another that shares store and keys', t => {
  const replayStore = fresh()
  const context = contextOf({ replayStore })
  const { flight, taken } = flightOf(context)
  t.true(taken)
  for (const [server, what] of [
    [context, 'the same context'],
    [contextOf({ replayStore }), 'another context'],
  ] as const) {
    const again = new ClientPeer(server, identity)
    again.ssl.readEarly(new Uint8Array(1))
    again.bytes(flight)
    // The key is good, so the handshake stands where it waits for a Finished that nobody else can make.
    t.is(again.ssl.readEarly(new Uint8Array(100)).status, 'end', what)
    t.is(again.ssl.doHandshake().status, 'want_read', what)
    t.is(again.ssl.earlyData, 'rejected', what)
    t.true(again.ssl.resumed, what)
    t.is(again.ssl.state, 'WAIT_FINISHED')
  }
  const apart = new ClientPeer(contextOf(), identity)
  apart.bytes(flight)
  t.deepEqual(apart.ssl.readEarly(new Uint8Array(100)), { status: 'done', bytes: text.length })
})

test('rule 55: with single-use tickets, a flight that is played again is not even a resumption', t => {
  const cache = new Map<string, Uint8Array>()
  const context = new SslContext({ ...base, sessionCache: cache, singleUseTickets: true })
  t.is(context.replayStore, undefined)
  const { flight, taken } = flightOf(context)
  t.true(taken)
  const again = new ClientPeer(context, identity)
  again.bytes(flight)
  t.is(again.ssl.readEarly(new Uint8Array(100)).status, 'end')
  t.is(again.ssl.earlyData, 'rejected')
  t.false(again.ssl.resumed)
})

test('rule 55: a server that opens tickets of before its time refuses early data until what came before it is fresh no more', t => {
  const ticketOf = (context: SslContext) => ticketFrom(context, identity)
  for (const options of [
    { ticketKeys },
    { sessionCache: new Map<string, Uint8Array>() },
  ] as const) {
    const context = new SslContext({ ...base, ...options })
    const early = new EarlyClientPeer(context, identity, ticketOf(context))
    early.begin()
    passesOver(t, early)
    clock.pass(20_000)
    const later = new EarlyClientPeer(context, identity, ticketOf(context))
    later.begin()
    takes(t, later)
  }
  // Its own keys, drawn by itself, are of its own time.
  const own = new SslContext(base)
  const peer = new EarlyClientPeer(own, identity, ticketOf(own))
  peer.begin()
  takes(t, peer)
  // Unless it is given others.
  own.setTicketKeys(ticketKeys)
  const given = new EarlyClientPeer(own, identity, ticketOf(own))
  given.begin()
  passesOver(t, given)
})

test('rule 55: a store that is full refuses early data, never the handshake', t => {
  const replayStore = new MemoryReplayStore({ now: clock.now, silence: 0, capacity: 1 })
  const context = contextOf({ replayStore })
  const comes = () => {
    const peer = new EarlyClientPeer(context, identity, ticketFrom(context, identity))
    peer.begin()
    return peer
  }
  takes(t, comes())
  t.is(replayStore.size, 1)
  passesOver(t, comes())
  clock.pass(20_001)
  takes(t, comes())
})

test('8.2: the store is asked once, last of all, with nothing secret and a time', async t => {
  const asked: (readonly [string, number])[] = []
  let settle: (answer: boolean) => void = () => {}
  const replayStore: ReplayStore = {
    claim: (key, until) => {
      asked.push([key, until])
      return new Promise(resolve => {
        settle = resolve
      })
    },
  }
  const seen: unknown[] = []
  const peer = open({}, { replayStore, earlyDataCallback: offer => seen.push(offer) > 0 })
  peer.data(text)
  const outcome = peer.ssl.readEarly(new Uint8Array(100))
  t.is(outcome.status, 'want_early_data')
  t.is(peer.ssl.doHandshake().status, 'want_early_data')
  t.deepEqual(seen, [{ servername: undefined, protocol: undefined, limit: 100 }])
  const [[key, until] = ['', 0]] = asked
  t.regex(key, /^[0-9a-f]{64}$/)
  t.is(until, clock.time + 20_000)
  settle(true)
  await ('ready' in outcome ? outcome.ready : undefined)
  peer.step()
  t.deepEqual(peer.readEarly(), { bytes: text, status: 'want_read' })
  t.is(asked.length, 1)
  for (const replayStore of [
    { claim: () => Promise.reject(new Error('down')) },
    { claim: () => Promise.resolve(false) },
  ]) {
    const refusing = open({}, { replayStore })
    const { ready } = refusing.ssl.doHandshake() as { ready: Promise<void> }
    await ready
    passesOver(t, refusing)
  }
})

test('a callback that throws ends the handshake, as any other', t => {
  const peer = open(
    {},
    {
      earlyDataCallback: () => {
        throw new Error('mine')
      },
    },
  )
  refused(t, peer, 'internal_error', 'nothing')
})
