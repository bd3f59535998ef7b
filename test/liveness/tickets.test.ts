/** OpenSSL's own failing case: two tickets, a small ring, and handshake calls alone. And that these tests can fail. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type PumpReport, pump, type Ssl } from '@biopair/ssl'
import { PlayFailure, replay, search, tls } from '@biopair/testkit'
import test from 'ava'
import { playOf } from '../support/automaton.ts'
import { countingPair } from '../support/counting-pair.ts'
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

test('the search of all interleavings finds it as well over rings of 1 to 8 bytes, names where, and the ends themselves halt there', t => {
  const play = playOf(session, ssl => asOpenSsl(ssl).status === 'done')
  const { traps, pairs, ends } = search(play, { by: 'bytes', rings: [1, 4, 8] })
  t.is(traps.length, pairs)
  t.is(ends, 0)
  for (const { kind, path, confirmed } of traps) {
    t.is(kind, 'deadlock')
    t.true(confirmed)
    // Everywhere it is the same: the client is done, and the server has tickets that nobody takes.
    t.regex(path.at(-1) ?? '', /^the client is done, .*; the server is not done, /)
  }
  t.log(traps[0]?.path.join('\n'))
})

test("the kit's own play of it is told by a program of a few lines", t => {
  const [trap] = search(tls({ until: 'tickets' }, { crypto: nodeCrypto }), {
    by: 'bytes',
    rings: [2],
  }).traps
  if (!trap) return t.fail('no deadlock')
  t.log(trap.program)
  t.true(trap.program.split('\n').length < 14)
  const error = t.throws(() => replay(tls({ until: 'tickets' }), trap.schedule))
  t.true(error instanceof PlayFailure && error.end === 'stalled')
})
