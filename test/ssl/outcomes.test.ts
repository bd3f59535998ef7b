/** Every call in every state answers what outcome.ts says, and a terminal answer stays. */
import { type Bio, bioPair, MemoryBio, retryRead, type Stopped } from '@biopair/bio'
import { CarrierError, Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import {
  bytes,
  clientOptions,
  connectedEnds,
  type Ends,
  ends,
  readAll,
  serverOptions,
  shake,
} from '../support/ends.ts'

const buffer = () => new Uint8Array(100)

/** Each call that moves something, by name. */
const calls = {
  doHandshake: (end: Ssl) => end.doHandshake(),
  read: (end: Ssl) => end.read(buffer()),
  peek: (end: Ssl) => end.peek(buffer()),
  write: (end: Ssl) => end.write(bytes('x')),
  flush: (end: Ssl) => end.flush(),
  keyUpdate: (end: Ssl) => end.keyUpdate(),
  shutdown: (end: Ssl) => end.shutdown(),
  close: (end: Ssl) => end.close(),
}
type Call = keyof typeof calls

/** What a call answers, short: its status, an alert's or a carrier's name, or the code of what it throws. */
function answer(end: Ssl, call: Call): string {
  try {
    const outcome = calls[call](end)
    if (outcome.status !== 'failed') return outcome.status
    const { error } = outcome
    return error instanceof TlsAlert ? `${error.origin} ${error.alert}` : error.code
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error
    return `${error.code}`
  }
}

type Expected = Partial<Record<Call, string>>

/** Makes the state anew for each call, since a call may change it; where it does not, ten times give the same. */
function check(t: ExecutionContext, state: () => Ssl, expected: Expected, once: Call[] = []): void {
  for (const [call, status] of Object.entries(expected) as [Call, string][]) {
    const end = state()
    t.is(answer(end, call), status, call)
    if (once.includes(call)) continue
    for (let i = 0; i < 10; i++) t.is(answer(end, call), status, `${call} again`)
  }
}

/** The answers of a state that is over: in any order, as often as one likes. */
function checkTerminal(t: ExecutionContext, state: () => Ssl, expected: Expected): void {
  check(t, state, expected)
  const end = state()
  for (let i = 0; i < 10; i++)
    for (const [call, status] of Object.entries(expected) as [Call, string][])
      t.is(answer(end, call), status, `${call} among others`)
}

const everyCall = (status: string, besides: Call[] = []): Expected =>
  Object.fromEntries(
    (Object.keys(calls) as Call[])
      .filter(call => !besides.includes(call))
      .map(call => [call, status]),
  )

test('without a role every call is a TypeError, and with it but without a BIO', t => {
  const context = new SslContext(clientOptions)
  const roleless = () => new Ssl(context, { servername: 'server.example' }).setBio(new MemoryBio())
  check(t, roleless, everyCall('ERR_CONNECTION_TYPE_NOT_SET'))
  const carrierless = () => new Ssl(context, { servername: 'server.example' }).setConnectState()
  check(t, carrierless, everyCall('ERR_BIO_NOT_SET'))
  t.is(roleless().state, 'START')
  t.is(roleless().pending, 0)
})

test('before the handshake reading and writing begin it, and what needs it is a TypeError', t => {
  check(t, () => ends().client, {
    doHandshake: 'want_read',
    read: 'want_read',
    peek: 'want_read',
    write: 'want_read',
    flush: 'done',
    keyUpdate: 'ERR_STILL_IN_INIT',
    shutdown: 'ERR_SHUTDOWN_WHILE_IN_INIT',
    close: 'done',
  })
  t.throws(() => ends().client.exportKeyingMaterial(16, 'x'), { code: 'ERR_STILL_IN_INIT' })
  t.throws(() => ends().server.newSessionTicket(), { code: 'ERR_STILL_IN_INIT' })
})

test('a handshake that waits says so to every call', t => {
  const halfway = () => {
    const { client, server } = ends()
    client.doHandshake()
    server.doHandshake()
    return server
  }
  check(t, halfway, {
    doHandshake: 'want_read',
    read: 'want_read',
    peek: 'want_read',
    write: 'want_read',
    flush: 'done',
    keyUpdate: 'ERR_STILL_IN_INIT',
    shutdown: 'ERR_SHUTDOWN_WHILE_IN_INIT',
    close: 'done',
  })
  t.throws(() => halfway().setAcceptState(), { code: 'ERR_STATE_MACHINE_STARTED' })
  t.throws(() => halfway().setBio(new MemoryBio()), { code: 'ERR_STATE_MACHINE_STARTED' })
})

test('connected, every call answers for itself', t => {
  check(
    t,
    () => connectedEnds().client,
    {
      doHandshake: 'done',
      read: 'want_read',
      peek: 'want_read',
      write: 'done',
      flush: 'done',
      keyUpdate: 'done',
      shutdown: 'sent',
      close: 'done',
    },
    ['shutdown'],
  )
})

test('after our close_notify reading goes on, and writing is a TypeError', t => {
  const state = () => {
    const { client } = connectedEnds()
    t.deepEqual(client.shutdown(), { status: 'sent' })
    t.true(client.sentShutdown)
    return client
  }
  check(t, state, {
    doHandshake: 'done',
    read: 'want_read',
    peek: 'want_read',
    write: 'ERR_PROTOCOL_IS_SHUTDOWN',
    flush: 'done',
    keyUpdate: 'ERR_PROTOCOL_IS_SHUTDOWN',
    shutdown: 'want_read',
    close: 'done',
  })
})

test("after the peer's close_notify reading is closed, and writing goes on", t => {
  const state = () => {
    const { client, server } = connectedEnds()
    server.shutdown()
    t.deepEqual(client.read(buffer()), { status: 'closed' })
    t.true(client.receivedShutdown)
    return client
  }
  check(t, state, {
    doHandshake: 'done',
    read: 'closed',
    peek: 'closed',
    write: 'done',
    flush: 'done',
    keyUpdate: 'done',
    shutdown: 'done',
    close: 'done',
  })
})

test('after both close_notifies everything is over, cleanly', t => {
  const state = () => {
    const { client, server } = connectedEnds()
    client.shutdown()
    server.shutdown()
    t.deepEqual(client.shutdown(), { status: 'done' })
    return client
  }
  checkTerminal(t, state, {
    doHandshake: 'done',
    read: 'closed',
    peek: 'closed',
    write: 'ERR_PROTOCOL_IS_SHUTDOWN',
    flush: 'done',
    keyUpdate: 'ERR_PROTOCOL_IS_SHUTDOWN',
    shutdown: 'done',
  })
})

test('after the carrier ended reading is truncated, and writing is as the carrier has it', t => {
  const state = () => {
    const { client, far } = connectedEnds()
    far.end()
    t.deepEqual(client.read(buffer()), { status: 'truncated' })
    t.false(client.receivedShutdown)
    return client
  }
  check(t, state, {
    doHandshake: 'done',
    read: 'truncated',
    peek: 'truncated',
    write: 'done',
    flush: 'done',
    keyUpdate: 'done',
    shutdown: 'truncated',
    close: 'done',
  })
})

test('a handshake that is cut is truncated, and its peer hears decode_error', t => {
  const state = () => {
    const { client, far } = ends()
    client.doHandshake()
    far.end()
    t.deepEqual(client.doHandshake(), { status: 'truncated' })
    const heard = new Uint8Array(2000)
    const length = far.read(heard) as number
    t.deepEqual([...heard.subarray(length - 7, length)], [21, 3, 3, 0, 2, 2, 50])
    return client
  }
  checkTerminal(t, state, {
    doHandshake: 'truncated',
    read: 'truncated',
    peek: 'truncated',
    write: 'truncated',
    flush: 'done',
    keyUpdate: 'ERR_STILL_IN_INIT',
    shutdown: 'ERR_SHUTDOWN_WHILE_IN_INIT',
  })
})

test('after a failure of the peer every call answers the same alert', t => {
  const state = () => {
    const { client, far } = connectedEnds()
    far.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Array(20).fill(1)))
    client.read(buffer())
    return client
  }
  const failed = 'sent bad_record_mac'
  checkTerminal(t, state, everyCall(failed, ['close']))
  t.is(answer(state(), 'close'), 'done')
  t.throws(() => state().exportKeyingMaterial(16, 'x'), { code: 'ERR_CLOSED' })
})

test('after a fatal alert of the peer every call answers that alert', t => {
  const state = () => {
    const { client, server, near } = connectedEnds()
    near.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Array(20).fill(1)))
    server.read(buffer())
    client.read(buffer())
    return client
  }
  checkTerminal(t, state, everyCall('received bad_record_mac', ['close']))
})

test('a handshake that failed answers the same to every call but keyUpdate, which needs it', t => {
  const state = () => {
    const { client, far } = ends()
    client.doHandshake()
    far.write(bytes('not TLS at all'))
    t.is(client.doHandshake().status, 'failed')
    return client
  }
  checkTerminal(t, state, {
    ...everyCall('sent protocol_version', ['close']),
    keyUpdate: 'ERR_STILL_IN_INIT',
  })
})

test('once closed, every call is a TypeError but close, which is done', t => {
  const state = () => {
    const { client } = connectedEnds()
    t.deepEqual(client.close(), { status: 'done' })
    return client
  }
  checkTerminal(t, state, { ...everyCall('ERR_CLOSED'), close: 'done' })
  t.throws(() => state().exportKeyingMaterial(16, 'x'), { code: 'ERR_CLOSED' })
  t.is(state().pending, 0)
  t.is(state().queued, 0)
})

test('nothing read and nothing written is done in every state, and touches nothing', t => {
  const nothing = new Uint8Array(0)
  const states: Record<string, () => Ends> = {
    fresh: ends,
    connected: connectedEnds,
    shut: () => {
      const made = connectedEnds()
      made.client.shutdown()
      return made
    },
    ended: () => {
      const made = connectedEnds()
      made.far.close()
      made.client.read(buffer())
      return made
    },
    failed: () => {
      const made = connectedEnds()
      made.far.write(new Uint8Array(20))
      made.client.read(buffer())
      return made
    },
    closed: () => {
      const made = connectedEnds()
      made.client.close()
      return made
    },
  }
  for (const [name, state] of Object.entries(states)) {
    const { client, far } = state()
    const before = far.pending
    const { queued } = client
    t.deepEqual(client.read(nothing), { status: 'done', bytes: 0 }, name)
    t.deepEqual(client.peek(nothing), { status: 'done', bytes: 0 }, name)
    t.deepEqual(client.write(nothing), { status: 'done', bytes: 0 }, name)
    t.is(far.pending, before, name)
    t.is(client.queued, queued, name)
  }
})

test('waiting says how many bytes are missing: a header, then its body', t => {
  const { client, server, near, far } = connectedEnds()
  t.deepEqual(client.read(buffer()), { status: 'want_read', read: 5, write: 0 })
  server.write(bytes('hello'))
  const record = buffer()
  const length = near.read(record) as number
  t.is(length, 5 + 5 + 1 + 16)
  const give = (from: number, to: number) => far.write(record.subarray(from, to))
  give(0, 2)
  t.deepEqual(client.read(buffer()), { status: 'want_read', read: 3, write: 0 })
  give(2, 5)
  t.deepEqual(client.read(buffer()), { status: 'want_read', read: 22, write: 0 })
  give(5, 20)
  t.deepEqual(client.read(buffer()), { status: 'want_read', read: 7, write: 0 })
  give(20, length)
  t.deepEqual(client.read(buffer()), { status: 'done', bytes: 5 })
})

test('waiting says how many bytes of ours the carrier has not taken', t => {
  const whole = ends()
  whole.client.doHandshake()
  const length = whole.far.pending
  const { client, far } = ends({ rings: [10, 100] })
  const waiting = (write: number) => ({ status: 'want_write', read: 5, write })
  t.deepEqual(client.doHandshake(), waiting(length - 10))
  t.deepEqual(client.read(buffer()), waiting(length - 10))
  t.deepEqual(client.flush(), { ...waiting(length - 10), read: 0 })
  t.is(client.queued, length - 10)
  far.read(new Uint8Array(4))
  t.deepEqual(client.doHandshake(), waiting(length - 14))
})

test('data goes before the close_notify behind it', t => {
  const { client, server } = connectedEnds()
  server.write(bytes('one'))
  server.write(bytes('two'))
  server.shutdown()
  t.deepEqual(readAll(client), { text: 'onetwo', status: 'closed' })
})

test('data goes before an end of the carrier, and before a record that does not open', t => {
  const cut = connectedEnds()
  cut.server.write(bytes('all of it'))
  cut.far.close()
  t.deepEqual(readAll(cut.client), { text: 'all of it', status: 'truncated' })
  const spoilt = connectedEnds()
  spoilt.server.write(bytes('all of it'))
  spoilt.far.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Array(20).fill(1)))
  t.deepEqual(readAll(spoilt.client), { text: 'all of it', status: 'failed' })
})

test('peek leaves what it gives, and pending counts it', t => {
  const { client, server } = connectedEnds()
  server.write(bytes('hello'))
  const into = buffer()
  t.is(client.pending, 0)
  t.deepEqual(client.peek(into.subarray(0, 2)), { status: 'done', bytes: 2 })
  t.is(client.pending, 5)
  t.deepEqual(client.peek(into), { status: 'done', bytes: 5 })
  t.deepEqual(client.read(into.subarray(0, 2)), { status: 'done', bytes: 2 })
  t.is(client.pending, 3)
  t.deepEqual(client.peek(into), { status: 'done', bytes: 3 })
  t.is(Buffer.from(into.subarray(0, 3)).toString(), 'llo')
  t.deepEqual(client.read(into), { status: 'done', bytes: 3 })
  t.is(client.pending, 0)
})

test('each half closes for itself', t => {
  for (const [first, second] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    const made = connectedEnds()
    const [shut, open] = [made[first], made[second]]
    t.deepEqual(shut.shutdown(), { status: 'sent' })
    t.deepEqual(readAll(open), { text: '', status: 'closed' })
    t.deepEqual(open.write(bytes('still here')), { status: 'done', bytes: 10 })
    t.deepEqual(shut.shutdown(), { status: 'unread' })
    t.deepEqual(shut.shutdown(), { status: 'unread' })
    t.deepEqual(readAll(shut), { text: 'still here', status: 'want_read' })
    t.deepEqual(open.shutdown(), { status: 'done' })
    t.deepEqual(shut.shutdown(), { status: 'done' })
    t.deepEqual(readAll(shut), { text: '', status: 'closed' })
  }
})

test('the end of the carrier after our close_notify is a truncation, and nothing is sent', t => {
  const { client, far } = connectedEnds()
  client.shutdown()
  const before = far.pending
  far.end()
  t.deepEqual(client.shutdown(), { status: 'truncated' })
  t.deepEqual(client.read(buffer()), { status: 'truncated' })
  t.is(far.pending, before)
  t.is(client.queued, 0)
})

test('a record that does not open after our close_notify is our failure, and no alert is sent', t => {
  const { client, far } = connectedEnds()
  client.shutdown()
  const before = far.pending
  far.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Array(20).fill(1)))
  t.is(client.read(buffer()).status, 'failed')
  t.is(far.pending, before)
})

test('shutdown with output pending waits, and is sent once all is out', t => {
  const { client, server } = connectedEnds({ rings: [64, 1000] })
  t.deepEqual(client.write(new Uint8Array(200).fill(65)), { status: 'done', bytes: 200 })
  const first = client.shutdown()
  // It hears the peer meanwhile: two ends that say goodbye over tiny rings wait for each other otherwise.
  t.like(first, { status: 'want_write', read: 5 })
  let text = ''
  let last: string = first.status
  for (let i = 0; i < 20 && last === 'want_write'; i++) {
    text += readAll(server).text
    last = client.shutdown().status
  }
  t.is(last, 'sent')
  const rest = readAll(server)
  t.is(text + rest.text, 'A'.repeat(200))
  t.is(rest.status, 'closed')
})

test('close drains, says goodbye, and closes the BIO', t => {
  const { client, server, far } = connectedEnds({ rings: [64, 1000] })
  client.write(new Uint8Array(100).fill(66))
  t.is(client.close().status, 'want_write')
  t.is(far.write(bytes('x')), 1)
  let text = ''
  let last = 'want_write'
  let status = ''
  for (let i = 0; i < 20 && last === 'want_write'; i++) {
    const read = readAll(server)
    text += read.text
    status = read.status
    last = client.close().status
  }
  t.is(last, 'done')
  const rest = readAll(server)
  t.is(text + rest.text, 'B'.repeat(100))
  t.is(rest.status, 'closed', status)
  t.like(far.write(bytes('y')), { stop: 'broken' })
})

test('close in the middle of a handshake cancels it', t => {
  const { client, server } = ends()
  client.doHandshake()
  t.deepEqual(client.close(), { status: 'done' })
  t.deepEqual(server.doHandshake(), { status: 'closed' })
  t.deepEqual(server.doHandshake(), { status: 'closed' })
  t.deepEqual(server.read(buffer()), { status: 'closed' })
})

/** Passes everything on, until it is told what to do instead. */
class Faulty implements Bio {
  readonly #inner: Bio
  reads: (() => number | Stopped) | undefined
  writes: ((bytes: Uint8Array) => number | Stopped) | undefined
  flushes: (() => 'done' | Stopped) | undefined

  constructor(inner: Bio) {
    this.#inner = inner
  }

  read(into: Uint8Array): number | Stopped {
    return this.reads ? this.reads() : this.#inner.read(into)
  }

  write(taken: Uint8Array): number | Stopped {
    return this.writes ? this.writes(taken) : this.#inner.write(taken)
  }

  flush(): 'done' | Stopped {
    return this.flushes ? this.flushes() : this.#inner.flush()
  }

  /** Writes past what `writes` says. */
  deliver(held: Uint8Array): void {
    this.#inner.write(held)
  }

  end(): 'done' | Stopped {
    return this.#inner.end()
  }

  close(): void {
    this.#inner.close()
    throw new Error('close threw')
  }
}

function faultyEnds() {
  let faulty: Faulty | undefined
  const made = ends({
    wrap: near => {
      faulty = new Faulty(near)
      return faulty
    },
  })
  return { ...made, faulty: faulty as unknown as Faulty }
}

const epipe: Stopped = { stop: 'broken', error: new Error('EPIPE') }

test('a carrier that breaks on write leaves what can be read', t => {
  const made = faultyEnds()
  shake(made)
  const { client, server, faulty } = made
  server.write(bytes('hello'))
  faulty.writes = () => epipe
  const failed = client.write(bytes('x'))
  // The record was sealed and queued before the carrier was asked.
  t.true(failed.status === 'failed' || failed.status === 'done')
  const again = client.write(bytes('x'))
  t.true(again.status === 'failed' && again.error instanceof CarrierError)
  t.deepEqual(readAll(client), { text: 'hello', status: 'want_read' })
  server.write(bytes('more'))
  t.deepEqual(readAll(client), { text: 'more', status: 'want_read' })
  server.shutdown()
  t.deepEqual(readAll(client), { text: '', status: 'closed' })
  for (const call of ['write', 'flush', 'keyUpdate', 'shutdown'] as const)
    t.is(answer(client, call), 'ERR_CARRIER_BROKEN', call)
  t.is(answer(client, 'close'), 'done')
})

test('a carrier that breaks on write before our last flight is out leaves its answer', t => {
  const { client, server, faulty } = faultyEnds()
  client.doHandshake()
  server.doHandshake()
  faulty.writes = () => epipe
  const status = client.doHandshake()
  t.true(client.connected)
  t.true(status.status === 'failed' && status.error instanceof CarrierError)
  for (let i = 0; i < 10; i++) t.deepEqual(client.doHandshake(), status)
  t.deepEqual(client.read(buffer()), status)
})

test('data is read although our last flight waits for room', t => {
  const { client, server, faulty } = faultyEnds()
  client.doHandshake()
  server.doHandshake()
  let held: Uint8Array | undefined
  faulty.writes = taken => {
    if (held) return { stop: 'retry', on: 'write' }
    held = taken.slice()
    return taken.length
  }
  // What was taken reaches the server, which answers; but our end was never told that it was flushed.
  faulty.flushes = () => ({ stop: 'retry', on: 'write' })
  t.is(client.doHandshake().status, 'want_write')
  t.true(client.connected)
  faulty.deliver(held as unknown as Uint8Array)
  t.deepEqual(server.doHandshake(), { status: 'done' })
  server.write(bytes('hello'))
  t.deepEqual(readAll(client), { text: 'hello', status: 'want_write' })
  faulty.flushes = () => epipe
  t.is(answer(client, 'read'), 'ERR_CARRIER_BROKEN')
})

test("an alert of the peer's tells more than the broken write that it led to", t => {
  const { client, faulty, far } = faultyEnds()
  client.doHandshake()
  const heard = new Uint8Array(2000)
  far.read(heard)
  far.write(Uint8Array.of(21, 3, 3, 0, 2, 2, 40))
  faulty.writes = () => epipe
  t.is(answer(client, 'doHandshake'), 'received handshake_failure')
  t.is(answer(client, 'read'), 'received handshake_failure')
  const quiet = faultyEnds()
  quiet.faulty.writes = () => epipe
  for (const call of ['doHandshake', 'read', 'write', 'flush', 'shutdown'] as const)
    t.is(answer(quiet.client, call), 'ERR_CARRIER_BROKEN', call)
})

test('a carrier that breaks on read ends reading alone', t => {
  const made = faultyEnds()
  shake(made)
  const { client, server, faulty } = made
  faulty.reads = () => ({ stop: 'broken', error: new Error('ECONNRESET') })
  for (let i = 0; i < 10; i++) t.is(answer(client, 'read'), 'ERR_CARRIER_BROKEN')
  t.is(answer(client, 'write'), 'done')
  t.deepEqual(readAll(server), { text: 'x', status: 'want_read' })
})

test('a BIO that throws is broken, at any time, and its errors stay in', t => {
  for (const connected of [false, true])
    for (const at of ['reads', 'writes'] as const) {
      const made = faultyEnds()
      if (connected) shake(made)
      const { client, faulty } = made
      faulty[at] = () => {
        throw new RangeError('thrown by the BIO')
      }
      const call = at === 'reads' ? 'read' : 'write'
      answer(client, call)
      const outcome = calls[call](client)
      t.true(outcome.status === 'failed' && outcome.error instanceof CarrierError)
      if (outcome.status === 'failed') t.true(outcome.error.cause instanceof RangeError)
      t.deepEqual(calls[call](client), outcome)
      t.deepEqual(client.close(), { status: 'done' })
    }
})

test('a BIO that moves nothing without saying why, or too much, is broken', t => {
  for (const lie of [0, 1e9, -1, 0.5, Number.NaN]) {
    const reading = faultyEnds()
    shake(reading)
    reading.faulty.reads = () => lie
    t.is(answer(reading.client, 'read'), 'ERR_CARRIER_BROKEN')
    const writing = faultyEnds()
    writing.faulty.writes = () => lie
    t.is(answer(writing.client, 'doHandshake'), 'ERR_CARRIER_BROKEN')
  }
})

test('a call from inside a callback is a TypeError, and the connection goes on', t => {
  const codes: string[] = []
  const made: { server?: Ssl } = {}
  const { client, server } = ends({
    client: { ALPNProtocols: ['h2'] },
    server: {
      ALPNCallback: ({ protocols }) => {
        for (const call of Object.keys(calls) as Call[])
          codes.push(answer(made.server as Ssl, call))
        return protocols[0]
      },
    },
  })
  made.server = server
  shake({ client, server })
  t.deepEqual(new Set(codes), new Set(['ERR_REENTRANT_CALL']))
  t.is(codes.length, Object.keys(calls).length)
  client.write(bytes('hello'))
  t.deepEqual(readAll(server), { text: 'hello', status: 'want_read' })
})

test('a call from inside the BIO is a TypeError, and the connection goes on', t => {
  const made = faultyEnds()
  shake(made)
  const { client, server, faulty } = made
  const codes: string[] = []
  faulty.reads = () => {
    codes.push(answer(client, 'write'), answer(client, 'close'))
    return retryRead
  }
  t.is(answer(client, 'read'), 'want_read')
  t.deepEqual(codes, ['ERR_REENTRANT_CALL', 'ERR_REENTRANT_CALL'])
  faulty.reads = undefined
  server.write(bytes('hello'))
  t.deepEqual(readAll(client), { text: 'hello', status: 'want_read' })
})

test('ready settles when the carrier has moved, and at once for an outcome that waits for nothing', async t => {
  const { client, server } = connectedEnds()
  const waiting = client.read(buffer())
  let settled = false
  const ready = client.ready(waiting).then(() => {
    settled = true
  })
  await Promise.resolve()
  t.false(settled)
  server.write(bytes('x'))
  await ready
  t.true(settled)
  await client.ready({ status: 'done' })
  await client.ready({ status: 'closed' })
})

test('a pair that was parted is a broken carrier', t => {
  const [near, far] = bioPair()
  const server = new Ssl(new SslContext(serverOptions)).setBio(far).setAcceptState()
  near.destroy()
  for (let i = 0; i < 3; i++) t.is(answer(server, 'doHandshake'), 'ERR_CARRIER_BROKEN')
})
