/** A TLS socket from its first moment to its last: destroyed anywhere, written to too late, ended from either side; what it leaves behind is nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect, TlsSocket } from '@biopair/node/tls'
import test from 'ava'
import fc from 'fast-check'
import {
  awake,
  believes,
  failure,
  identity,
  over,
  pairOfStreams,
  secured,
  sockets,
  text,
} from './support/ends.ts'
import { SerialPort } from './support/serial-port.ts'

const events = ['readable', 'data', 'end', 'drain', 'finish'] as const

/** Listeners that would hold on to what is over; those of 'error' and 'close' stay, so that nobody is killed by a late one. */
function listeners(stream: Duplex): number {
  return events.reduce((sum, event) => sum + stream.listenerCount(event), 0)
}

interface Moment {
  /** Of the event loop. */
  readonly turns: number
  readonly error: boolean
  readonly side: 'client' | 'server'
  readonly bytes: number
  readonly ends: boolean
  readonly carrier: 'streams' | 'sockets'
}

test('destroyed at any moment, with or without an error, both sockets close once, the carrier is gone, and nothing is said twice', async t => {
  awake(t)
  const moment: fc.Arbitrary<Moment> = fc.record({
    turns: fc.integer({ min: 0, max: 25 }),
    error: fc.boolean(),
    side: fc.constantFrom('client' as const, 'server' as const),
    bytes: fc.constantFrom(0, 10, 300_000),
    ends: fc.boolean(),
    carrier: fc.constantFrom('streams' as const, 'sockets' as const),
  })
  const destroyed = async ({ turns, error, side, bytes, ends, carrier }: Moment) => {
    const below = carrier === 'streams' ? pairOfStreams() : await sockets(t)
    const both = over(t, below)
    const seen = { client: [] as string[], server: [] as string[] }
    const heard = { client: [] as Error[], server: [] as Error[] }
    for (const name of ['client', 'server'] as const) {
      for (const event of ['secureConnect', 'end', 'close', 'finish'])
        both[name].on(event, () => seen[name].push(event))
      both[name].on('error', (why: Error) => heard[name].push(why)).resume()
    }
    const one = both[side]
    if (bytes > 0) one.write(Buffer.alloc(bytes), () => {})
    if (ends) one.end()
    for (let i = 0; i < turns; i++) await turn()
    const why = new Error('enough')
    const closed = [both.client, both.server].map(
      end => end.closed || new Promise(resolve => end.once('close', resolve)),
    )
    one.destroy(...(error ? [why] : []))
    t.true(one.destroyed)
    await Promise.all(closed)
    await turn()
    for (const name of ['client', 'server'] as const) {
      t.is(seen[name].filter(event => event === 'close').length, 1, name)
      t.true(heard[name].length <= 1, heard[name].join())
      t.is(seen[name].at(-1), 'close')
      t.is(both[name].ssl.role, name)
    }
    if (heard[side][0]) t.is(heard[side][0], why)
    for (const stream of below) {
      if (!stream.destroyed) await once(stream, 'close')
      t.true(stream.destroyed)
    }
  }
  // Some at once: they wait for each other's deadlines together.
  const some = fc.array(moment, { minLength: 1, maxLength: 10, size: 'max' })
  await fc.assert(
    fc.asyncProperty(some, async moments => void (await Promise.all(moments.map(destroyed)))),
    { numRuns: 5 },
  )
})

test('destroyed before its carrier is there, or connected, it is closed, and so is what comes then', async t => {
  const [near, far] = pairOfStreams()
  let bring: (carrier: Duplex) => void = () => {}
  const coming = new Promise<Duplex>(resolve => {
    bring = resolve
  })
  const client = new TlsSocket(coming, believes)
  client.destroy()
  await once(client, 'close')
  const gone = new Promise(resolve => near.once('close', resolve))
  bring(near)
  await gone
  t.true(near.destroyed)
  far.destroy()
  const dialled = connect({ ...believes, host: '127.0.0.1', port: 9 })
  dialled.on('error', () => t.fail('it was given up'))
  dialled.destroy()
  await once(dialled, 'close')
  t.true(dialled.destroyed)
})

test('nothing listens to the carrier any more once the socket is closed, and a hundred connections leave no listener behind', async t => {
  const [near, far] = await sockets(t)
  const both = await secured(over(t, [near, far]))
  both.server.resume()
  both.client.resume().end()
  await Promise.all([near, far, both.client, both.server].map(one => once(one, 'close')))
  for (const stream of [near, far]) t.true(listeners(stream) <= 2, String(stream.eventNames()))
  const controller = new AbortController()
  const { signal } = controller
  let added = 0
  const watched = new Proxy(signal, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      if (name === 'addEventListener') added++
      if (name === 'removeEventListener') added--
      return value.bind(target)
    },
  })
  for (let i = 0; i < 20; i++) {
    const pair = await secured(over(t, pairOfStreams(), { client: { signal: watched } }))
    t.is(added, 1)
    pair.server.resume()
    pair.client.resume().destroy()
    await Promise.all([once(pair.client, 'close'), once(pair.server, 'close')])
    t.is(added, 0)
  }
})

test('back-pressure is honest both ways: with nobody reading, what is held on both sides together has a bound', async t => {
  const [near, far] = pairOfStreams()
  const highWaterMark = 16_384
  const client = new TlsSocket(near, { ...believes, highWaterMark, bufferSize: 16_384 })
  const server = new TlsSocket(far, {
    ...{ ...identity, isServer: true, highWaterMark, bufferSize: 16_384 },
  })
  await secured({ client, server })
  let written = 0
  let taken = 0
  for (let i = 0; i < 400; i++) {
    client.write(Buffer.alloc(4096), error => {
      if (!error) taken += 4096
    })
    written += 4096
    await turn()
  }
  t.is(written, 400 * 4096)
  t.true(client.writableNeedDrain)
  // The plaintext of the reader, a record each way, rings and pieces of both, and the streams between.
  t.true(taken <= 12 * 16_384, `${taken} bytes were taken`)
  t.true(server.readableLength <= highWaterMark + 16_384)
  let read = 0
  server.on('data', (bytes: Buffer) => {
    read += bytes.length
  })
  client.end()
  await once(server, 'end')
  t.is(read, written)
  t.is(taken, written)
})

test('allowHalfOpen of both sides: a question, its end, and an answer long afterwards', async t => {
  for (const first of ['client', 'server'] as const) {
    const both = await secured(
      over(t, await sockets(t), {
        client: { allowHalfOpen: true },
        server: { allowHalfOpen: true },
      }),
    )
    const [asks, answers] =
      first === 'client' ? [both.client, both.server] : [both.server, both.client]
    asks.end('question')
    t.is(await text(answers), 'question')
    await turn()
    t.true(answers.writable)
    t.false(asks.destroyed)
    answers.write('an ')
    await turn()
    answers.end('answer')
    t.is(await text(asks), 'an answer')
    for (const end of [asks, answers]) if (!end.closed) await once(end, 'close')
  }
})

test('a listener that throws is the program’s exception, and the connection’s end is nobody’s rejection', async t => {
  const module = fileURLToPath(import.meta.resolve('@biopair/node/tls'))
  const said = await child(`
    import { duplexPair } from 'node:stream'
    import { TlsSocket } from ${JSON.stringify(module)}
    const [cert, key, ca] = JSON.parse(process.argv[1])
    const [near, far] = duplexPair()
    process.on('uncaughtException', error => console.log('uncaught', error.message))
    process.on('unhandledRejection', error => console.log('unhandled', error.message))
    new TlsSocket(far, { cert, key, isServer: true }).on('error', () => {}).resume()
    const client = new TlsSocket(near, { ca, servername: 'server.example' })
    client.on('secureConnect', () => { setImmediate(() => client.destroy()); throw new Error('mine') })
    client.on('close', () => console.log('closed'))
  `)
  t.is(said, 'uncaught mine\nclosed\nexit 0')
})

/** Runs a program to its end, with a certificate, its key and its root as JSON; what it says, and how it ends. */
async function child(program: string): Promise<string> {
  const about = JSON.stringify([identity.cert, identity.key, believes.ca])
  const args = ['--input-type=module', '-e', program, about]
  const process_ = spawn(process.execPath, args, { timeout: 90_000 })
  let said = ''
  for (const stream of [process_.stdout, process_.stderr])
    stream.on('data', chunk => {
      said += chunk
    })
  const [status, signal] = await once(process_, 'close')
  return `${said}exit ${status ?? signal}`
}

test('no deadline keeps a process alive by itself: handshake, idle, close, timeout, tunnel', async t => {
  const module = fileURLToPath(import.meta.resolve('@biopair/node/tls'))
  const said = await child(`
    import { duplexPair } from 'node:stream'
    import { once } from 'node:events'
    import { TlsSocket, tunnel } from ${JSON.stringify(module)}
    const [cert, key, ca] = JSON.parse(process.argv[1])
    const began = Date.now()
    process.on('exit', () => console.log(Date.now() - began < 50_000 ? 'soon' : 'late'))
    const shaking = new TlsSocket(duplexPair()[0], { ca, servername: 'server.example', handshakeTimeout: 600_000 })
    tunnel(duplexPair()[0], 'a.example:1', { timeout: 600_000 })
    const deadlines = { handshakeTimeout: 600_000, idleTimeout: 600_000, closeTimeout: 600_000 }
    const [near, far] = duplexPair()
    const server = new TlsSocket(far, { cert, key, isServer: true, ...deadlines })
    const client = new TlsSocket(near, { ca, servername: 'server.example', ...deadlines })
    client.setTimeout(600_000)
    client.once('secureConnect', () => console.log('secure'))
  `)
  t.is(said, 'secure\nsoon\nexit 0')
})

test('TLS over what is shaped as a SerialPort: opened later, ended, and pulled out', async t => {
  awake(t)
  const { client, server } = over(t, SerialPort.line())
  client.write('AT\r')
  await secured({ client, server })
  t.is(String((await once(server, 'data'))[0]), 'AT\r')
  server.end('OK\r')
  t.is(await text(client), 'OK\r')
  const [near, far] = SerialPort.line()
  const pulled = await secured(over(t, [near, far]))
  pulled.server.on('error', () => {})
  near.destroy()
  t.is((await failure(pulled.client)).code, 'ERR_CARRIER_GONE')
  t.true(near instanceof Duplex)
})
