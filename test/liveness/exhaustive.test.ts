/** Property 7, exhaustively: every interleaving of two ends over rings of 1 to 4 bytes, searched on recorded automata. */
import test from 'ava'
import {
  handshakeOnly,
  type Place,
  type Program,
  searchAll,
  Two,
  wholeSession,
  withEarlyData,
} from '../support/automaton.ts'
import { countingPair } from '../support/counting-pair.ts'
import { Dice } from '../support/dice.ts'
import { make, record } from '../support/recorded.ts'
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
  {
    name: 'a session of TLS 1.2, from hello to goodbye',
    session: older,
    program: wholeSession,
  },
]
const sizes = [1, 2, 3, 4] as const
const combinations = sizes.flatMap(there => sizes.map(back => [there, back] as const))

for (const { name, session, program } of scenarios) {
  test(`from every place that ${name} can reach over rings of 1 to 4 bytes, every way leads to done`, t => {
    const { client, server } = record(session, program)
    let places = 0
    let steps = 0
    for (const [there, back] of combinations) {
      const two = new Two(client, server, there, back)
      const bytes = searchAll(two, place => two.moves(place))
      const programs = searchAll(two, place =>
        [two.clientStep(place), two.serverStep(place)].filter(next => next.join() !== place.join()),
      )
      for (const search of [bytes, programs]) {
        t.deepEqual(search.stuck, [], `rings of ${there} and ${back}`)
        t.true(search.reaches)
      }
      places += bytes.places
      steps += programs.places
    }
    t.log(
      `client sends ${client.total} bytes, server ${server.total}; 16 pairs of rings: ${places} places by single bytes, ${steps} by steps of the programs`,
    )
  })

  test(`the recorded automata of ${name} do what the ends do, in random order`, t => {
    const automata = record(session, program)
    for (const [i, [there, back]] of combinations.entries())
      t.deepEqual(
        ...walk(
          session,
          program,
          new Two(automata.client, automata.server, there, back),
          there,
          back,
          i,
        ),
      )
  })
}

/** The real ends and the automata side by side; answers the first places that differ, or the last ones. */
function walk(
  session: Session,
  program: Program,
  two: Two,
  there: number,
  back: number,
  seed: number,
): [object, object] {
  const dice = new Dice(seed)
  const [near, far] = countingPair(there, back)
  const { client, server } = make(session)
  client.setBio(near)
  server.setBio(far)
  let place: Place = [0, 0, 0, 0]
  for (;;) {
    // Long runs of one end come up as often as alternation.
    const mine = dice.one(2)
    for (let times = dice.one(3) ? dice.from(1, 9) : 1; times > 0; times--) {
      const done = program(mine ? client : server)
      place = mine ? two.clientStep(place) : two.serverStep(place)
      const [rc, wc, rs, ws] = place
      const expected = {
        place,
        produced: [two.client.produced(rc, wc), two.server.produced(rs, ws)],
        done: mine ? two.client.done(rc, wc) : two.server.done(rs, ws),
      }
      const got = {
        place: [near.readBytes, near.writtenBytes, far.readBytes, far.writtenBytes],
        produced: [near.writtenBytes + client.queued, far.writtenBytes + server.queued],
        done,
      }
      // An end that was never stepped has produced nothing yet.
      if (far.moved + server.queued === 0) expected.produced[1] = 0
      if (near.moved + client.queued === 0) expected.produced[0] = 0
      if (JSON.stringify(got) !== JSON.stringify(expected)) return [got, expected]
      if (two.final(place)) return [got, expected]
    }
  }
}
