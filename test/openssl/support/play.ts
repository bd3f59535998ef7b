/** Handshakes whose callbacks suspend: both ends are stepped, and every answer that is none of the carrier's is kept. */
import {
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_connect,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_export_keying_material,
  SSL_get_error,
  SSL_read,
  SSL_want,
  SSL_write,
} from '@biopair/ssl/openssl'
import { counted, type Ends } from './tls.ts'

/** What a call was stopped by besides the carrier: SSL_get_error and SSL_want. */
export type Stopped = readonly [error: number, want: number]

export interface Played {
  readonly client: readonly Stopped[]
  readonly server: readonly Stopped[]
  readonly done: boolean
}

/** Steps both ends until both are done, one fails, or nothing is left to hope for. */
export function play({ client, server }: Ends, rounds = 20_000): Played {
  const played = { client: [] as Stopped[], server: [] as Stopped[] }
  for (let round = 0; round < rounds; round++) {
    const c = SSL_connect(client)
    note(client, c, played.client)
    const s = SSL_accept(server)
    note(server, s, played.server)
    if (c === 1 && s === 1) return { ...played, done: true }
    if ([played.client, played.server].some(stops => stops.at(-1)?.[0] === 1))
      return { ...played, done: false }
  }
  return { ...played, done: false }
}

/** Steps as `play`, and lets promises settle between two rounds. */
export async function playLater(ends: Ends, rounds = 50): Promise<Played> {
  const played = { client: [] as Stopped[], server: [] as Stopped[] }
  for (let round = 0; round < rounds; round++) {
    const { client, server, done } = play(ends, 1)
    played.client.push(...client)
    played.server.push(...server)
    if (done) return { ...played, done }
    await new Promise(resolve => setImmediate(resolve))
  }
  return { ...played, done: false }
}

/** Whether both ends have one transcript, and hear each other: the exporter is made of the whole handshake. */
export function agree({ client, server }: Ends): boolean {
  const made = [client, server].map(ssl => {
    const out = new Uint8Array(32)
    return SSL_export_keying_material(ssl, out, 'EXPERIMENTAL same') === 1 ? String(out) : ssl
  })
  return made[0] === made[1] && heard(client, server) && heard(server, client)
}

function heard(from: SSL, to: SSL): boolean {
  const [bytes, got] = [counted(300), new Uint8Array(300)]
  let [sent, read] = [-1, 0]
  for (let round = 0; round < 5000 && (sent < 0 || read < 300); round++) {
    if (sent < 0) sent = SSL_write(from, bytes)
    read += Math.max(SSL_read(to, got.subarray(read)), 0)
    // Tickets may stand in the way of what the other end writes.
    SSL_read(from, new Uint8Array(1))
  }
  return sent === 300 && String(got) === String(bytes)
}

/** The reason of the last failure, and what a callback threw. */
export function failure(ssl: SSL): { reason: string | undefined; alert: unknown; thrown: unknown } {
  const entry = ERR_get_error_all(ssl)
  const alert = entry?.cause as { alert?: string; cause?: unknown } | undefined
  return { reason: entry?.reason, alert: alert?.alert, thrown: alert?.cause }
}

function note(ssl: SSL, ret: number, stops: Stopped[]): void {
  if (ret === 1) return
  const error = SSL_get_error(ssl, ret)
  if (error === SSL_ERROR_WANT_READ || error === SSL_ERROR_WANT_WRITE) return
  stops.push([error, SSL_want(ssl)])
}
