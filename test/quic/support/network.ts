/** A network between two datagram pairs that loses, repeats, delays and so reorders; time is a number. */
import { type DatagramBio, datagramPair } from '@biopair/bio'
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

interface Travelling {
  readonly at: number
  readonly to: DatagramBio
  readonly end: 'client' | 'server'
  readonly bytes: Uint8Array
}

/** Simulated milliseconds after which nobody waits any longer. */
const patience = 600_000

/** Runs both ends until all is said and heard, or one of them has failed. */
export async function run(
  parts: {
    readonly [K in 'client' | 'server']: Omit<SmallQuicParts, 'carrier' | 'dice'>
  },
  weather: Weather,
  dice: Dice,
  clock: { time: number },
): Promise<Ends> {
  const options = { size: 100_000 }
  const near = { client: datagramPair(options), server: datagramPair(options) }
  const make = (role: 'client' | 'server') =>
    new SmallQuic({ ...parts[role], carrier: near[role][0], dice }, clock.time)
  const ends = { client: make('client'), server: make('server') }
  const { client, server } = ends
  const begun = clock.time
  let travelling: Travelling[] = []
  const into = new Uint8Array(2000)
  /** What the ends have sent goes on its way. */
  const collect = () => {
    for (const [from, end] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const)
      for (;;) {
        const datagram = near[from][1].receive(into)
        if ('stop' in datagram) break
        const bytes = into.slice(0, datagram.length)
        const copies = dice.below(100) < weather.repeats ? 2 : 1
        for (let copy = 0; copy < copies; copy++) {
          if (dice.below(100) < weather.loss) continue
          const at = clock.time + dice.from(1, weather.latency)
          travelling.push({ at, to: near[end][1], end, bytes })
        }
      }
  }
  while (!(client.finished && server.finished)) {
    if ([client, server].some(({ outcome }) => outcome.status === 'failed')) return ends
    collect()
    const times = [...travelling.map(({ at }) => at), client.timer, server.timer]
    clock.time = Math.min(...times.filter(time => time !== undefined))
    if (clock.time - begun > patience) throw new Error('the handshake does not come to an end')
    const arriving = travelling.filter(({ at }) => at <= clock.time)
    travelling = travelling.filter(({ at }) => at > clock.time)
    for (const { to, end, bytes } of dice.shuffled(arriving)) {
      to.send(bytes)
      ends[end].receive(clock.time)
    }
    for (const end of [client, server])
      if (end.timer !== undefined && end.timer <= clock.time) await end.tick(clock.time)
  }
  return ends
}
