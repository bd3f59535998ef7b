/** Tickets, however many and wherever their random bytes come from; and options that are checked at once. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import type { NewSessionTicket } from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import test from 'ava'
import { ends, shake } from './support.ts'

test('ticket_age_add is what was drawn, also where that is a view of a larger buffer', t => {
  const drawn: number[] = []
  const said: number[] = []
  const { client, server } = ends(...bioPair(), {
    server: {
      random: (purpose, length) => {
        const larger = nodeCrypto.randomBytes(length + 8)
        const bytes = larger.subarray(8)
        if (purpose === 'ticket_age_add') drawn.push(Buffer.from(bytes).readUInt32BE(0))
        return bytes
      },
      edit: (name, message) => {
        if (name === 'NewSessionTicket')
          said.push((message as unknown as NewSessionTicket).ticket_age_add)
        return message
      },
    },
  })
  shake(client, server)
  t.is(drawn.length, 2)
  t.deepEqual(said, drawn)
})

test('no nonce of a ticket comes twice on a connection', t => {
  const nonces = new Set<string>()
  const { client, server } = ends(...bioPair(2 ** 17, 2 ** 17), {
    client: { tickets: true, limits: { sideRecords: 1_000_000 } },
    server: {
      edit: (name, message) => {
        if (name === 'NewSessionTicket')
          nonces.add((message as unknown as NewSessionTicket).ticket_nonce.join())
        return message
      },
    },
  })
  shake(client, server)
  const into = new Uint8Array(10)
  for (let i = 0; i < 65_536; i++) {
    server.newSessionTicket()
    if (i % 256 === 0) client.read(into)
  }
  t.is(nonces.size, 65_538)
})

test('a context refuses numbers that a connection would fail on later', t => {
  const wrong: ContextOptions[] = [
    { numTickets: -1 },
    { numTickets: 1.5 },
    { ticketLifetime: 604_801 },
    { ticketLifetime: -1 },
    { limits: { maxFragment: 100 } },
    { limits: { maxFragment: 20_000 } },
    { limits: { toString: 5 } as object },
  ]
  for (const options of wrong)
    t.throws(
      () => new SslContext({ crypto: nodeCrypto, ...options }),
      undefined,
      JSON.stringify(options),
    )
})
