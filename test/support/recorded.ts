/** The automata of a session's two ends, recorded from the real ones. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { Ssl } from '@biopair/ssl'
import { Automaton, type Program } from './automaton.ts'
import { countingPair } from './counting-pair.ts'
import { seeded } from './seeded.ts'
import { endsOf, type Session } from './session.ts'

/** The same two ends, each time. */
export function make(session: Session): { client: Ssl; server: Ssl } {
  return endsOf(session, {
    crypto: nodeCrypto,
    random: { client: seeded('client'), server: seeded('server') },
    more: { now: () => Date.UTC(2026, 6, 1) },
  })
}

/** Records both ends from one run over wide rings. */
export function record(
  session: Session,
  program: Program,
): { client: Automaton; server: Automaton } {
  const [near, other] = countingPair(1 << 20, 1 << 20)
  const [another, far] = countingPair(1 << 20, 1 << 20)
  const { client, server } = make(session)
  client.setBio(near)
  server.setBio(far)
  const sent: [Uint8Array[], Uint8Array[]] = [[], []]
  for (let round = 0; round < 8; round++) {
    program(client)
    const there = other.take()
    sent[0].push(there)
    another.write(there)
    program(server)
    const back = another.take()
    sent[1].push(back)
    other.write(back)
  }
  return {
    client: new Automaton(() => make(session).client, program, Buffer.concat(sent[1])),
    server: new Automaton(() => make(session).server, program, Buffer.concat(sent[0])),
  }
}
