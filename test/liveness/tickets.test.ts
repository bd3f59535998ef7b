/** OpenSSL's own failing case: two tickets, a small ring, and handshake calls alone. And that these tests can fail. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type PumpReport, pump, type Ssl } from '@biopair/ssl'
import test from 'ava'
import { type Program, searchAll, Two } from '../support/automaton.ts'
import { countingPair } from '../support/counting-pair.ts'
import { record } from '../support/recorded.ts'
import { endsOf, plainSession, type Session } from '../support/session.ts'

const session: Session = { ...plainSession, certificate: 'ed25519', tickets: 2 }

/** Steps both ends with one program and nothing else. */
function handshakes(ring: number, done: (ssl: Ssl) => { readonly status: string }): PumpReport {
  const [near, far] = countingPair(ring, ring)
  const { client, server } = endsOf(session, { crypto: nodeCrypto })
  client.setBio(near)
  server.setBio(far)
  return pump([
    { name: 'client', ssl: client, step: () => done(client) },
    { name: 'server', ssl: server, step: () => done(server) },
  ])
}

/** What OpenSSL does: the tickets are a part of the server's handshake, and a client that is done reads no more. */
function asOpenSsl(ssl: Ssl): { readonly status: string; readonly write?: number } {
  const outcome = ssl.doHandshake()
  return outcome.status === 'done' && ssl.queued > 0
    ? { status: 'want_write', write: ssl.queued }
    : outcome
}

test('rule 42: with two tickets and handshake calls alone, rings of 1 to 509 bytes complete', t => {
  for (let ring = 1; ring <= 509; ring++) {
    const { end, parties } = handshakes(ring, ssl => ssl.doHandshake())
    t.is(end, 'done', `a ring of ${ring}`)
    t.true(parties.every(({ outcome }) => outcome.status === 'done'))
  }
})

for (const ring of [1, 2, 16, 100, 256])
  test(`the pump finds the deadlock of a server that waits for its tickets to be taken, over a ring of ${ring}`, t => {
    const report = handshakes(ring, asOpenSsl)
    if (report.end !== 'stalled') return t.fail(`expected a stall, got ${report.end}`)
    t.log(report.report.text)
    const [client, server] = report.report.parties
    t.regex(client?.waits ?? '', new RegExp(`^nothing: done \\(state CONNECTED, ${ring} pending`))
    t.regex(server?.waits ?? '', /^room for \d+ bytes \(state CONNECTED, 0 pending, 0 guaranteed/)
  })

test('the search of all interleavings finds it as well, and names where', t => {
  const program: Program = ssl => asOpenSsl(ssl).status === 'done'
  const { client, server } = record(session, program)
  for (const ring of [1, 2, 3, 4]) {
    const two = new Two(client, server, ring, ring)
    const { stuck } = searchAll(two, place => two.moves(place))
    t.true(stuck.length > 0)
    // Everywhere it is the same: the client is done, and its ring is full of tickets.
    for (const [rc, wc, rs, ws] of stuck) {
      t.true(client.done(rc, wc) && !server.done(rs, ws))
      t.is(ws - rc, ring)
    }
  }
})
