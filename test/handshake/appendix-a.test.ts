/** Appendix A and no more: the RFC's state machine as a table, and random walks that our ends must follow exactly. */
import test from 'ava'
import fc from 'fast-check'
import {
  clientSide,
  clients,
  clientTable,
  serverSide,
  servers,
  serverTable,
} from '../support/appendix-a.ts'
import { judge, type Outcome, steps, walk } from '../support/walk.ts'

for (const [role, sides] of [
  ['client', clients.map(context => () => clientSide(context))],
  ['server', servers.map(server => () => serverSide(server))],
] as const)
  test(`a ${role} goes on exactly where appendix A permits, and else answers unexpected_message: 2000 walks`, t => {
    const seen = new Map<string, number>()
    const count = ({ state, refused }: Outcome) => {
      const way = refused ? `${state} refuses` : `ends in ${state}`
      seen.set(way, (seen.get(way) ?? 0) + 1)
    }
    fc.assert(
      fc.property(fc.constantFrom(...sides), steps, (start, list) => {
        const side = start()
        const outcome = walk(side, list)
        judge(side, outcome)
        count(outcome)
      }),
      { numRuns: 2000 },
    )
    t.log(Object.fromEntries([...seen].sort()))
    // The walks have been everywhere: every state of the table was refused something, and lives were long enough.
    for (const state of Object.keys(role === 'client' ? clientTable : serverTable(true)))
      t.true((seen.get(`${state} refuses`) ?? 0) > 2, state)
    t.true((seen.get('ends in CONNECTED') ?? 0) > 50)
  })
