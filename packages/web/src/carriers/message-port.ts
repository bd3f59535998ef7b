/** A carrier of a MessagePort, or of a Worker and the scope inside it; bytes are handed over, not copied. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { type Listenable, listen, listens } from '../listening.ts'
import { PortCarrier, type PortOptions } from './port-carrier.ts'

/** What of a MessagePort, a Worker (Node's, too) or a worker's global scope is used. */
export interface MessagePortLike extends Listenable {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  /** A MessagePort's, which holds messages back until then. */
  start?(): void
  /** Of a MessagePort alone: it is closed when the connection is over. */
  close?(): void
}

/**
 * One connection, with one such carrier at the other end, made before or after this one. Messages that are not of such a carrier are left alone. A MessagePort is closed when
 * the connection is over; a worker is not, and one that dies is an error.
 */
export function fromMessagePort(port: MessagePortLike, options: PortOptions = {}): ByteCarrier {
  const isPort = typeof port.start === 'function'
  return new PortCarrier(
    {
      name: isPort ? 'MessagePort' : 'worker',
      post: (message, transfer) => port.postMessage(message, [...transfer]),
      listen(message, failed) {
        const stop = listen(port, {
          message: ({ data }) => message(data),
          messageerror: () => failed('brought what could not be read'),
          // Where a port has this event: the other one is gone.
          ...(isPort ? { close: () => failed('was closed') } : {}),
          ...(isPort
            ? {}
            : { error: () => failed('has failed'), exit: () => failed('has come to its end') }),
        })
        port.start?.()
        return stop
      },
      release: () => {
        if (isPort) port.close?.()
      },
    },
    options,
  )
}

export function isMessagePort(thing: object): thing is MessagePortLike {
  const { postMessage } = thing as Partial<MessagePortLike>
  return typeof postMessage === 'function' && listens(thing)
}
