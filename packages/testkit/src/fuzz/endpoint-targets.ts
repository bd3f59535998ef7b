/** The targets `client` and `server`: whole ends without encryption, given what a peer might say. */
import { type Bytes, concat } from '@biopair/crypto'
import type { Dice } from '../seeds/dice.ts'
import { mutateBytes } from './byte-mutator.ts'
import { runEndpoint } from './endpoint.ts'
import type { FuzzSubject } from './fuzz-target.ts'
import { planLength } from './plan.ts'
import { quicScenarios } from './quic-ends.ts'
import { record } from './recording.ts'
import { makeScenarios, type Scenario } from './scenarios.ts'
import { mutateStream } from './stream-mutator.ts'

/** Both, over the same scenarios. */
export function endpointSubjects(): {
  readonly client: FuzzSubject
  readonly server: FuzzSubject
  readonly scenarios: readonly Scenario[]
} {
  const scenarios = makeScenarios(scenario => void record(scenario))
  const overQuic = quicScenarios()
  const subject = (role: 'client' | 'server'): FuzzSubject => {
    let corpus: readonly Bytes[] | undefined
    const ends = [...scenarios, ...overQuic].map(scenario => scenario[role])
    return {
      name: role,
      target: data => runEndpoint(ends, data),
      mutator: mutatePlanned,
      corpus: () => {
        corpus ??= [
          ...scenarios.flatMap((scenario, i) => {
            const heard = record(scenario)[role]
            const early = scenario.early ? 0x80 : 0
            return [
              concat(Uint8Array.of(i, early, 0), heard),
              concat(Uint8Array.of(i, 0x46 | early, 0), heard),
              concat(Uint8Array.of(i, 0x0e | early, 0x5f), heard),
            ]
          }),
          ...overQuic.flatMap(({ heard }, i) => [
            concat(Uint8Array.of(scenarios.length + i, 0, 0x10), heard[role]),
            concat(Uint8Array.of(scenarios.length + i, 0x45, 0), heard[role]),
          ]),
        ]
        return corpus
      },
    }
  }
  return { client: subject('client'), server: subject('server'), scenarios }
}

/** Mutates what is said, and the plan now and then. */
function mutatePlanned(data: Uint8Array, dice: Dice, corpus: readonly Uint8Array[]): Bytes {
  const plan = data.slice(0, planLength)
  const donor = dice.of(corpus) ?? data
  const said = data.subarray(planLength)
  if (dice.one(6)) plan[1 + dice.below(2)] = dice.word()
  else if (dice.one(30)) plan[0] = dice.word()
  if (dice.one(200)) return mutateBytes(data, dice, donor)
  return concat(plan, dice.one(40) ? said : mutateStream(said, dice, donor.subarray(planLength)))
}
