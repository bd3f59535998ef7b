/** Caps: what a peer can make us hold or do is bounded, and each bound has its typed error or outcome. */
import { MemoryBio } from '@biopair/bio'
import { type ContextOptions, Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { bytes, connectedEnds, ends, readAll, serverOptions, shake } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'
import { sink } from '../support/recorded-handshake.ts'

const limits = (values: ContextOptions['limits']): ContextOptions => ({ limits: values as object })

/** A server at its beginning, and what it hears. */
function lonelyServer(options: ContextOptions = {}): { server: Ssl; carrier: MemoryBio } {
  const carrier = new MemoryBio()
  const server = new Ssl(new SslContext({ ...serverOptions, ...options }))
    .setBio(carrier, sink)
    .setAcceptState()
  return { server, carrier }
}

function failsWith(t: ExecutionContext, outcome: object, alert: string, reason: string): void {
  t.like(outcome, { status: 'failed', error: { alert, reason } })
}

const record = (type: number, ...body: number[]) =>
  Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 255, ...body)

test('a message that is announced too long is refused by its header', t => {
  for (const [length, options] of [
    [65_537, {}],
    [2 ** 24 - 1, {}],
    [1001, limits({ maxHandshakeMessage: 1000 })],
  ] as const) {
    const { server, carrier } = lonelyServer(options)
    carrier.write(record(22, 1, length >> 16, (length >> 8) & 255, length & 255))
    failsWith(t, server.doHandshake(), 'illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE')
  }
})

test('a record that is announced too long is refused by its header', t => {
  const { server, carrier } = lonelyServer()
  carrier.write(Uint8Array.of(22, 3, 1, 0x40, 1))
  failsWith(t, server.doHandshake(), 'record_overflow', 'DATA_LENGTH_TOO_LONG')
  const { client, far } = connectedEnds()
  far.write(Uint8Array.of(23, 3, 3, 0x41, 1))
  failsWith(t, client.read(new Uint8Array(1)), 'record_overflow', 'ENCRYPTED_LENGTH_TOO_LONG')
})

test('a certificate chain longer than its cap is refused, whoever shows it', t => {
  const { pem, keyPem, root } = chainFor('p256')
  const small = limits({ maxCertificateMessage: 500 })
  const shown = ends({ client: small })
  t.throws(() => shake(shown), { message: /failed/ })
  failsWith(t, shown.client.doHandshake(), 'illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE')
  const asked = ends({
    client: { cert: pem, key: keyPem },
    server: { ...small, requestCert: true, ca: root.pem },
  })
  t.throws(() => shake(asked), { message: /failed/ })
  failsWith(t, asked.server.doHandshake(), 'illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE')
  // Another message may be as long as it likes below its own cap.
  const fitting = ends({ client: limits({ maxCertificateMessage: 2000 }) })
  t.notThrows(() => shake(fitting))
})

test('handshake bytes that wait are capped', t => {
  const { server, carrier } = lonelyServer(
    limits({ maxHandshakeBuffer: 300, maxHandshakeMessage: 10_000 }),
  )
  carrier.write(record(22, 1, 0, 4, 0, ...new Array(200).fill(0)))
  t.is(server.doHandshake().status, 'want_read')
  carrier.write(record(22, ...new Array(200).fill(0)))
  failsWith(t, server.doHandshake(), 'illegal_parameter', 'EXCESSIVE_MESSAGE_SIZE')
})

test('a flight that does not fit the queue is our failure, not an exception', t => {
  t.throws(() => ends({ server: limits({ maxQueue: 600 }) }), { instanceOf: RangeError })
  const made = ends({ server: limits({ maxFragment: 512, maxQueue: 600 }), rings: [2000, 10] })
  made.client.doHandshake()
  failsWith(t, made.server.doHandshake(), 'internal_error', 'INTERNAL_ERROR')
})

test('what is written waits with its writer once the carrier is full', t => {
  const { client, near, far } = connectedEnds({ rings: [100, 2000] })
  const much = new Uint8Array(100_000)
  const first = client.write(much)
  t.deepEqual(first, { status: 'done', bytes: 16_384 })
  const { queued } = client
  for (let i = 0; i < 10; i++) {
    const { status } = client.write(much)
    t.is(status, 'want_write')
    t.is(client.queued, queued)
  }
  t.true(queued < 17_000)
  t.is(far.pending, 100)
  t.true(near.wpending <= 100)
})

test('asked for KeyUpdates without end, a reader owes one answer at a time', t => {
  // The server's ring takes no answer, so that every request finds the last one unanswered.
  const { client, server, near, far } = connectedEnds({ rings: [20, 100_000] })
  near.write(new Uint8Array(20 - far.pending))
  let most = 0
  for (let i = 0; i < 60; i++) {
    server.keyUpdate(true)
    const { status } = client.read(new Uint8Array(1))
    t.true(status === 'want_read' || status === 'want_write', status)
    most = Math.max(most, client.queued)
  }
  t.is(most, 5 + 5 + 1 + 16)
})

test('KeyUpdates and tickets without data are too many at last, and data starts the count anew', t => {
  const few = limits({ sideRecords: 5 })
  const updated = connectedEnds({ client: few })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5; i++) updated.server.keyUpdate()
    updated.server.write(bytes('x'))
    t.deepEqual(readAll(updated.client), { text: 'x', status: 'want_read' })
  }
  for (let i = 0; i < 6; i++) updated.server.keyUpdate()
  failsWith(t, updated.client.read(new Uint8Array(1)), 'unexpected_message', 'TOO_MANY_KEY_UPDATES')
  const ticketed = connectedEnds({ client: few })
  for (let i = 0; i < 6; i++) ticketed.server.newSessionTicket()
  t.is(ticketed.client.read(new Uint8Array(1)).status, 'failed')
})

test('user_canceled without end is too many at last', t => {
  const { server, carrier } = lonelyServer(limits({ sideRecords: 5 }))
  for (let i = 0; i < 5; i++) carrier.write(record(21, 1, 90))
  t.is(server.doHandshake().status, 'want_read')
  carrier.write(record(21, 1, 90))
  failsWith(t, server.doHandshake(), 'unexpected_message', 'TOO_MANY_WARN_ALERTS')
})

test('change_cipher_spec and empty records without end are too many at last', t => {
  const made = ends()
  made.client.doHandshake()
  made.server.doHandshake()
  for (let i = 0; i < 40; i++) made.near.write(record(20, 1))
  failsWith(t, made.server.doHandshake(), 'unexpected_message', 'UNEXPECTED_CCS_MESSAGE')
})

test('a call works through so many records and returns, and the next goes on', t => {
  const { client, server } = connectedEnds({
    client: limits({ recordsPerCall: 3, sideRecords: 100 }),
  })
  for (let i = 0; i < 8; i++) server.keyUpdate()
  server.write(bytes('x'))
  const into = new Uint8Array(10)
  t.like(client.read(into), { status: 'want_read' })
  t.like(client.read(into), { status: 'want_read' })
  t.deepEqual(client.read(into), { status: 'done', bytes: 1 })
})

test('a handshake completes however few records a call works through, by readiness alone', async t => {
  for (const recordsPerCall of [1, 2, 3]) {
    const few = limits({ recordsPerCall, maxFragment: 512 })
    const { client, server } = ends({
      client: few,
      server: { ...few, numTickets: 2 },
      rings: [300, 300],
    })
    const run = async (end: Ssl) => {
      for (let i = 0; i < 200; i++) {
        const outcome = end.doHandshake()
        if (outcome.status === 'done') return i
        await end.ready(outcome)
      }
      return -1
    }
    const calls = await Promise.all([run(client), run(server)])
    t.true(
      calls.every(count => count >= 0),
      `${recordsPerCall}: ${calls}`,
    )
  }
})

test('a call takes in what it may seal at once, and says how much', t => {
  const { client, server } = connectedEnds({
    client: limits({ recordsPerCall: 2, maxFragment: 512 }),
  })
  t.deepEqual(client.write(new Uint8Array(5000)), { status: 'done', bytes: 1024 })
  t.is(readAll(server).text.length, 1024)
})

test('a ClientHello in records of one byte is read, and costs no memory but its own', t => {
  const { client, far } = ends()
  client.doHandshake()
  const hello = new Uint8Array(2000)
  const length = far.read(hello) as number
  const { server, carrier } = lonelyServer()
  const small = Array.from(hello.subarray(5, length), byte => record(22, byte))
  for (const one of small) carrier.write(one)
  t.is(server.doHandshake().status, 'want_read')
  t.is(server.state, 'WAIT_FINISHED')
})

test('announced lengths cost nothing before their bytes come', t => {
  global.gc?.()
  const held: Ssl[] = []
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 300; i++) {
    const { server, carrier } = lonelyServer()
    // The longest message that is let in, and the longest record, of which a few bytes come.
    carrier.write(record(22, 1, 1, 0, 0, 3, 3))
    carrier.write(Uint8Array.of(22, 3, 3, 0x40, 0))
    t.is(server.doHandshake().status, 'want_read')
    held.push(server)
  }
  const each = (process.memoryUsage().arrayBuffers - before) / held.length
  t.true(each < 4096, `${Math.round(each)} bytes each`)
})

test('messages without end in a handshake end it', t => {
  const { client, far } = ends()
  client.doHandshake()
  // Tickets where a ServerHello belongs.
  far.write(record(22, ...Array.from({ length: 400 }, () => [4, 0, 0, 0]).flat()))
  failsWith(t, client.doHandshake(), 'unexpected_message', 'UNEXPECTED_MESSAGE')
})

test('tickets without end, with data between, hold no memory', t => {
  const { client, server } = connectedEnds()
  const into = new Uint8Array(10)
  const round = () => {
    for (let i = 0; i < 20; i++) server.newSessionTicket()
    server.write(bytes('x'))
    t.deepEqual(client.read(into), { status: 'done', bytes: 1 })
  }
  for (let i = 0; i < 5; i++) round()
  global.gc?.()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 50; i++) round()
  global.gc?.()
  const grown = process.memoryUsage().arrayBuffers - before
  if (global.gc) t.true(grown < 100_000, `${grown}`)
  else t.true(grown < 5_000_000, `${grown}`)
  t.truthy(client.session)
})

test('after so many records a key gives way to the next, unasked', t => {
  const { client, server } = connectedEnds({ client: limits({ recordsPerKey: 4 }) })
  let text = ''
  for (let i = 0; i < 40; i++) {
    client.write(bytes(`${i % 10}`))
    text += readAll(server).text
  }
  t.is(text, '0123456789'.repeat(4))
  t.is(readAll(client).status, 'want_read')
})

test('a TlsAlert of a cap names its section and what came', t => {
  const { server, carrier } = lonelyServer(limits({ maxHandshakeMessage: 100 }))
  carrier.write(record(22, 1, 0, 1, 0))
  const outcome = server.doHandshake()
  t.true(outcome.status === 'failed' && outcome.error instanceof TlsAlert)
  if (outcome.status === 'failed') t.regex(outcome.error.message, /at most 100 bytes.*256|260/)
})
