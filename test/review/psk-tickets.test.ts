/** Tickets of odd servers, and sealers that answer what they must not. */

import type { TicketSealer } from '@biopair/ssl'
import test from 'ava'
import { clientContext, serverContext, sessionOf, visit } from '../support/resume.ts'

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

test('a ticket of any length is offered where a ClientHello has room for it, and harms no handshake where not', async t => {
  const client = clientContext()
  const resumed: boolean[] = []
  for (const length of [8000, 60_000, 64_000, 65_300, 65_470]) {
    const ticket = new Uint8Array(length).fill(1)
    const server = serverContext({
      edit: (name, message) => (name === 'NewSessionTicket' ? { ...message, ticket } : message),
      limits: { maxQueue: 2 ** 20 },
    })
    const session = await sessionOf(client, server)
    t.is(session.ticket.length, length)
    let offered = 0
    const again = serverContext({
      clientHelloCallback: hello => {
        offered = hello.raw.length
      },
    })
    const { statuses } = await visit(client, again, { session })
    t.deepEqual(statuses, ['want_read', 'want_read'], `${length}`)
    resumed.push(offered > length)
  }
  t.deepEqual(resumed, [true, true, true, false, false])
})
