/** Appendix A and no more, and RFC 5246 section 7.3 for TLS 1.2: state machines as tables, and walks that our ends must follow exactly. */
import test from 'ava'
import fc from 'fast-check'
import {
  clientSide,
  clients,
  clientsWithKeys,
  serverSide,
  servers,
  serversWithKeys,
} from '../support/appendix-a.ts'
import { clientSide12, clients12, serverSide12, servers12 } from '../support/appendix-a12.ts'
import { sessionSides12 } from '../support/appendix-a12-sessions.ts'
import { shortOf, untilMet } from '../support/met.ts'
import {
  allDeviations,
  everyState,
  judge,
  type Outcome,
  type Side,
  steps,
  walk,
} from '../support/walk.ts'

const bare: Readonly<Record<'client' | 'server', readonly (() => Side)[]>> = {
  client: clients.map(one => () => clientSide(one)),
  server: servers.map(one => () => serverSide(one)),
}
const withKeys: typeof bare = {
  client: clientsWithKeys().map(one => () => clientSide(one)),
  server: serversWithKeys.map(one => () => serverSide(one)),
}
const older: typeof bare = {
  client: clients12.map(one => () => clientSide12(one)),
  server: servers12.map(one => () => serverSide12(one)),
}

for (const role of ['client', 'server'] as const)
  for (const [what, table, sides, walks] of [
    ['', 'appendix A', bare[role], 2000],
    [' that has pre-shared keys', 'appendix A', withKeys[role], 1500],
    [' of TLS 1.2', 'RFC 5246 section 7.3', older[role], 2000],
    [' of TLS 1.2 with sessions and keys', 'RFC 5077 section 3.1', sessionSides12[role], 1500],
  ] as const)
    test(`a ${role}${what} goes on exactly where ${table} permits, and else answers unexpected_message: ${walks} walks`, async t => {
      const seen = new Map<string, number>()
      const count = ({ state, refused }: Outcome) => {
        const way = refused ? `${state} refuses` : `ends in ${state}`
        seen.set(way, (seen.get(way) ?? 0) + 1)
      }
      const property = fc.property(fc.nat(sides.length - 1), steps, (which, list) => {
        const side = (sides[which] as () => Side)()
        const outcome = walk(side, list)
        judge(side, outcome)
        count(outcome)
      })
      // The walks have been everywhere: every state of the table was refused something, and lives were long enough.
      const states = sides.flatMap(start => Object.keys(start().table))
      const refusing = [...new Set(states)].map(state => `${state} refuses`)
      const short = await untilMet(
        () => fc.assert(property, { numRuns: walks }),
        () => [...shortOf(seen, refusing, 3), ...shortOf(seen, ['ends in CONNECTED'], 51)],
      )
      t.log(Object.fromEntries([...seen].sort()))
      t.deepEqual(short, [])
    })

for (const [title, machines] of [
  [
    ', with pre-shared keys and without, every other message is unexpected_message, and every message in the clear where there are keys',
    (role: 'client' | 'server') => [...bare[role].slice(1), ...withKeys[role].slice(1)],
  ],
  [
    ' of TLS 1.2 every other message is unexpected_message, and every message in the clear where there are keys is bad_record_mac',
    (role: 'client' | 'server') => [...older[role], ...sessionSides12[role]],
  ],
] as const)
  for (const role of ['client', 'server'] as const)
    test(`in every state of a ${role}${title}`, t => {
      const count = { protected: 0, clear: 0, states: 0 }
      for (const start of machines(role)) {
        for (const { state, path } of everyState(start())) {
          count.states++
          for (const { send, ...due } of allDeviations(state, start)) {
            const side = start()
            const reached = walk(side, path)
            if (reached.state !== state) throw new Error(`${reached.state} instead of ${state}`)
            send(side)
            judge(side, { ...reached, refused: due, path: [...reached.path, due.what] })
            count[due.what.endsWith('in the clear') ? 'clear' : 'protected']++
          }
        }
      }
      t.log(count)
      t.true(count.states > 12 && count.protected > 200 && count.clear > 50)
    })
