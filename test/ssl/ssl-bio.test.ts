import { type Bio, bioPair, eof, Filter, type PairBio, type Stopped } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslBio, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { bytes, clientOptions, serverOptions } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const options = {
  client: new SslContext(clientOptions),
  server: new SslContext(serverOptions),
}

function tls(role: 'client' | 'server', context = options[role]): SslBio {
  const ssl = new Ssl(context, role === 'client' ? { servername: 'server.example' } : {})
  return new SslBio(role === 'client' ? ssl.setConnectState() : ssl.setAcceptState())
}

/** Sends `text` down one chain and reads the other, in turns, until `done` says so. */
function carried(from: Bio, to: Bio, sent: Uint8Array, turn: () => boolean): Buffer {
  const got: Buffer[] = []
  let at = 0
  for (let rounds = 0; rounds < 400_000; rounds++) {
    if (turn()) {
      const took = at < sent.length ? from.write(sent.subarray(at)) : from.flush()
      if (typeof took === 'number') at += took
      else if (took !== 'done' && took.stop !== 'retry') throw new Error(`write: ${took.stop}`)
    } else {
      const into = Buffer.alloc(4096)
      const count = to.read(into)
      if (typeof count === 'number') got.push(into.subarray(0, count))
      else if (count.stop !== 'retry') throw new Error(`read: ${count.stop}`, { cause: count })
    }
    const all = Buffer.concat(got)
    if (all.length >= sent.length) return all
    // The reader's own output (its handshake) must go down, too.
    to.flush()
  }
  throw new Error('it does not come to an end')
}

test('TLS in TLS is two pushes: data arrives whole for every ring and every order of steps', t => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 5, 6, 100, 256, 17408),
      fc.constantFrom(1, 17, 300, 17408),
      fc.integer(),
      (there, back, seed) => {
        const dice = new Dice(seed)
        const [near, far] = bioPair(there, back)
        const client = tls('client').push(tls('client')).push(near)
        const server = tls('server').push(tls('server')).push(far)
        const sent = dice.bytes(Math.min(3000, 20 * there))
        const got = carried(client, server, sent, () => dice.below(2) === 0)
        t.is(Buffer.compare(got, sent), 0)
        const reply = dice.bytes(50)
        t.is(
          Buffer.compare(
            carried(server, client, reply, () => dice.below(2) === 0),
            reply,
          ),
          0,
        )
        t.true(client.ssl.authorized && (client.next as SslBio).ssl.authorized)
      },
    ),
    { numRuns: 12 },
  )
})

/** A client and a server filter that have shaken hands over a pair. */
function shaken(
  server: ContextOptions = {},
  rings: readonly [number, number] = [17408, 17408],
): { client: SslBio; server: SslBio; near: PairBio; far: PairBio } {
  const [near, far] = bioPair(...rings)
  const ends = {
    client: tls('client').push(near),
    server: tls('server', new SslContext({ ...serverOptions, ...server })).push(far),
  }
  for (let i = 0; i < 100_000; i++) {
    const done = [ends.client.ssl.doHandshake(), ends.server.ssl.doHandshake()]
    if (done.every(({ status }) => status === 'done')) return { ...ends, near, far }
  }
  throw new Error('no handshake')
}

const read = (bio: Bio, size = 100): string | Stopped => {
  const into = Buffer.alloc(size)
  const got = bio.read(into)
  return typeof got === 'number' ? into.toString('latin1', 0, got) : got
}

/** The code of a `broken`. */
function codeOf(answer: unknown): unknown {
  return (answer as { readonly error?: { readonly code?: unknown } }).error?.code
}

/** The error of a `broken`. */
function errorOf(answer: unknown): { readonly reason: unknown } | undefined {
  return (answer as { readonly error?: { readonly reason: unknown } }).error
}

test('the end is close_notify: the other reads all, then eof, and may still write', t => {
  const { client, server } = shaken()
  client.write(bytes('last words'))
  t.is(client.end(), 'done')
  t.false(server.eof)
  t.is(read(server), 'last words')
  t.deepEqual(read(server), eof)
  t.true(server.eof)
  t.is(server.write(bytes('answer')), 6)
  t.is(read(client), 'answer')
  t.is(codeOf(client.write(bytes('x'))), 'ERR_BIO_BROKEN_PIPE')
  t.is(client.end(), 'done')
})

test('a carrier that is cut is broken with PREMATURE_CLOSE, not an end', t => {
  const { client, server, near } = shaken()
  client.write(bytes('half'))
  near.end()
  t.is(read(server), 'half')
  t.is(codeOf(read(server)), 'ERR_BIO_PREMATURE_CLOSE')
  t.false(server.eof)
})

test('a failure is broken with the same TlsAlert every time', t => {
  const { server, near } = shaken()
  near.write(Buffer.from('1703030017'.padEnd(56, '0'), 'hex'))
  const first = errorOf(read(server))
  t.is(first?.reason, 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC')
  for (let i = 0; i < 3; i++) t.is(errorOf(read(server)), first)
  t.is(errorOf(server.write(bytes('x'))), first)
})

test('a promised answer is a retry on special, named, and ready settles when it has come', async t => {
  let answer: (accepted: boolean) => void = () => {}
  const context = new SslContext({
    ca: chainFor('p256').root.pem,
    crypto: nodeCrypto,
    verifyCallback: () =>
      new Promise<boolean>(resolve => {
        answer = resolve
      }),
  })
  const [near, far] = bioPair()
  const client = tls('client', context).push(near)
  const server = tls('server').push(far)
  client.write(bytes('x'))
  read(server)
  const suspended = { stop: 'retry', on: 'special', reason: 'verification' }
  t.deepEqual(client.write(bytes('x')), suspended)
  t.deepEqual(client.write(bytes('x')), suspended)
  answer(true)
  await client.ready('write')
  t.is(client.write(bytes('x')), 1)
  t.is(read(server), 'x')
})

test('flush, wpending and pending see through the chain', t => {
  const { client, server } = shaken({ numTickets: 0 }, [100, 100])
  const top = new Filter().push(client)
  t.is(top.write(Buffer.alloc(300)), 300)
  t.true(top.wpending > 300)
  t.deepEqual(top.flush(), { stop: 'retry', on: 'write' })
  let got = 0
  for (let i = 0; i < 10 && got === 0; i++) {
    const count = server.read(Buffer.alloc(200))
    if (typeof count === 'number') got += count
    top.flush()
  }
  t.is(got, 200)
  t.is(server.pending, 100)
  t.is(top.flush(), 'done')
  t.is(top.wpending, 0)
  t.is(top.find(SslBio), client)
})

test('what is below can be changed: a connection moves from one carrier to another', t => {
  const { client, server, near, far } = shaken()
  client.write(bytes('over the first'))
  t.is(read(server), 'over the first')
  t.is(client.pop(), near)
  t.is(server.pop(), far)
  for (const idle of [
    client.write(bytes('x')),
    client.flush(),
    client.end(),
    server.read(Buffer.alloc(9)),
  ])
    t.is(codeOf(idle), 'ERR_BIO_UNINITIALIZED')
  const [left, right] = bioPair(10)
  client.push(left)
  server.push(right)
  const sent = bytes('over the second')
  let turn = false
  const alternating = () => {
    turn = !turn
    return turn
  }
  t.is(Buffer.compare(carried(client, server, sent, alternating), sent), 0)
})

test('close says goodbye; what finds no room goes out with flush, and nothing is read after it', t => {
  const { client, server } = shaken({}, [7, 100])
  client.close()
  t.deepEqual(client.flush(), { stop: 'retry', on: 'write' })
  let end: string | Stopped = ''
  for (let i = 0; i < 20 && end !== eof; i++) {
    end = read(server)
    client.flush()
  }
  t.deepEqual(end, eof)
  t.is(client.flush(), 'done')
  t.is(codeOf(read(client)), 'ERR_BIO_CLOSED')
})
