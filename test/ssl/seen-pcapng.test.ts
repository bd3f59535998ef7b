/** Captures, read block by block and packet by packet: every byte of the carrier, in order, behind the keys that open it. */
import { type PcapngOptions, PcapngWriter, type TraceEvent } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { bytes, type Ends, ends, readAll, shake } from '../support/ends.ts'
import { Capture } from '../support/pcapng.ts'
import { clientContext, serverContext, visit } from '../support/resume.ts'

/** A conversation, captured by one end. */
function captured(
  role: 'client' | 'server',
  {
    rings = [17_408, 17_408],
    ...options
  }: { rings?: [number, number]; traceSecrets?: true } & PcapngOptions,
) {
  const blocks: Uint8Array[] = []
  const wire: TraceEvent[] = []
  const pcapng = new PcapngWriter(block => blocks.push(block), options)
  const { traceSecrets } = options
  let time = Date.UTC(2026, 6, 1)
  const made = ends({
    rings,
    [role]: {
      ...(traceSecrets ? { traceSecrets } : {}),
      now: () => time++,
      trace: (event: TraceEvent) => {
        wire.push(event)
        pcapng.trace(event)
      },
    },
    ...(role === 'client' ? { server: { numTickets: 2 } } : {}),
  })
  shake(made)
  const { client, server } = made
  for (const end of [client, server]) {
    for (let sent = 0; sent < 3000; settle(made)) {
      const wrote = end.write(bytes('x'.repeat(3000 - sent)))
      if (wrote.status === 'done') sent += wrote.bytes
    }
  }
  client.keyUpdate(true)
  settle(made)
  for (const end of [client, server]) {
    end.shutdown()
    settle(made)
  }
  client.close()
  server.close()
  const before = blocks.length
  pcapng.end()
  return { capture: new Capture(blocks), wire, held: blocks.length - before }
}

/** Until nothing moves any more. */
function settle({ client, server, near, far }: Ends): void {
  do {
    for (const end of [client, server]) {
      end.flush()
      readAll(end)
    }
  } while (near.pending + far.pending + client.queued + server.queued > 0)
}

/** What went over the wire, by its trace. */
function moved(wire: readonly TraceEvent[], call: 'read' | 'write'): string {
  return wire
    .filter(one => one.event === 'bio')
    .filter(one => one.call === call)
    .map(one => Buffer.from(one.bytes).toString('hex'))
    .join('')
}

test('a capture holds each byte of both directions once, with the right sequence numbers and checksums', t => {
  const ring = fc.integer({ min: 1, max: 3000 })
  const run = fc.property(fc.constantFrom('client', 'server'), ring, ring, (role, near, far) => {
    const { capture, wire } = captured(role, { rings: [near, far], traceSecrets: true })
    const [stream] = capture.streams
    t.is(capture.streams.length, 1)
    t.is(stream?.[role], moved(wire, 'write'))
    t.is(stream?.[role === 'client' ? 'server' : 'client'], moved(wire, 'read'))
    t.true((stream?.client.length ?? 0) > 6000 && (stream?.server.length ?? 0) > 6000)
  })
  fc.assert(run, { numRuns: 12 })
})

test('a key stands before the packet that ends the message it comes of, however packets are cut', t => {
  const ring = fc.integer({ min: 1, max: 20_000 })
  const run = fc.property(fc.constantFrom('client', 'server'), ring, ring, (role, near, far) => {
    const { capture } = captured(role, { rings: [near, far], traceSecrets: true })
    // Wireshark looks for them where it sees ServerHello, and Finished at the end of the server's flight.
    const [hello, ...others] = capture.recordEnds('server')
    const flight = others.find(({ type }) => type === 23)
    for (const name of ['CLIENT', 'SERVER']) {
      t.true(capture.keyAt(`${name}_HANDSHAKE_TRAFFIC_SECRET`) < (hello?.block ?? 0))
      t.true(capture.keyAt(`${name}_TRAFFIC_SECRET_0`) < (flight?.block ?? 0))
    }
    for (const side of ['client', 'server'] as const) {
      const name = side.toUpperCase()
      const handshake = capture.keyAt(`${name}_HANDSHAKE_TRAFFIC_SECRET`)
      const application = capture.keyAt(`${name}_TRAFFIC_SECRET_0`)
      const hidden = capture.recordEnds(side).filter(({ type }) => type === 23)
      t.true(hidden.length > 3)
      for (const { block } of hidden) t.true(handshake < block)
      // The first is the flight that ends with Finished.
      for (const { block } of hidden.slice(1)) t.true(application < block)
    }
    t.is(capture.keys.length, 5)
  })
  fc.assert(run, { numRuns: 12 })
})

test('without traceSecrets a capture has no secrets, and the same packets', t => {
  const closed = captured('client', {})
  t.deepEqual(closed.capture.keys, [])
  t.is(closed.capture.streams[0]?.client, moved(closed.wire, 'write'))
})

test('times are the trace’s, in microseconds; nothing is held back once there is nothing to wait for', t => {
  const { capture, wire, held } = captured('server', { traceSecrets: true, serverPort: 8443 })
  const times = new Set(wire.map(({ time }) => time * 1000))
  for (const { time } of capture.packets) t.true(times.has(time))
  t.is(capture.packets[0]?.serverPort, 8443)
  t.true(held <= 3)
})

test('connections of one context have ports of their own, and both ends of each are flows', async t => {
  const blocks: Uint8Array[] = []
  const pcapng = new PcapngWriter(block => blocks.push(block))
  const client = clientContext({ trace: pcapng.trace, traceEvents: ['bio', 'secret'] })
  const server = serverContext()
  for (let i = 0; i < 3; i++) {
    const met = await visit(client, server)
    met.client.close()
  }
  pcapng.end()
  const { packets, streams } = new Capture(blocks)
  t.is(streams.length, 3)
  t.deepEqual([...new Set(packets.map(({ clientPort }) => clientPort))], [49_152, 49_153, 49_154])
})
