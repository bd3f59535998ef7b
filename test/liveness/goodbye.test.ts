/** Ends that only say goodbye: over the smallest rings neither may wait for the other to read. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type PumpOutcome, pump, type Ssl } from '@biopair/ssl'
import test from 'ava'
import { countingPair } from '../support/counting-pair.ts'
import { endsOf, plain, type Session, versionNames } from '../support/session.ts'

function connected(ring: number, version: Session['version']): { client: Ssl; server: Ssl } {
  const [near, far] = countingPair(ring, ring)
  const { client, server } = endsOf({ ...plain[version], tickets: 0 }, { crypto: nodeCrypto })
  client.setBio(near)
  server.setBio(far)
  both(client, server, ssl => ssl.doHandshake())
  return { client, server }
}

/** Steps both until they are over; the report's words where they stall. */
function both(client: Ssl, server: Ssl, call: (ssl: Ssl) => PumpOutcome): string[] {
  const report = pump([
    { name: 'client', ssl: client, step: () => call(client) },
    { name: 'server', ssl: server, step: () => call(server) },
  ])
  if (report.end !== 'done') throw new Error(report.report.text)
  return report.parties.map(({ outcome }) => outcome.status)
}

/** Around the length of a close_notify, too. */
const rings = { 'TLSv1.2': [1, 2, 5, 30, 31, 32], 'TLSv1.3': [1, 2, 5, 23, 24, 25] } as const
const cases = versionNames.flatMap(version => rings[version].map(ring => [version, ring] as const))

for (const [version, ring] of cases)
  test(`two ends of ${version} that both call shutdown, and nothing else, both finish over a ring of ${ring}`, t => {
    const { client, server } = connected(ring, version)
    t.deepEqual(
      both(client, server, ssl => ssl.shutdown()),
      ['done', 'done'],
    )
    t.true(client.receivedShutdown && server.receivedShutdown)
  })

for (const [version, ring] of cases)
  test(`two ends of ${version} that both call close, and nothing else, both finish over a ring of ${ring}`, t => {
    const { client, server } = connected(ring, version)
    t.deepEqual(
      both(client, server, ssl => ssl.close()),
      ['done', 'done'],
    )
  })

for (const version of versionNames)
  test(`data of ${version} that stands before a close_notify stops the reading of shutdown, and is read`, t => {
    const { client, server } = connected(40, version)
    t.is(server.write(Uint8Array.of(1, 2, 3)).status, 'done')
    const close = () => client.shutdown().status
    t.is(close(), 'sent')
    t.is(close(), 'unread')
    const into = new Uint8Array(10)
    t.deepEqual(client.read(into), { status: 'done', bytes: 3 })
    t.is(server.shutdown().status, 'sent')
    t.is(close(), 'done')
  })
