/** `connect` and `accept`: TLS over a carrier that is there already. */
import {
  type ClientOptions,
  type ServerOptions,
  type SslAndRest,
  SslStream,
  sslFor,
} from '@biopair/ssl/stream'
import { aLabels } from './a-labels.ts'
import { type Carrier, carrierFrom } from './carrier-from.ts'
import { type Connection, connectionOver } from './connection.ts'
import { timers } from './event-loop.ts'

/**
 * TLS as a client. A page has no list of authorities: `ca` or `pins` say whom to believe, and `servername` who it has to be, also as people write it
 * (`münchen.example`). TypeError at once, before the carrier is touched, for options that are wrong or not a client's; everything later is a rejection of `opened`, `closed` and the streams.
 */
export function connect(carrier: Carrier, options: ClientOptions): Connection {
  return over(carrier, sslFor('client', named(options)))
}

/** TLS as a server, with `cert` and `key`, or a `context` that many connections share: then tickets of one are good for another. TypeError as of `connect`. */
export function accept(carrier: Carrier, options: ServerOptions): Connection {
  return over(carrier, sslFor('server', options))
}

/** With its names in A-labels. What is no object is for `sslFor` to refuse. */
function named(options: ClientOptions): ClientOptions {
  if (typeof options !== 'object' || options === null) return options
  const { servername, verifyNames } = options
  return {
    ...options,
    ...(servername === undefined ? {} : { servername: aLabels(servername) }),
    ...(verifyNames === undefined ? {} : { verifyNames: [verifyNames].flat().map(aLabels) }),
  }
}

function over(carrier: Carrier, { ssl, stream }: SslAndRest): Connection {
  return connectionOver(new SslStream(ssl, () => carrierFrom(carrier), stream, timers))
}
