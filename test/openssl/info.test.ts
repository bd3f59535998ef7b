/** The information callback: what it is told, in which order, and how starts, ends and exits pair. */
import {
  SSL_accept,
  SSL_alert_type_string_long,
  SSL_CB_ACCEPT_EXIT,
  SSL_CB_ACCEPT_LOOP,
  SSL_CB_ALERT,
  SSL_CB_CONNECT_EXIT,
  SSL_CB_CONNECT_LOOP,
  SSL_CB_EXIT,
  SSL_CB_HANDSHAKE_DONE,
  SSL_CB_HANDSHAKE_START,
  SSL_CB_LOOP,
  SSL_CB_READ,
  SSL_CB_READ_ALERT,
  SSL_CB_WRITE,
  SSL_CB_WRITE_ALERT,
  type SSL_CTX,
  SSL_CTX_get_info_callback,
  SSL_CTX_load_verify,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set_post_handshake_auth,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_do_handshake,
  SSL_get_info_callback,
  SSL_is_server,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_key_update,
  SSL_read,
  SSL_ST_ACCEPT,
  SSL_ST_CONNECT,
  SSL_set_info_callback,
  SSL_set1_host,
  SSL_shutdown,
  SSL_state_string,
  SSL_VERIFY_PEER,
  SSL_VERIFY_POST_HANDSHAKE,
  SSL_verify_client_post_handshake,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'
import { agree, failure, play } from './support/play.ts'
import {
  clientContext,
  counted,
  endsOver,
  inject,
  ringSizes,
  serverContext,
  versions,
  wiredEnds,
} from './support/tls.ts'

/** One call of the callback as text: `loop PINIT`, `exit -1`, `alert write 0228`. */
function watched(ctx: SSL_CTX): string[] {
  const seen: string[] = []
  SSL_CTX_set_info_callback(ctx, (ssl, where, ret) => {
    const role = where & (SSL_ST_CONNECT | SSL_ST_ACCEPT)
    const mine = SSL_is_server(ssl) === 1 ? SSL_ST_ACCEPT : SSL_ST_CONNECT
    if (where & (SSL_CB_LOOP | SSL_CB_EXIT) && role !== mine) seen.push(`role ${role}`)
    const state = SSL_state_string(ssl)
    if (where === SSL_CB_HANDSHAKE_START) seen.push(`start ${state}`)
    else if (where === SSL_CB_HANDSHAKE_DONE) seen.push(`done ${state}`)
    else if (where & SSL_CB_ALERT) {
      const way = where === SSL_CB_WRITE_ALERT ? 'write' : 'read'
      seen.push(`alert ${way} ${ret.toString(16).padStart(4, '0')}`)
    } else if (where & SSL_CB_LOOP) seen.push(`loop ${state}`)
    else seen.push(`exit ${ret}`)
  })
  return seen
}

function watchedEnds(size = 17408, tickets = 0) {
  const [client, server] = [clientContext(), serverContext()]
  SSL_CTX_set_num_tickets(server, tickets)
  const seen = { client: watched(client), server: watched(server) }
  return { ends: endsOver(size, versions[0], { client, server }), seen }
}

test('the bits are OpenSSL’s', t => {
  t.deepEqual(
    [SSL_CB_CONNECT_LOOP, SSL_CB_CONNECT_EXIT, SSL_CB_ACCEPT_LOOP, SSL_CB_ACCEPT_EXIT],
    [0x1001, 0x1002, 0x2001, 0x2002],
  )
  t.is(SSL_CB_READ_ALERT, SSL_CB_ALERT | SSL_CB_READ)
  t.is(SSL_CB_WRITE_ALERT, SSL_CB_ALERT | SSL_CB_WRITE)
  t.is(SSL_alert_type_string_long(0x0228), 'fatal')
  t.is(SSL_alert_type_string_long(0x0100), 'warning')
  t.is(SSL_alert_type_string_long(0x0700), 'unknown')
})

test('a handshake starts, moves from the state that it leaves, is done, and exits', t => {
  const { ends, seen } = watchedEnds()
  t.true(play(ends).done)
  t.deepEqual(seen.client, [
    'start PINIT',
    'loop PINIT',
    'exit -1',
    'loop TWCH',
    'loop TRSH',
    'loop TREE',
    'loop TRSC',
    'loop TRSCV',
    'loop TRFIN',
    'loop TWFIN',
    'done SSLOK',
    'exit 1',
  ])
  t.deepEqual(seen.server, [
    'start PINIT',
    'loop PINIT',
    'loop TRCH',
    'loop TWSH',
    'loop TWEE',
    'loop TWSC',
    'loop TWSCV',
    'loop TWFIN',
    'exit -1',
    'loop TED',
    'loop TRFIN',
    'done SSLOK',
    'exit 1',
  ])
})

test('a server is done before its tickets are written; what follows a handshake loops and exits by itself', t => {
  const { ends, seen } = watchedEnds(17408, 2)
  t.true(play(ends).done)
  t.deepEqual(seen.server.slice(-5), [
    'done SSLOK',
    'loop SSLOK',
    'loop TWST',
    'loop TWST',
    'exit 1',
  ])
  seen.client.length = 0
  seen.server.length = 0
  t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
  const ticket = ['loop SSLOK', 'loop TRST', 'exit 1']
  t.deepEqual(seen.client, [...ticket, ...ticket])
  t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
  t.is(seen.client.length, 6)
  t.is(SSL_key_update(ends.client, SSL_KEY_UPDATE_REQUESTED), 1)
  t.is(SSL_write(ends.client, counted(3)), 3)
  t.deepEqual(seen.client.slice(6), ['loop SSLOK', 'loop TWCKU', 'exit 1'])
  t.is(SSL_read(ends.server, new Uint8Array(3)), 3)
  // The request, and what answers it.
  t.deepEqual(seen.server, [
    ...['loop SSLOK', 'loop TRCKU', 'exit 1'],
    ...['loop SSLOK', 'loop TWSKU', 'exit 1'],
  ])
})

test('5.8: an authentication after the handshake is one run at either end: what it is made of loops, and it exits once', t => {
  const [client, server] = [clientContext(), serverContext()]
  SSL_CTX_set_post_handshake_auth(client, 1)
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, null)
  const { pem, keyPem, root } = chainFor('p256')
  SSL_CTX_use_certificate_chain(client, pem)
  SSL_CTX_use_PrivateKey(client, keyPem)
  SSL_CTX_load_verify(server, root.pem)
  const seen = { client: watched(client), server: watched(server) }
  const ends = endsOver(17408, versions[0], { client, server })
  t.true(play(ends).done)
  SSL_read(ends.client, new Uint8Array(1))
  seen.client.length = 0
  seen.server.length = 0
  SSL_verify_client_post_handshake(ends.server)
  SSL_do_handshake(ends.server)
  for (const ssl of [ends.client, ends.server]) SSL_read(ssl, new Uint8Array(1))
  const answer = ['loop TWCC', 'loop TWCV', 'loop TWFIN']
  t.deepEqual(seen.client, ['loop SSLOK', 'loop TRCR', ...answer, 'exit 1'])
  const verified = ['loop TRCC', 'loop TRCV', 'loop TRFIN', 'loop TWST', 'loop TWST']
  const asked = ['loop SSLOK', 'loop TWCR', 'exit 1']
  t.deepEqual(seen.server, [...asked, 'loop SSLOK', ...verified, 'exit 1'])
})

test('one START, one DONE, one EXIT for each call that shakes hands, whatever the ring and the order of calls', t => {
  fc.assert(
    fc.property(fc.constantFrom(...ringSizes), fc.infiniteStream(fc.boolean()), (size, turns) => {
      const { ends, seen } = watchedEnds(size)
      const calls = { client: 0, server: 0 }
      const last = { client: -1, server: -1 }
      for (let round = 0; round < 60_000; round++) {
        const side = turns.next().value ? 'client' : 'server'
        if (last[side] === 1) {
          if (last.client + last.server === 2) break
          continue
        }
        const before = seen[side].length
        last[side] = (side === 'client' ? SSL_connect : SSL_accept)(ends[side])
        calls[side]++
        // A server that is called before anything came has begun, as any other.
        t.is(seen[side].at(-1), `exit ${last[side]}`)
        t.is(seen[side].slice(before).filter(line => line.startsWith('exit')).length, 1)
      }
      for (const side of ['client', 'server'] as const) {
        const lines = seen[side]
        t.is(lines[0], 'start PINIT')
        t.deepEqual(lines.slice(-2), ['done SSLOK', 'exit 1'])
        t.is(lines.filter(line => line.startsWith('start')).length, 1)
        t.is(lines.filter(line => line.startsWith('done')).length, 1)
        t.is(lines.filter(line => line.startsWith('exit')).length, calls[side])
      }
    }),
    { numRuns: 12 },
  )
})

test('alerts are told with their level and number as they go out and come in, and a failure exits once', t => {
  const { ends, seen } = watchedEnds()
  SSL_set1_host(ends.client, 'other.example')
  t.false(play(ends).done)
  for (let i = 0; i < 3; i++) {
    t.is(SSL_connect(ends.client), -1)
    t.is(SSL_accept(ends.server), -1)
  }
  t.deepEqual(seen.client.slice(-3), ['loop TREE', 'alert write 022a', 'exit -1'])
  t.deepEqual(seen.server.slice(-2), ['alert read 022a', 'exit -1'])
})

test('close_notify is an alert of level 1, each way', t => {
  const { ends, seen } = watchedEnds()
  t.true(play(ends).done)
  seen.client.length = 0
  seen.server.length = 0
  t.is(SSL_shutdown(ends.client), 0)
  t.is(SSL_read(ends.server, new Uint8Array(1)), 0)
  t.is(SSL_shutdown(ends.server), 1)
  t.deepEqual(seen.client, ['alert write 0100'])
  t.deepEqual(seen.server, ['alert read 0100', 'alert write 0100'])
})

test('a close_notify in the middle exits with 0', t => {
  const client = clientContext()
  const seen = watched(client)
  const ends = wiredEnds(17408, versions[0], { client })
  SSL_connect(ends.client)
  inject(ends.clientWire, Uint8Array.of(21, 3, 3, 0, 2, 1, 0))
  for (let i = 0; i < 3; i++) t.is(SSL_connect(ends.client), 0)
  t.deepEqual(seen.slice(-3), ['exit -1', 'alert read 0100', 'exit 0'])
})

test('an SSL has the callback that its context had when it was made, until it is given another', t => {
  const client = clientContext()
  t.is(SSL_CTX_get_info_callback(client), null)
  const ctx = () => {}
  const before = endsOver(17408, versions[0], { client }).client
  SSL_CTX_set_info_callback(client, ctx)
  t.is(SSL_CTX_get_info_callback(client), ctx)
  const ends = endsOver(17408, versions[0], { client })
  t.is(SSL_get_info_callback(before), null)
  t.is(SSL_get_info_callback(ends.client), ctx)
  const seen: number[] = []
  SSL_connect(ends.client)
  const own = (_ssl: unknown, where: number) => void seen.push(where)
  SSL_set_info_callback(ends.client, own)
  t.is(SSL_get_info_callback(ends.client), own)
  t.true(play(ends).done)
  t.deepEqual(seen.slice(-2), [SSL_CB_HANDSHAKE_DONE, SSL_CB_CONNECT_EXIT])
  SSL_set_info_callback(ends.client, null)
  const count = seen.length
  t.true(agree(ends))
  t.is(seen.length, count)
})

for (const bit of [SSL_CB_HANDSHAKE_START, SSL_CB_LOOP, SSL_CB_EXIT, SSL_CB_HANDSHAKE_DONE])
  test(`an information callback that throws at 0x${bit.toString(16)} ends the connection with internal_error`, t => {
    const server = serverContext()
    const mistake = new Error('a mistake')
    let thrown = 0
    SSL_CTX_set_info_callback(server, (_ssl, where) => {
      if (!(where & bit)) return
      thrown++
      throw mistake
    })
    const ends = endsOver(17408, versions[0], { server })
    t.false(play(ends).done)
    for (let i = 0; i < 3; i++) {
      t.is(SSL_accept(ends.server), -1)
      t.deepEqual(failure(ends.server), {
        reason: 'CALLBACK_FAILED',
        alert: 'internal_error',
        thrown: mistake,
      })
    }
    t.is(thrown, 1)
    const heard = SSL_read(ends.client, new Uint8Array(1))
    t.is(heard, -1)
    t.is(failure(ends.client).reason, 'TLSV1_ALERT_INTERNAL_ERROR')
  })
