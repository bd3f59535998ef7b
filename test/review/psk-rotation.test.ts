/** Keys of tickets that change while connections are under way. */
import { bioPair } from '@biopair/bio'
import { Ssl } from '@biopair/ssl'
import test from 'ava'
import { shake } from '../support/ends.ts'
import { clientContext, serverContext, sessionOf, visit } from '../support/resume.ts'

const key = (byte: number) => new Uint8Array(48).fill(byte)

test('a ticket key that is dropped is wiped, and what it was made of is not touched', async t => {
  const given = key(1)
  const context = serverContext({ ticketKeys: given })
  const [old] = context.ticketKeys
  context.setTicketKeys([key(2), given])
  t.deepEqual(old?.secret, new Uint8Array(32))
  t.deepEqual(given, key(1))
  t.deepEqual(
    context.ticketKeys.map(one => one.secret[0]),
    [2, 1],
  )
  const drawn = serverContext()
  const { secret } = drawn.ticketKey
  drawn.setTicketKeys(key(3))
  t.deepEqual(secret, new Uint8Array(32))
  t.true((await visit(clientContext(), drawn)).client.session !== undefined)
})

test('keys that change at any step of a handshake are no fault: it resumes with the old one, or is a full one, and its tickets are of the new', async t => {
  const client = clientContext()
  for (let at = 0; at < 12; at++)
    for (const keeps of [true, false]) {
      const context = serverContext({ ticketKeys: key(1) })
      const session = await sessionOf(client, context)
      const [near, far] = bioPair(50, 50)
      const ends = {
        client: new Ssl(client, { servername: 'server.example', session })
          .setBio(near)
          .setConnectState(),
        server: new Ssl(context).setBio(far).setAcceptState(),
      }
      for (let i = 0; i < at; i++) {
        ends.client.doHandshake()
        ends.server.doHandshake()
      }
      context.setTicketKeys(keeps ? [key(2), key(1)] : key(2))
      shake(ends)
      for (let i = 0; i < 100; i++) {
        ends.client.read(new Uint8Array(1))
        ends.server.flush()
      }
      t.is(ends.client.resumed, ends.server.resumed)
      if (keeps) t.true(ends.client.resumed)
      const next = ends.client.session
      t.truthy(next)
      const name = next?.ticket[0]
      t.true(name === 2 || name === 1)
      const again = await visit(client, context, { session: next })
      t.is(again.client.resumed, name === 2 || keeps)
    }
})
