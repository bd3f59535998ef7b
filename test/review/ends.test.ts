/** How a connection ends: in tiny rings, twice at once, and with somebody who calls on. */
import { bioPair, duplex, MemoryBio } from '@biopair/bio'
import test from 'ava'
import { ends, shake } from './support.ts'

const sizes = [1, 2, 5, 23, 24, 100]

for (const size of sizes) {
  test(`two ends that only call shutdown come to its end over rings of ${size}`, t => {
    const { client, server } = ends(...bioPair(size, size))
    shake(client, server)
    let [ours, theirs] = ['', '']
    for (let i = 0; i < 20_000 && !(ours === 'done' && theirs === 'done'); i++) {
      ours = client.shutdown().status
      theirs = server.shutdown().status
    }
    t.deepEqual([ours, theirs], ['done', 'done'])
  })

  test(`two ends that only call close come to its end over rings of ${size}`, t => {
    const { client, server } = ends(...bioPair(size, size))
    shake(client, server)
    let [ours, theirs] = ['', '']
    for (let i = 0; i < 20_000 && !(ours === 'done' && theirs === 'done'); i++) {
      ours = client.close().status
      theirs = server.close().status
    }
    t.deepEqual([ours, theirs], ['done', 'done'])
  })

  test(`two ends that close in the middle of a handshake come to its end over rings of ${size}`, t => {
    const { client, server } = ends(...bioPair(size, size))
    for (let i = 0; i < 300; i++) {
      client.doHandshake()
      server.doHandshake()
      if (server.queued > 0) break
    }
    let [ours, theirs] = ['', '']
    for (let i = 0; i < 20_000 && !(ours === 'done' && theirs === 'done'); i++) {
      ours = client.close().status
      theirs = server.close().status
    }
    t.deepEqual([ours, theirs], ['done', 'done'])
  })
}

test('a connection that is being closed says no more of its handshake', t => {
  const toUs = new MemoryBio()
  const fromUs = new MemoryBio({ limit: 300 })
  const { client, server } = ends(duplex(toUs, fromUs), duplex(fromUs, toUs), {
    client: { groups: ['x25519'] },
  })
  client.doHandshake()
  server.doHandshake()
  fromUs.write(new Uint8Array(300))
  t.is(client.close().status, 'want_write')
  t.throws(() => client.doHandshake(), { code: 'ERR_CLOSED' })
  t.throws(() => client.read(new Uint8Array(9)), { code: 'ERR_CLOSED' })
  t.is(client.state, 'WAIT_SH')
})

test('no ticket follows close_notify', t => {
  const { client, server } = ends(...bioPair())
  shake(client, server)
  t.is(server.shutdown().status, 'sent')
  t.throws(() => server.newSessionTicket(), { code: 'ERR_PROTOCOL_IS_SHUTDOWN' })
})

test('a clean end stays a clean end when our own half fails later', t => {
  let broken = false
  const { client, server } = ends(...bioPair(), {
    client: {
      trace: event => {
        if (broken && event.event === 'record') throw new Error('the trace is full')
      },
    },
  })
  shake(client, server)
  server.shutdown()
  const into = new Uint8Array(9)
  t.deepEqual(client.read(into), { status: 'closed' })
  broken = true
  t.is(client.write(Uint8Array.of(1)).status, 'failed')
  t.deepEqual(client.read(into), { status: 'closed' })
  t.true(client.receivedShutdown)
  t.is(client.write(Uint8Array.of(1)).status, 'failed')
})
