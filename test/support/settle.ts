/** Two ends whose callbacks may answer later, shaken until both are done or one has failed. */
import type { HandshakeOutcome } from '@biopair/ssl'
import type { Ends } from './ends.ts'

export interface Settled {
  readonly client: HandshakeOutcome
  readonly server: HandshakeOutcome
  /** Every want of a callback that a call ended with, of either end. */
  readonly wants: readonly string[]
}

/** Shakes hands; a client that is done reads, so that it hears of an alert that came after. */
export async function settle({
  client,
  server,
}: Pick<Ends, 'client' | 'server'>): Promise<Settled> {
  const wants: string[] = []
  for (let i = 0; i < 1000; i++) {
    const outcomes = { client: client.doHandshake(), server: server.doHandshake() }
    for (const [end, outcome] of [
      [client, outcomes.client],
      [server, outcomes.server],
    ] as const)
      if ('ready' in outcome) {
        wants.push(outcome.status)
        await end.ready(outcome)
      }
    const { client: c, server: s } = outcomes
    if (c.status === 'done' && s.status === 'failed') {
      const read = client.read(new Uint8Array(1))
      if (read.status === 'failed') return { client: read, server: s, wants }
      server.flush()
      continue
    }
    const over = (status: string) => status === 'done' || status === 'failed'
    if (over(c.status) && over(s.status)) return { ...outcomes, wants }
  }
  throw new Error('the handshake does not come to an end')
}

/** `done`, or the alert that it failed with. */
export function ending(outcome: HandshakeOutcome): string {
  if (outcome.status !== 'failed') return outcome.status
  return 'alert' in outcome.error ? outcome.error.alert : outcome.error.message
}
