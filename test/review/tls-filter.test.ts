/** TLS as a filter, as a hostile reader drives it: waiting, ending and closing at every awkward moment. */
import {
  Base64Filter,
  type Bio,
  bioPair,
  eof,
  type PairBio,
  Pump,
  type Stopped,
} from '@biopair/bio'
import { Ssl, SslBio, SslContext } from '@biopair/ssl'
import test from 'ava'
import { bytes, clientOptions, serverOptions } from '../support/ends.ts'

const contexts = {
  client: new SslContext(clientOptions),
  server: new SslContext(serverOptions),
}

function tls(role: 'client' | 'server'): SslBio {
  const ssl = new Ssl(contexts[role], role === 'client' ? { servername: 'server.example' } : {})
  return new SslBio(role === 'client' ? ssl.setConnectState() : ssl.setAcceptState())
}

/** Two filters, or two on two, that have shaken hands over a pair. */
function shaken(
  size = 17408,
  layers = 1,
): { client: SslBio; server: SslBio; near: PairBio; far: PairBio } {
  const [near, far] = bioPair(size)
  const [client, server] = [tls('client'), tls('server')]
  for (let i = 1; i < layers; i++) {
    client.push(tls('client'))
    server.push(tls('server'))
  }
  client.push(near)
  server.push(far)
  for (let i = 0; i < 100_000; i++) {
    const done = [client.ssl.doHandshake(), server.ssl.doHandshake()]
    if (done.every(({ status }) => status === 'done')) return { client, server, near, far }
  }
  throw new Error('no handshake')
}

const read = (bio: Bio, size = 100): string | Stopped => {
  const into = Buffer.alloc(size)
  const got = bio.read(into)
  return typeof got === 'number' ? into.toString('latin1', 0, got) : got
}

/** Whether a promise settles while nothing else happens. */
async function settles(promise: Promise<void>): Promise<boolean> {
  let settled = false
  promise.then(() => {
    settled = true
  })
  for (let i = 0; i < 50; i++) await undefined
  return settled
}

test('waiting to read settles at once while opened bytes wait, however the read before stopped', async t => {
  const { client, server } = shaken()
  while (typeof client.read(Buffer.alloc(1)) === 'number');
  server.write(bytes('hello'))
  t.is(read(client, 1), 'h')
  t.is(client.pending, 4)
  t.true(await settles(client.ready('read')))
})

test('a read that waits for room, and a write that waits for bytes, can be waited for as they say', async t => {
  const [near, far] = bioPair(10)
  const reader = tls('client').push(near)
  t.deepEqual(read(reader), { stop: 'retry', on: 'write' })
  const room = reader.ready('write')
  t.false(await settles(room))
  far.read(Buffer.alloc(4))
  t.true(await settles(room))
  const [left, right] = bioPair()
  const writer = tls('client').push(left)
  t.deepEqual(writer.write(bytes('x')), { stop: 'retry', on: 'read' })
  const news = writer.ready('read')
  t.false(await settles(news))
  right.write(bytes('x'))
  t.true(await settles(news))
})

test('an end before the handshake is over shakes hands first, as a write does: a pump whose source is empty', t => {
  const [near, far] = bioPair(100)
  const [client, server] = [tls('client').push(near), tls('server').push(far)]
  const [source, given] = bioPair()
  source.end()
  const pump = new Pump(given, client)
  let end: string | Stopped = ''
  for (let i = 0; i < 1000 && end !== eof; i++) {
    pump.step()
    end = read(server)
  }
  t.is(end, eof)
  t.true(server.ssl.connected)
})

test('a close over a full pipe goes on with flush, down to the lowest of TLS in TLS', async t => {
  const { client, server, near, far } = shaken(20, 2)
  client.close()
  let end: string | Stopped = ''
  for (let i = 0; i < 100 && end !== eof; i++) {
    client.flush()
    end = read(server)
  }
  t.is(end, eof)
  // The inner goodbye is on its way still.
  t.deepEqual(client.flush(), { stop: 'retry', on: 'write' })
  t.true(near.wpending > 0)
  const room = client.ready('write')
  t.false(await settles(room))
  const below = server.next as SslBio
  let flushed: 'done' | Stopped = eof
  for (let i = 0; i < 100 && flushed !== 'done'; i++) {
    read(below)
    flushed = client.flush()
  }
  t.is(flushed, 'done')
  t.true(await settles(room))
  t.is(read(below), eof)
  t.true(far.eof)
})

test('a filter closed with an error never looks like a clean end to the peer', t => {
  const error = new Error('the source was cut')
  const { client, server, far } = shaken()
  client.write(bytes('half'))
  client.close(error)
  t.is(read(server), 'half')
  const cut = read(server) as { stop: string; error: { reason: unknown } }
  t.is(cut.stop, 'broken')
  t.is(cut.error.reason, 'TLSV1_ALERT_INTERNAL_ERROR')
  t.false(server.eof)
  t.deepEqual(far.read(Buffer.alloc(1)), { stop: 'broken', error })
  // A filter above that loses what it holds says so to whom it concerns.
  const full = shaken(30)
  const top = new Base64Filter().push(full.client)
  for (let i = 0; i < 3; i++) top.write(Buffer.alloc(20_000))
  top.close()
  let end: string | Stopped = ''
  for (let i = 0; i < 10_000 && typeof end === 'string'; i++) {
    top.flush()
    end = read(full.server)
    if (typeof end !== 'string' && end.stop === 'retry') end = ''
  }
  t.is((end as Stopped).stop, 'broken')
})

test('a pump whose one side is cut tells the peer of a TLS filter on its other side', t => {
  const { client, server } = shaken()
  const [source, given] = bioPair()
  const pump = new Pump(given, client)
  source.write(bytes('half of it'))
  source.close(new Error('cut'))
  for (let i = 0; i < 5; i++) pump.step()
  t.is(read(server), 'half of it')
  t.is((read(server) as Stopped).stop, 'broken')
})

test('a filter whose role was never said closes what is below it, and throws nothing', t => {
  const [near, far] = bioPair()
  const filter = new SslBio(new Ssl(contexts.client)).push(near)
  filter.close()
  t.is(filter.flush(), 'done')
  t.deepEqual(read(far), eof)
})

for (const size of [1, 10])
  test(`a pump into a TLS filter over a ring of ${size} is not called stalled while hands are shaken byte by byte`, async t => {
    const [near, far] = bioPair(size)
    const [source, given] = bioPair()
    const [taken, sink] = bioPair()
    source.write(bytes('hello'))
    source.end()
    sink.end()
    const pumps = [
      new Pump(given, tls('client').push(near)),
      new Pump(tls('server').push(far), taken),
    ]
    const ends = await Promise.all(pumps.map(pump => pump.run()))
    t.deepEqual(
      ends.map(({ end }) => end),
      ['ended', 'ended'],
    )
    t.is(read(sink), 'hello')
    t.deepEqual(read(sink), eof)
  })
