/** Two ends of which the client has a session that permits early data, for attacks on it. */
import { bioPair, type PairBio } from '@biopair/bio'
import {
  type ContextOptions,
  MemoryReplayStore,
  type Session,
  Ssl,
  type SslOptions,
} from '@biopair/ssl'
import { clientContext, clock, serverContext, sessionOf } from '../support/resume.ts'

/** Options of a server that takes early data. */
export const takes: ContextOptions = {
  maxEarlyData: 60_000,
  ticketKeys: new Uint8Array(48).fill(7),
  replayStore: new MemoryReplayStore({ now: clock.now, silence: 0 }),
}

export interface EarlyEnds {
  readonly client: Ssl
  readonly server: Ssl
  readonly session: Session
  /** The client's half of the pair, and the server's. */
  readonly near: PairBio
  readonly far: PairBio
}

export interface EarlyEndsOptions {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  /** Of the server, in both connections. */
  readonly both?: ContextOptions
  readonly rings?: readonly [number, number]
  readonly options?: SslOptions
}

/** Ends that have not begun. */
export async function earlyEnds(given: EarlyEndsOptions = {}): Promise<EarlyEnds> {
  const both = { ...takes, ...given.both }
  const session = await sessionOf(clientContext(given.client), serverContext(both))
  const [near, far] = bioPair(...(given.rings ?? []))
  const named = { servername: 'server.example', session, ...given.options }
  return {
    client: new Ssl(clientContext(given.client), named).setBio(near).setConnectState(),
    server: new Ssl(serverContext({ ...both, ...given.server })).setBio(far).setAcceptState(),
    session,
    near,
    far,
  }
}

/** All early data that is there, and how it ends. */
export function earlyOf(server: Ssl): { readonly bytes: Buffer; readonly status: string } {
  const parts: Buffer[] = []
  const into = new Uint8Array(3000)
  for (;;) {
    const outcome = server.readEarly(into)
    if (outcome.status !== 'done') return { bytes: Buffer.concat(parts), status: outcome.status }
    parts.push(Buffer.from(into.slice(0, outcome.bytes)))
  }
}
