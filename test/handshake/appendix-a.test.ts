/** Appendix A and no more: the RFC's state machine as a table, and walks that our ends must follow exactly. */
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

for (const role of ['client', 'server'] as const)
  for (const [what, sides, walks] of [
    ['', bare[role], 2000],
    [' that has pre-shared keys', withKeys[role], 1500],
  ] as const)
    test(`a ${role}${what} goes on exactly where appendix A permits, and else answers unexpected_message: ${walks} walks`, t => {
      const seen = new Map<string, number>()
      const count = ({ state, refused }: Outcome) => {
        const way = refused ? `${state} refuses` : `ends in ${state}`
        seen.set(way, (seen.get(way) ?? 0) + 1)
      }
      fc.assert(
        fc.property(fc.nat(sides.length - 1), steps, (which, list) => {
          const side = (sides[which] as () => Side)()
          const outcome = walk(side, list)
          judge(side, outcome)
          count(outcome)
        }),
        { numRuns: walks },
      )
      t.log(Object.fromEntries([...seen].sort()))
      // The walks have been everywhere: every state of the table was refused something, and lives were long enough.
      for (const state of sides.flatMap(start => Object.keys(start().table)))
        t.true((seen.get(`${state} refuses`) ?? 0) > 2, state)
      t.true((seen.get('ends in CONNECTED') ?? 0) > 50)
    })

for (const role of ['client', 'server'] as const)
  test(`in every state of a ${role}, with pre-shared keys and without, every other message is unexpected_message, and every message in the clear where there are keys`, t => {
    const count = { protected: 0, clear: 0, states: 0 }
    for (const start of [...bare[role].slice(1), ...withKeys[role].slice(1)]) {
      for (const { state, path } of everyState(start())) {
        count.states++
        for (const { what, under, send } of allDeviations(state, start)) {
          const side = start()
          const reached = walk(side, path)
          if (reached.state !== state) throw new Error(`${reached.state} instead of ${state}`)
          send(side)
          judge(side, { state, refused: { under, what }, path: [...reached.path, what] })
          count[what.endsWith('in the clear') ? 'clear' : 'protected']++
        }
      }
    }
    t.log(count)
    t.true(count.states > 12 && count.protected > 200 && count.clear > 50)
  })
