/** Tickets of odd servers, and sealers that answer what they must not. */

import type { TicketSealer } from '@biopair/ssl'
import test from 'ava'
import { clientContext, serverContext, visit } from '../support/resume.ts'

test('a sealer that answers anything but bytes makes no tickets, and harms nobody', async t => {
  const answers: unknown[] = [
    Promise.resolve(new Uint8Array(5)),
    'text',
    5,
    [1, 2],
    null,
    { length: 3 },
  ]
  for (const answer of answers) {
    const ticketSealer = { seal: () => answer, open: () => answer } as unknown as TicketSealer
    const { client, statuses } = await visit(clientContext(), serverContext({ ticketSealer }))
    t.deepEqual(statuses, ['want_read', 'want_read'], String(answer))
    t.is(client.session, undefined)
  }
})
