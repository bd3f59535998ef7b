/** The trace holds what OpenSSL's msg callback shows: headers as they were on the wire, messages, alerts by number. */
import type { Bio } from '@biopair/bio'
import { type ContextOptions, TlsAlert, type TraceEvent } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { bytes, type Ends, ends, readAll } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

type RecordEvent = Extract<TraceEvent, { event: 'record' }>
type AlertEvent = Extract<TraceEvent, { event: 'alert' }>

interface Traced extends Ends {
  readonly heard: { client: TraceEvent[]; server: TraceEvent[] }
  /** Everything that went over the carrier, by who wrote it. */
  readonly wire: { client: number[]; server: number[] }
}

function traced(options: { client?: ContextOptions; server?: ContextOptions } = {}): Traced {
  const heard: Traced['heard'] = { client: [], server: [] }
  const wire: Traced['wire'] = { client: [], server: [] }
  const made = ends({
    client: { ...options.client, trace: event => void heard.client.push(event) },
    server: { ...options.server, trace: event => void heard.server.push(event) },
    wrap: near => tapped(near, wire),
  })
  return { ...made, heard, wire }
}

/** The same BIO, without its loans; what passes is noted. */
function tapped(near: Bio, wire: Traced['wire']): Bio {
  return {
    read: into => {
      const got = near.read(into)
      if (typeof got === 'number') wire.server.push(...into.subarray(0, got))
      return got
    },
    write: from => {
      const took = near.write(from)
      if (typeof took === 'number') wire.client.push(...from.subarray(0, took))
      return took
    },
    flush: () => near.flush(),
    end: () => near.end(),
    close: error => near.close(error),
  }
}

/** The headers of the records on the wire. */
function headers(wire: readonly number[]): number[][] {
  const found: number[][] = []
  for (let at = 0; at < wire.length; ) {
    const header = wire.slice(at, at + 5)
    found.push(header)
    at += 5 + ((header[3] as number) << 8) + (header[4] as number)
  }
  return found
}

function told(events: readonly TraceEvent[], direction: 'read' | 'write'): number[][] {
  return events
    .filter((event): event is RecordEvent => event.event === 'record')
    .filter(event => event.direction === direction)
    .map(({ header }) => [...header])
}

function alerts(
  events: readonly TraceEvent[],
): Omit<AlertEvent, 'event' | 'connection' | 'role' | 'time'>[] {
  return events
    .filter((event): event is AlertEvent => event.event === 'alert')
    .map(({ event: _, connection: _c, role: _r, time: _t, ...alert }) => alert)
}

function greet({ client, server }: Ends): void {
  for (let i = 0; i < 6; i++) {
    client.doHandshake()
    server.doHandshake()
  }
}

function talk(made: Ends, length: number): void {
  const { client, server } = made
  greet(made)
  client.write(new Uint8Array(length))
  readAll(server)
  server.write(bytes('answer'))
  server.keyUpdate(true)
  readAll(client)
  client.shutdown()
  readAll(server)
  server.shutdown()
  readAll(client)
}

test('the headers that are told are those on the wire, in both directions, however records are cut', t => {
  const run = fc.property(
    fc.constantFrom(512, 600, 16384),
    fc.constantFrom(1, 2000),
    fc.boolean(),
    fc.boolean(),
    (maxFragment, length, retry, middleboxCompat) => {
      const limits = { maxFragment }
      const made = traced({
        client: { limits, middleboxCompat, groups: 'x25519:P-256', keyShares: 'x25519' },
        server: { limits, groups: retry ? 'P-256' : 'x25519', numTickets: 1 },
      })
      talk(made, length)
      for (const [writer, reader] of [
        ['client', 'server'],
        ['server', 'client'],
      ] as const) {
        const sent = headers(made.wire[writer])
        t.deepEqual(told(made.heard[writer], 'write'), sent)
        // A change_cipher_spec is dropped before anybody looks at it.
        const looked = sent.filter(([type]) => type !== 20)
        t.deepEqual(told(made.heard[reader], 'read'), looked)
        t.is(sent.length > looked.length, middleboxCompat)
      }
    },
  )
  fc.assert(run, { numRuns: 12 })
})

test('the first record says TLS 1.0, and every one after it TLS 1.2 (RFC 9846 section 5.1)', t => {
  const made = traced()
  talk(made, 1)
  const versions = told(made.heard.client, 'write').map(([, major, minor]) => [major, minor])
  t.deepEqual(versions[0], [3, 1])
  t.true(versions.slice(1).every(version => version.join() === '3,3'))
  t.true(versions.length > 3)
})

test('alerts are told by level and number, on both sides', t => {
  const made = traced()
  talk(made, 1)
  const goodbye = { alert: 'close_notify', level: 1, description: 0 }
  for (const side of ['client', 'server'] as const) {
    const both = alerts(made.heard[side])
    t.is(both.length, 2)
    for (const direction of ['read', 'write'] as const)
      t.true(both.some(alert => alert.direction === direction))
    for (const alert of both) t.like(alert, goodbye)
  }
  const refused = traced({ client: { ca: chainFor('ed25519').root.pem } })
  greet(refused)
  const fatal = { alert: 'unknown_ca', level: 2, description: 48 }
  t.deepEqual(alerts(refused.heard.client), [{ direction: 'write', ...fatal }])
  t.deepEqual(alerts(refused.heard.server), [{ direction: 'read', ...fatal }])
})

test('an alert in the clear is told with the header that it had', t => {
  const made = traced({
    server: {
      clientHelloCallback: () => {
        throw new TlsAlert('access_denied', { reason: 'NO', section: '6.2', why: 'no' })
      },
    },
  })
  greet(made)
  t.deepEqual(told(made.heard.server, 'write'), [[21, 3, 3, 0, 2]])
  t.deepEqual(told(made.heard.client, 'read'), [[21, 3, 3, 0, 2]])
  t.deepEqual(alerts(made.heard.client), [
    { direction: 'read', alert: 'access_denied', level: 2, description: 49 },
  ])
})

test('messages are told whole, the same on both sides', t => {
  const made = traced({ server: { requestCert: true, rejectUnauthorized: false } })
  talk(made, 1)
  const messages = (side: 'client' | 'server', direction: 'read' | 'write') =>
    made.heard[side]
      .filter(event => event.event === 'message')
      .filter(event => event.direction === direction)
      .map(({ message }) => Buffer.from(message).toString('hex'))
  for (const [writer, reader] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    t.deepEqual(messages(reader, 'read'), messages(writer, 'write'))
    t.true(messages(writer, 'write').length >= 3)
  }
})
