/** Property 7, exhaustively: every interleaving of two ends over rings of 1 to 8 bytes, searched by the kit. */

import { Dice, linked, type Place, type Play, record, Seed, search, Two } from '@biopair/testkit'
import test from 'ava'
import {
  handshakeOnly,
  type Program,
  playOf,
  wholeSession,
  withEarlyData,
} from '../support/automaton.ts'
import { fitted, plainSession, type Session } from '../support/session.ts'

const small: Session = { ...plainSession, certificate: 'ed25519' }
const older: Session = fitted({ ...small, version: 'TLSv1.2' })
const scenarios: readonly { name: string; session: Session; program: Program }[] = [
  { name: 'a handshake with two tickets', session: small, program: handshakeOnly },
  {
    name: 'a handshake with HelloRetryRequest and client certificate',
    session: { ...small, retry: true, cookie: 'with_retry', client: 'ed25519', group: 'secp256r1' },
    program: handshakeOnly,
  },
  {
    name: 'a resumption with HelloRetryRequest',
    session: { ...small, resume: 'ticket', retry: true, group: 'secp256r1' },
    program: handshakeOnly,
  },
  ...(['unread', 'refused'] as const).map(early => ({
    name: `a resumption with early data that is ${early}, and handshake calls alone at the server`,
    session: { ...small, resume: 'ticket', early } as const,
    program: withEarlyData('unread'),
  })),
  {
    name: 'a resumption with early data and HelloRetryRequest',
    session: { ...small, resume: 'ticket', early: 'read', retry: true, group: 'secp256r1' },
    program: withEarlyData('read'),
  },
  {
    name: 'a session with two tickets, from hello to goodbye',
    session: small,
    program: wholeSession,
  },
  {
    name: 'a handshake of TLS 1.2 with a stapled response and client certificate',
    session: { ...older, client: 'ed25519', staple: true },
    program: handshakeOnly,
  },
  {
    name: 'a handshake of TLS 1.2 with a client of both versions',
    session: { ...older, either: 'client' },
    program: handshakeOnly,
  },
  ...(['ticket', 'id'] as const).map(resume => ({
    name: `a resumption of TLS 1.2 by ${resume} with client certificate`,
    session: fitted({ ...older, resume, client: 'ed25519' }),
    program: handshakeOnly,
  })),
  {
    name: 'a handshake of TLS 1.2 with a pre-shared key',
    session: fitted({ ...older, resume: 'psk' }),
    program: handshakeOnly,
  },
  {
    name: 'a session of TLS 1.2, from hello to goodbye',
    session: older,
    program: wholeSession,
  },
]
const rings = [1, 2, 3, 4, 5, 6, 7, 8]

for (const { name, session, program } of scenarios) {
  const play = playOf(session, program)
  test(`from every place that ${name} can reach over rings of 1 to 8 bytes, every way leads to done`, t => {
    t.timeout(300_000)
    const { states, pairs, ends, traps, whole } = search(play, { by: 'bytes', rings })
    t.deepEqual(traps, [])
    t.true(whole)
    t.is(ends, pairs)
    t.log(`${pairs} pairs of rings: ${states} places, by single bytes and by steps of the programs`)
  })

  test(`the recorded automata of ${name} do what the ends do, in random order`, t => {
    const { client, server } = record(play, '0')
    for (const there of rings.slice(0, 4))
      for (const back of rings.slice(0, 4))
        t.deepEqual(...walk(play, new Two(client, server, there, back), there, back))
  })
}

/** The real ends and the automata side by side; answers the first places that differ, or the last ones. */
function walk(play: Play, two: Two, there: number, back: number): [object, object] {
  const dice = new Dice(there * 10 + back)
  const link = linked({ there: { ring: there }, back: { ring: back } })
  const { near, far } = link
  const { client, server } = play(link, new Seed('0'))
  let place: Place = [0, 0, 0, 0]
  for (;;) {
    // Long runs of one end come up as often as alternation.
    const mine = dice.one(2)
    for (let times = dice.one(3) ? dice.from(1, 9) : 1; times > 0; times--) {
      const end = mine ? client : server
      end.step()
      place = mine ? two.clientStep(place) : two.serverStep(place)
      const [rc, wc, rs, ws] = place
      const done = mine ? two.client.done(rc, wc) : two.server.done(rs, ws)
      const expected = { place, done }
      const got = {
        place: [near.readBytes, near.writtenBytes, far.readBytes, far.writtenBytes],
        done: end.done,
      }
      if (JSON.stringify(got) !== JSON.stringify(expected)) return [got, expected]
      if (two.final(place)) return [got, expected]
    }
  }
}
