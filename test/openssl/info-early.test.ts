/** The information callback and early data: SSL_CTX_set_info_callback(3) has a handshake that pauses for it DONE, and START where it goes on. */
import {
  SSL_accept,
  SSL_CB_EXIT,
  SSL_CB_HANDSHAKE_DONE,
  SSL_CB_HANDSHAKE_START,
  SSL_CB_LOOP,
  type SSL_CTX,
  SSL_CTX_set_allow_early_data_cb,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_max_early_data,
  SSL_CTX_set_num_tickets,
  SSL_connect,
  SSL_get_session,
  SSL_get_state,
  SSL_in_before,
  SSL_READ_EARLY_DATA_FINISH,
  SSL_read,
  SSL_read_early_data,
  SSL_set_session,
  SSL_state_string,
  SSL_write_early_data,
  TLS_ST_EARLY_DATA,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { clientContext, endsOver, ringSizes, serverContext, shake } from './support/tls.ts'

const early = new Uint8Array(40).fill(5)
const into = new Uint8Array(100)

function watched(ctx: SSL_CTX): string[] {
  const seen: string[] = []
  SSL_CTX_set_info_callback(ctx, (ssl, where, ret) => {
    const state = SSL_state_string(ssl)
    if (where & SSL_CB_HANDSHAKE_START) seen.push(`start ${state}`)
    else if (where & SSL_CB_HANDSHAKE_DONE) seen.push(`done ${state}`)
    else if (where & SSL_CB_LOOP) seen.push(`loop ${state}`)
    else if (where & SSL_CB_EXIT) seen.push(`exit ${ret}`)
  })
  return seen
}

/** Two ends of which the client has a session that permits early data. */
function comeback(size: number) {
  const contexts = { client: clientContext(), server: serverContext() }
  SSL_CTX_set_max_early_data(contexts.server, 100)
  const first = endsOver(17408, undefined, contexts)
  shake(first)
  SSL_read(first.client, into)
  SSL_CTX_set_num_tickets(contexts.server, 0)
  const seen = { client: watched(contexts.client), server: watched(contexts.server) }
  const allow = (answer: number) => SSL_CTX_set_allow_early_data_cb(contexts.server, () => answer)
  const next = () => {
    const ends = endsOver(size, undefined, contexts)
    SSL_set_session(ends.client, SSL_get_session(first.client))
    return ends
  }
  return { next, seen, allow }
}

const stages = (lines: readonly string[]) => lines.filter(line => /^(start|done)/.test(line))
const paused = ['start PINIT', 'done TED', 'start TED', 'done SSLOK']

test('5.8: a handshake pauses once for early data, at either end, whatever the ring, the order of calls, and what becomes of the data', t => {
  const space = fc.record({
    size: fc.constantFrom(...ringSizes),
    turns: fc.infiniteStream(fc.boolean()),
    sends: fc.boolean(),
    allows: fc.constantFrom(0, 1),
  })
  fc.assert(
    fc.property(space, ({ size, turns, sends, allows }) => {
      const { next, seen, allow } = comeback(size)
      allow(allows)
      const { client, server } = next()
      let [toSend, toRead] = [sends, true]
      let [c, s] = [0, 0]
      for (let round = 0; round < 60_000 && c + s !== 2; round++) {
        if (turns.next().value) {
          if (!toSend) c = SSL_connect(client)
          else if (SSL_write_early_data(client, early)[0] === 1) toSend = false
        } else if (!toRead) s = SSL_accept(server)
        else if (SSL_read_early_data(server, into)[0] === SSL_READ_EARLY_DATA_FINISH) toRead = false
      }
      t.deepEqual([c, s], [1, 1])
      t.deepEqual(stages(seen.client), sends ? paused : ['start PINIT', 'done SSLOK'])
      t.deepEqual(stages(seen.server), paused)
      for (const lines of [seen.client, seen.server]) {
        t.is(lines.at(-1), 'exit 1')
        // While it pauses, nothing of a handshake is told.
        const at = lines.indexOf('done TED')
        if (at >= 0) t.deepEqual(lines.slice(at + 1, at + 4), ['exit 1', 'start TED', 'loop TED'])
      }
    }),
    { numRuns: 30 },
  )
})

test('5.8: a server that shakes hands plainly does not pause', t => {
  const { next, seen } = comeback(17408)
  const ends = next()
  SSL_write_early_data(ends.client, early)
  shake(ends)
  t.deepEqual(stages(seen.server), ['start PINIT', 'done SSLOK'])
  t.deepEqual(stages(seen.client), paused)
})

test('either end that has paused is in the state of early data, and not before the handshake', t => {
  const { next } = comeback(17408)
  const { client, server } = next()
  SSL_write_early_data(client, early)
  SSL_read_early_data(server, into)
  for (const ssl of [client, server]) {
    t.is(SSL_get_state(ssl), TLS_ST_EARLY_DATA)
    t.is(SSL_state_string(ssl), 'TED')
    t.is(SSL_in_before(ssl), 0)
  }
})
