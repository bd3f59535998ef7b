/** The client's handshake, whichever version it comes to (RFC 9846 §4.3.1). */
import type { ClientConfig } from './config.ts'
import type { Flow } from './flow.ts'
import type { Talk } from './talk.ts'
import { chose12 } from './tls12/choice.ts'
import { client12, goOn12 } from './tls12/client.ts'
import type { AnyConnected } from './tls12/connected12.ts'
import { offering12 } from './tls12/session-offer.ts'
import { client13 } from './tls13/client.ts'
import { speaks13 } from './versions.ts'

/** Shakes hands as a client: offers what the configuration has, and goes on with what the server chooses. */
export function* client(talk: Talk, given: ClientConfig): Flow<AnyConnected> {
  const config = yield* offering12(given)
  if (!speaks13(config)) return yield* client12(talk, config)
  return yield* client13(talk, config, (hello, answer) =>
    chose12(answer, config) ? goOn12(talk, config, hello, answer) : undefined,
  )
}
