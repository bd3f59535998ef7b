/** Servers that keep nothing between two ClientHellos (RFC 9846 §4.3.2, SSL_stateless(3)). */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bioPair, MemoryBio, type PairBio } from '@biopair/bio'
import { cipherSuites } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  MemorySessionCache,
  type Session as Resumable,
  Ssl,
  SslContext,
  type SslOptions,
} from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientOptions, connectedEnds, serverOptions } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import {
  anySession,
  earlyOf,
  endsOf,
  factsOf,
  optionsOf,
  type Session,
  sendsEarly,
  shownBy,
} from '../support/session.ts'
import { cookieKeys, StatelessServer } from '../support/stateless.ts'

const into = new Uint8Array(1000)
const ring = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 20_000 }))
const rings = fc.tuple(ring, ring)

/** Steps both until neither has anything left to do; throws where one fails. */
function meet(client: Ssl, server: () => { status: string }, early: boolean): void {
  let sends = early
  for (let i = 0, idle = 0; idle < 3; i++) {
    if (i === 400_000) throw new Error('they do not come to an end')
    const mine = sends ? client.writeEarly(new Uint8Array(3000)) : client.read(into)
    if (mine.status === 'done' || mine.status === 'refused') sends = false
    const theirs = server()
    for (const end of [mine, theirs]) if (end.status === 'failed' && 'error' in end) throw end.error
    const waits = mine.status === 'want_read' && theirs.status === 'want_read'
    idle = waits && client.connected ? idle + 1 : 0
  }
}

type Kind = 'with state' | 'without state' | 'with keys, in one Ssl'

/** What becomes of a session, as both ends tell it; but for the exporter, which no two handshakes share. And how many Ssls its server took. */
function become(session: Session, sizes: readonly [number, number], kind: Kind): [string, number] {
  const { client } = endsOf(session, { crypto: nodeCrypto, judge: false })
  const { cookie = 'never', ...options } = optionsOf(session, {
    crypto: nodeCrypto,
    judge: false,
  }).server
  const policy: ContextOptions =
    kind === 'with state' ? { cookie } : { ...(cookie === 'always' ? { cookie } : {}), cookieKeys }
  const contexts = [1, 2].map(() => new SslContext({ ...options, ...policy }))
  const [near, far] = bioPair(...sizes)
  client.setBio(near)
  const server = new StatelessServer(contexts, far)
  if (kind !== 'without state') server.accepted = true
  meet(client, () => server.step(into, session.early === 'read'), sendsEarly(session))
  const mine = factsOf(client, shownBy(session, 'client'))
  const theirs = factsOf(server.ssl, shownBy(session, 'server'))
  if (JSON.stringify(mine) !== JSON.stringify(theirs))
    throw new Error(`the ends do not agree: ${JSON.stringify([mine, theirs])}`)
  return [JSON.stringify({ ...mine, exporter: '', early: client.earlyData }), server.made]
}

test('a new Ssl for each ClientHello, of one context or another, comes to what one with state comes to: 120 sessions', async t => {
  const count = { retried: 0, not: 0, early: 0, ticket: 0, id: 0, psk: 0 }
  const property = fc.property(anySession, rings, (session, sizes) => {
    const [result, made] = become(session, sizes, 'without state')
    const [expected] = become(session, sizes, 'with state')
    if (result !== expected) throw new Error(`${result} is not ${expected}`)
    const retried = session.retry || session.cookie === 'always'
    if (made !== (retried ? 2 : 1)) throw new Error(`${made} were made`)
    if (!retried) count.not++
    else {
      count.retried++
      if (session.resume !== 'no') count[session.resume]++
      if (sendsEarly(session)) count.early++
    }
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 120 }),
    () => shortOf(count, Object.keys(count), 5),
  )
  t.log(count)
  t.deepEqual(short, [])
})

test('one Ssl with cookieKeys that shakes hands all the way comes to the same: 40 sessions', t => {
  fc.assert(
    fc.property(anySession, rings, (session, sizes) => {
      const [result] = become(session, sizes, 'with keys, in one Ssl')
      const [expected] = become(session, sizes, 'with state')
      if (result !== expected) throw new Error(`${result} is not ${expected}`)
      if (!result.includes(`"early":"${earlyOf(session)}"`)) throw new Error(result)
    }),
    { numRuns: 40 },
  )
  t.pass()
})

/** A client whose only share is not what the server wants, and its half of a pair. */
const asked: ContextOptions = { groups: 'x25519:P-256', keyShares: 'x25519' }
const asking: ContextOptions = { groups: 'P-256', cookieKeys }

/** Lets a client meet such a server over a pair. */
function stateless(
  server: ContextOptions,
  client: ContextOptions = asked,
  session?: Resumable,
): { client: Ssl; server: StatelessServer } {
  const [near, far] = bioPair()
  const mine = new Ssl(new SslContext({ ...clientOptions, ...client }), {
    servername: 'server.example',
    session,
  })
  mine.setBio(near).setConnectState()
  const theirs = new StatelessServer([new SslContext({ ...serverOptions, ...server })], far)
  meet(mine, () => theirs.step(into), false)
  return { client: mine, server: theirs }
}

for (const pskModes of [['psk_ke'], ['psk_dhe_ke'], ['psk_dhe_ke', 'psk_ke']] as const)
  for (const cookie of ['with_retry', 'always'] as const)
    test(`tickets and external keys of every hash work without state: ${pskModes}, cookie: ${cookie}`, t => {
      for (const ciphers of Object.keys(cipherSuites)) {
        const ticketKeys = new Uint8Array(48).fill(3)
        const modes = { pskModes, ciphers }
        const before = connectedEnds({
          client: modes,
          server: { ...modes, ticketKeys, numTickets: 1 },
        })
        before.client.read(into)
        const resumed = stateless(
          { ...asking, ...modes, ticketKeys, cookie },
          { ...asked, ...modes },
          before.client.session,
        )
        // With psk_ke no share is needed.
        const retried = cookie === 'always' || pskModes[0] === 'psk_dhe_ke'
        t.true(resumed.client.resumed && resumed.server.ssl.resumed, ciphers)
        t.is(resumed.server.made, retried ? 2 : 1, ciphers)
        t.is(resumed.server.ssl.retried, retried)

        const hash = cipherSuites[ciphers as keyof typeof cipherSuites].hash
        const psks = [{ identity: 'both', key: new Uint8Array(32).fill(5), hash }]
        const external = stateless(
          { ...asking, ...modes, psks, cookie },
          { ...asked, ...modes, psks },
        )
        t.deepEqual(external.server.ssl.pskIdentity, new Uint8Array(Buffer.from('both')))
      }
    })

test('a ticket that goes once is claimed by who goes on, not by who asks again', t => {
  const sessionCache = new MemorySessionCache()
  const options = { sessionCache, singleUseTickets: true }
  const before = connectedEnds({ server: { ...options, numTickets: 1 } })
  before.client.read(into)
  const session = before.client.session
  const { client } = stateless({ ...asking, ...options }, asked, session)
  t.true(client.resumed)
})

test('who asks again asks nobody for a protocol or a certificate; the second ClientHello is said to be one', t => {
  const heard: string[] = []
  const { server } = stateless(
    {
      ...asking,
      clientHelloCallback: ({ retried }) => void heard.push(`hello ${retried}`),
      SNICallback: name => void heard.push(`name ${name}`),
      ALPNCallback: () => {
        heard.push('protocol')
        return null
      },
    },
    { ...asked, ALPNProtocols: ['h2'] },
  )
  t.true(server.ssl.retried)
  t.deepEqual(heard, [
    'hello false',
    'name server.example',
    'hello true',
    'name server.example',
    'protocol',
  ])
})

test('where the share fits there is no retry, unless the cookie is always asked for', t => {
  const fits = { groups: 'x25519' }
  t.is(stateless({ ...fits, cookieKeys }, fits).server.made, 1)
  t.is(stateless({ ...fits, cookieKeys, cookie: 'with_retry' }, fits).server.made, 1)
  t.is(stateless({ ...fits, cookieKeys, cookie: 'always' }, fits).server.made, 2)
})

/** A carrier where each flight is one datagram, and each ClientHello is for whoever takes it. */
function datagrams(client: Ssl, context: SslContext, options: SslOptions = {}): Ssl {
  const toClient = new MemoryBio()
  const fromClient = new MemoryBio()
  client.setBio(toClient, fromClient)
  for (let flights = 0; flights < 4; flights++) {
    client.doHandshake()
    const datagram = new Uint8Array(fromClient.pending)
    fromClient.read(datagram)
    const server = new Ssl(context, options).setAcceptState()
    const carrier = new MemoryBio()
    carrier.write(datagram)
    const reply = new MemoryBio()
    const { status } = server.setBio(carrier, reply).stateless()
    if (status === 'done') {
      server.doHandshake()
      pour(reply, toClient)
      client.doHandshake()
      pour(fromClient, carrier)
      server.doHandshake()
      return server
    }
    if (status !== 'retried') throw new Error(status)
    pour(reply, toClient)
  }
  throw new Error('it does not come to an end')
}

function pour(from: MemoryBio, to: MemoryBio): void {
  const bytes = new Uint8Array(from.pending)
  if (bytes.length === 0) return
  from.read(bytes)
  to.write(bytes)
}

test('over datagrams, each ClientHello is handled by a new Ssl, with the state between dropped', t => {
  const context = new SslContext({ ...serverOptions, ...asking })
  const client = new Ssl(new SslContext({ ...clientOptions, ...asked }), {
    servername: 'server.example',
  }).setConnectState()
  const cookieContext = new Uint8Array(Buffer.from('192.0.2.1:4711'))
  const server = datagrams(client, context, { cookieContext })
  t.true(client.connected && server.connected && server.retried)
  t.deepEqual(
    client.exportKeyingMaterial(32, 'EXPORTER-test'),
    server.exportKeyingMaterial(32, 'EXPORTER-test'),
  )
})

// On its own: what other tests of this process hold is not to be counted.
test.serial(
  'a server that was asked by 2,000 clients that never come back keeps nothing of them',
  async t => {
    const context = new SslContext({ ...serverOptions, ...asking })
    const [near, far] = [new MemoryBio(), new MemoryBio()]
    new Ssl(new SslContext({ ...clientOptions, ...asked }), { servername: 'server.example' })
      .setBio(near, far)
      .connect()
    const hello = new Uint8Array(far.pending)
    far.read(hello)
    const ask = (times: number) => {
      for (let i = 0; i < times; i++) {
        const carrier = new MemoryBio()
        carrier.write(hello)
        const ssl = new Ssl(context).setBio(carrier, new MemoryBio()).setAcceptState()
        if (ssl.stateless().status !== 'retried') throw new Error('expected a HelloRetryRequest')
      }
    }
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const used = async () => {
      for (let i = 0; i < 3; i++) {
        gc()
        await sleep(10)
      }
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    // What the engine keeps of the code that runs is not theirs.
    ask(4000)
    const before = await used()
    ask(2000)
    const each = ((await used()) - before) / 2000
    t.log(`${each.toFixed(1)} bytes each`)
    // One that was kept would be some KiB.
    t.true(each < 1000)
  },
)

test('once the client was asked again its Ssl says so for ever, says nothing more, and leaves the carrier open', t => {
  const { far, ssl } = askedAgain({})
  t.is(far.pending, 0)
  t.deepEqual([ssl.retried, ssl.queued, ssl.connected], [true, 0, false])
  for (const call of [
    () => ssl.stateless(),
    () => ssl.doHandshake(),
    () => ssl.read(into),
    () => ssl.close(),
  ])
    t.throws(call, { instanceOf: TypeError, code: 'ERR_RETRIED' })
  t.is(far.pending, 0)
  t.false(far.eof)
})

/** An Ssl that has asked the client again, and took nothing more than its ClientHello. */
function askedAgain(options: ContextOptions): { ssl: Ssl; far: MemoryBio } {
  const [near, carrier, reply] = [new MemoryBio(), new MemoryBio(), new MemoryBio()]
  new Ssl(new SslContext({ ...clientOptions, ...asked }), { servername: 'server.example' })
    .setBio(near, carrier)
    .connect()
  const context = new SslContext({ ...serverOptions, ...asking, ...options })
  const ssl = new Ssl(context).setBio(carrier, reply).setAcceptState()
  if (ssl.stateless().status !== 'retried') throw new Error('expected a HelloRetryRequest')
  return { ssl, far: carrier }
}

test('it takes the ClientHello and not a byte behind it', t => {
  const [near, far] = bioPair()
  const client = new Ssl(new SslContext({ ...clientOptions, ...asked }), {
    servername: 'server.example',
  })
  client.setBio(near).connect()
  near.write(Uint8Array.of(20, 3, 3, 0, 1, 1))
  const context = new SslContext({ ...serverOptions, ...asking })
  const server = new Ssl(context).setBio(far).setAcceptState()
  t.is(server.stateless().status, 'retried')
  t.is(far.pending, 6)
})

test('a small ring delays the HelloRetryRequest: want_write until it is out, and then it is over', t => {
  const [near, far] = bioPair(1000, 7)
  const client = new Ssl(new SslContext({ ...clientOptions, ...asked }), {
    servername: 'server.example',
  })
  client.setBio(near).connect()
  const context = new SslContext({ ...serverOptions, ...asking })
  const server = new Ssl(context).setBio(far).setAcceptState()
  const outcome = server.stateless()
  t.like(outcome, { status: 'want_write', read: 0 })
  for (let i = 0; i < 1000 && server.queued > 0; i++) {
    client.doHandshake()
    if (server.stateless().status === 'retried') return t.pass()
  }
  return t.fail('the HelloRetryRequest is not out')
})

// Found by the fuzzer: it answered `done`.
test('where another call has failed at the second ClientHello while the HelloRetryRequest waited for room, stateless fails, too', t => {
  const context = new SslContext({ ...serverOptions, ...asking })
  const serverOver = (bio: PairBio) => new Ssl(context).setBio(bio).setAcceptState()
  const mine = new SslContext({ ...clientOptions, ...asked })
  const [near, far] = bioPair()
  const client = new Ssl(mine, { servername: 'server.example' }).setBio(near).setConnectState()
  client.doHandshake()
  const first = new Uint8Array(2000)
  const length = far.read(first) as number
  const [again, there] = bioPair()
  again.write(first.subarray(0, length))
  t.is(serverOver(there).stateless().status, 'retried')
  const retry = new Uint8Array(2000)
  far.write(retry.subarray(0, again.read(retry) as number))
  client.doHandshake()
  const second = new Uint8Array(2000)
  const behind = second.subarray(0, far.read(second) as number)
  // The cookie is good, and the share of P-256 no point.
  const share = Buffer.from(behind).indexOf(Buffer.from([0, 0x17, 0, 65, 4])) + 4
  t.true(share > 4)
  behind[share] = 5

  const [left, right] = bioPair(5000, 7)
  left.write(first.subarray(0, length))
  const server = serverOver(right)
  t.is(server.stateless().status, 'want_write')
  left.write(behind)
  const failed = server.read(into)
  t.is(failed.status, 'failed')
  t.deepEqual(server.stateless(), failed as ReturnType<typeof server.stateless>)
})

test('stateless is a call of servers with cookieKeys, and their first', t => {
  const [, far] = bioPair()
  const plain = new Ssl(new SslContext(serverOptions)).setBio(far).setAcceptState()
  t.throws(() => plain.stateless(), { code: 'ERR_INVALID_ARG_VALUE' })
  const client = new Ssl(new SslContext({ ...clientOptions, cookieKeys }), {
    servername: 'server.example',
  })
  t.throws(() => client.setBio(far).setConnectState().stateless(), { code: 'ERR_NOT_SERVER' })
  const begun = new Ssl(new SslContext({ ...serverOptions, ...asking })).setBio(far)
  begun.accept()
  t.throws(() => begun.stateless(), { code: 'ERR_STATE_MACHINE_STARTED' })
  t.throws(() => new Ssl(new SslContext(), { cookieContext: new Uint8Array(1025) }), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
  const never = new SslContext({ ...serverOptions, cookie: 'never' })
  t.throws(() => never.setCookieKeys(cookieKeys), { code: 'ERR_INVALID_ARG_VALUE' })
})
