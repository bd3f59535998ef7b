/** A connection that moves keeps what was found out about its peer, however that was shown. */
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { connectedEnds, type Ends, serverOptions } from '../support/ends.ts'
import { open, request, settle } from './auth-support.ts'

const key = new Uint8Array(32).fill(1)

/** The server, moved to another context. */
function moved({ server, far }: Ends, context = new SslContext(serverOptions)): Ssl {
  const outcome = server.exportConnection(key)
  if (outcome.status !== 'done') throw new Error(outcome.status)
  return Ssl.importConnection(context, outcome.bytes, key).setBio(far)
}

test("tls-server-end-point of a server is that of its client, also after it moved, and of what moved it's the same again", t => {
  const ends = connectedEnds()
  const binding = ends.client.channelBinding('tls-server-end-point')
  const once = moved(ends)
  t.deepEqual(once.channelBinding('tls-server-end-point'), binding)
  const twice = moved({ ...ends, server: once })
  t.deepEqual(twice.channelBinding('tls-server-end-point'), binding)
})

test('what a client showed later goes along, and an answer that nobody asked for there is none', t => {
  const ends = open()
  const asked = request(ends.server)
  settle(ends)
  t.is(asked.state, 'authenticated')
  const server = moved(ends)
  t.true(server.authorized)
  t.deepEqual(server.peerCertificates, asked.certificates)
  t.deepEqual(server.verdict, asked.verdict)
})
