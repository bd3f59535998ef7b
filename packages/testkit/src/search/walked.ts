/** Holds a recording against the ends that it is of: where they do something else in some order, it says nothing of them. */
import { linked } from '../schedule/linked.ts'
import type { Play, Schedule } from '../schedule/play.ts'
import { Dice } from '../seeds/dice.ts'
import { Seed } from '../seeds/seed.ts'
import { type Place, Two } from './automaton.ts'
import type { Recorded } from './record.ts'

/**
 * Runs both side by side, in an order that follows from the rings, until the recording has come to an end or a halt.
 * Throws where a step of an end leads elsewhere than the recording has it.
 */
export function checkRecorded(play: Play, { client, server }: Recorded, start: Schedule): void {
  const [there, back] = [start.link.there.ring, start.link.back.ring]
  const two = new Two(client, server, there, back)
  const dice = new Dice(there * 1000 + back)
  const link = linked(start.link)
  const ends = play(link, new Seed(start.seed))
  let place: Place = [0, 0, 0, 0]
  while (!two.final(place) && two.steps(place).length > 0) {
    const name = dice.one(2) ? 'client' : 'server'
    const [end, half, recorded] =
      name === 'client' ? [ends.client, link.near, client] : [ends.server, link.far, server]
    // Long runs of one end come up as often as alternation.
    for (let times = dice.one(3) ? dice.from(1, 9) : 1; times > 0; times--) {
      end.step()
      place = name === 'client' ? two.clientStep(place) : two.serverStep(place)
      const [read = 0, written = 0] = name === 'client' ? place : place.slice(2)
      const due = `read ${read} and written ${written}`
      const got = `read ${half.readBytes} and written ${half.writtenBytes}`
      if (got !== due) throw elsewhere(name, got, due)
      if (end.done && !recorded.done(read, written)) throw elsewhere(name, 'come to its end', 'not')
      if (two.final(place)) break
    }
  }
  // An end without a byte is heard of in a step of its own, which the recording does not have.
  for (const end of [ends.client, ends.server, ends.client, ends.server]) end.step()
  for (const name of ['client', 'server'] as const)
    if (two.final(place) && !ends[name].done)
      throw elsewhere(name, 'not come to its end', 'done so')
}

function elsewhere(name: string, got: string, due: string): Error {
  return new Error(
    `record: in another order the ${name} has ${got}, where its recording has ${due}; search by turns`,
  )
}
