/** A carrier of a BroadcastChannel, between two parties. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { type Listenable, listen } from '../listening.ts'
import { PortCarrier, type PortOptions } from './port-carrier.ts'

/** What of a BroadcastChannel is used. */
export interface BroadcastChannelLike extends Listenable {
  readonly name: string
  postMessage(message: unknown): void
  close(): void
}

/**
 * One connection, with the first other one that opens the channel of this name for such a carrier; a third is told that there are two already, and fails. Whoever can open
 * the channel sees every message, and can say what looks like one of the two: it is TLS that keeps them from reading and from changing anything. They can end
 * the connection. The channel is closed when the connection is over.
 */
export function fromBroadcastChannel(
  channel: BroadcastChannelLike,
  options: PortOptions = {},
): ByteCarrier {
  return new PortCarrier(
    {
      name: 'BroadcastChannel',
      post: message => channel.postMessage(message),
      listen: (message, failed) =>
        listen(channel, {
          message: ({ data }) => message(data),
          messageerror: () => failed('brought what could not be read'),
        }),
      release: () => channel.close(),
    },
    options,
  )
}

/** By its name, as in all else it looks like a worker's scope. */
export function isBroadcastChannel(thing: object): thing is BroadcastChannelLike {
  const tag = Object.prototype.toString.call(thing)
  return tag === '[object BroadcastChannel]' || thing.constructor?.name === 'BroadcastChannel'
}
