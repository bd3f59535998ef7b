/** A network between two datagram pairs that loses, repeats, delays and so reorders; time is a number. */
import { type DatagramWayPlan, linked } from '@biopair/testkit'
import type { Dice } from '../../support/dice.ts'
import { SmallQuic, type SmallQuicParts } from './small-quic.ts'

export interface Weather {
  /** Of 100 datagrams, how many are lost, and how many come twice. */
  readonly loss: number
  readonly repeats: number
  /** Milliseconds that a datagram takes at most. */
  readonly latency: number
}

export interface Ends {
  readonly client: SmallQuic
  readonly server: SmallQuic
}

/** Simulated milliseconds after which nobody waits any longer. */
const patience = 600_000
/** For how many datagrams of each direction there is a weather; those behind them arrive at once. */
const forecast = 400

/** Runs both ends until all is said and heard, or one of them has failed. */
export async function run(
  parts: {
    readonly [K in 'client' | 'server']: Omit<SmallQuicParts, 'carrier' | 'dice'>
  },
  weather: Weather,
  dice: Dice,
  clock: { time: number },
): Promise<Ends> {
  const [there, back] = [wayIn(weather, dice), wayIn(weather, dice)]
  const link = linked({ carries: 'datagrams', there, back })
  const halves = { client: link.near, server: link.far }
  const make = (role: 'client' | 'server') =>
    new SmallQuic({ ...parts[role], carrier: halves[role], dice }, clock.time)
  const ends = { client: make('client'), server: make('server') }
  const begun = clock.time
  /** What the link's clock is behind. */
  const behind = begun - link.now
  while (!(ends.client.finished && ends.server.finished)) {
    if (Object.values(ends).some(({ outcome }) => outcome.status === 'failed')) return ends
    link.step()
    let quiet = true
    for (const role of ['client', 'server'] as const) {
      const end = ends[role]
      if (halves[role].pending !== undefined) {
        end.receive(clock.time)
        quiet = false
      }
      if (end.timer === undefined || end.timer > clock.time) continue
      await end.tick(clock.time)
      quiet = false
    }
    if (!quiet) continue
    link.wait(...Object.values(ends).map(({ timer }) => timer && timer - behind))
    clock.time = link.now + behind
    if (clock.time - begun > patience) throw new Error('the handshake does not come to an end')
  }
  return ends
}

/** What becomes of each datagram of a direction. */
function wayIn({ loss, repeats, latency }: Weather, dice: Dice): DatagramWayPlan {
  const all = Array.from({ length: forecast }, (_, at) => at)
  return {
    lost: all.filter(() => dice.below(100) < loss),
    doubled: all
      .filter(() => dice.below(100) < repeats)
      .map(at => ({ at, by: dice.below(latency) })),
    late: all.map(at => ({ at, by: dice.from(1, latency) })),
    holds: 60,
  }
}
