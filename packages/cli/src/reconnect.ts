/** -reconnect: a connection that is only made to be made again, with the session that it gave. */
import { setTimeout } from 'node:timers/promises'
import { type End, type Link, settled } from './drive.ts'

/** Times that -reconnect connects anew. */
export const reconnections = 5

/** Milliseconds that a ticket may take. */
const ticketTime = 1000

/** Waits for a ticket, hands on what else comes, and says goodbye. What ended the connection, if anything did. */
export async function untilTicket(
  { ssl }: Link,
  print: (bytes: Uint8Array) => Promise<void>,
): Promise<End | undefined> {
  const limit = new AbortController()
  const late = setTimeout(ticketTime, 'late', { signal: limit.signal }).catch(() => 'late')
  const into = new Uint8Array(16384)
  try {
    while (ssl.session === undefined) {
      const outcome = ssl.read(into)
      if (outcome.status === 'done') await print(into.slice(0, outcome.bytes))
      else if (outcome.status === 'closed') break
      else if (!outcome.status.startsWith('want_')) return outcome as End
      // The ticket may have come in the very read that now waits for more.
      else if (
        ssl.session !== undefined ||
        (await Promise.race([ssl.ready(outcome), late])) === 'late'
      )
        break
    }
    const said = await settled(ssl, () => ssl.shutdown())
    return said.status === 'failed' ? said : undefined
  } finally {
    limit.abort()
  }
}
