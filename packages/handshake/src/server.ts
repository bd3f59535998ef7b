/** The server's handshake, whichever version it comes to (RFC 9846 §4.3.1). */
import type { ServerConfig } from './config.ts'
import type { Flow } from './flow.ts'
import type { Talk } from './talk.ts'
import type { AnyConnected } from './tls12/connected12.ts'
import { offers12 } from './tls12/offer.ts'
import { answer12, server12 } from './tls12/server.ts'
import { server13 } from './tls13/server.ts'
import { speaks13 } from './versions.ts'

/** Shakes hands as a server: chooses the highest version that both ends have. */
export function server(talk: Talk, config: ServerConfig): Flow<AnyConnected> {
  if (!speaks13(config)) return server12(talk, config)
  return server13(talk, config, hello =>
    offers12(hello, config) ? answer12(talk, config, hello) : undefined,
  )
}
