import { nodeCrypto } from '@biopair/crypto-node'
import { type Session, Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import {
  type ByteCarrier,
  type ClientOptions,
  type ServerOptions,
  SslStream,
  StreamError,
  sslFor,
  type Timers,
} from '@biopair/ssl/stream'
import test from 'ava'
import fc from 'fast-check'
import { bytes } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const clientOptions: ClientOptions = {
  ca: root.pem,
  servername: 'server.example',
  crypto: nodeCrypto,
  groups: 'x25519',
}
const serverOptions: ServerOptions = { cert: pem, key: keyPem, crypto: nodeCrypto }

/** One way of bytes, cut as a test wants, with a count of what was asked of it. */
class Way {
  readonly #pieces: (Uint8Array | null)[] = []
  readonly #cut: (bytes: Uint8Array) => readonly Uint8Array[]
  #reader: ((bytes: Uint8Array | null) => void) | undefined
  #failed: Error | undefined
  #reject: ((error: Error) => void) | undefined
  /** Nothing is taken. */
  stalled = false
  /** What each write brought. */
  readonly writes: Uint8Array[] = []
  reads = 0

  constructor(cut: (bytes: Uint8Array) => readonly Uint8Array[] = bytes => [bytes]) {
    this.#cut = cut
  }

  read(): Promise<Uint8Array | null> {
    this.reads++
    if (this.#failed) return Promise.reject(this.#failed)
    const piece = this.#pieces.shift()
    if (piece !== undefined) return Promise.resolve(piece)
    return new Promise((resolve, reject) => {
      this.#reader = resolve
      this.#reject = reject
    })
  }

  write(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes)
    if (this.stalled) return new Promise(() => {})
    for (const piece of this.#cut(bytes)) this.push(piece)
    return Promise.resolve()
  }

  push(piece: Uint8Array | null): void {
    const reader = this.#reader
    this.#reader = undefined
    if (reader) reader(piece)
    else this.#pieces.push(piece)
  }

  fail(error: Error): void {
    this.#failed = error
    this.#reject?.(error)
  }
}

interface Sides {
  readonly near: ByteCarrier
  readonly far: ByteCarrier
  readonly there: Way
  readonly back: Way
  /** What was called at the end, of either side. */
  readonly ends: string[]
}

function sides(cut?: (bytes: Uint8Array) => readonly Uint8Array[]): Sides {
  const [there, back] = [new Way(cut), new Way(cut)]
  const ends: string[] = []
  const side = (name: string, from: Way, to: Way): ByteCarrier => ({
    read: () => from.read(),
    write: bytes => to.write(bytes),
    async close() {
      ends.push(`${name} close`)
      to.push(null)
    },
    abort() {
      ends.push(`${name} abort`)
      to.push(null)
    },
  })
  return { near: side('near', back, there), far: side('far', there, back), there, back, ends }
}

function client(carrier: ByteCarrier, more: Partial<ClientOptions> = {}, timers?: Timers) {
  const { ssl, stream } = sslFor('client', more.context ? more : { ...clientOptions, ...more })
  return new SslStream(ssl, () => carrier, stream, timers)
}

function server(carrier: ByteCarrier, more: Partial<ServerOptions> = {}, timers?: Timers) {
  const { ssl, stream } = sslFor('server', more.context ? more : { ...serverOptions, ...more })
  return new SslStream(ssl, () => carrier, stream, timers)
}

async function all(stream: SslStream): Promise<Uint8Array> {
  const list: Uint8Array[] = []
  for (;;) {
    const piece = await stream.read()
    if (piece === null) return new Uint8Array(Buffer.concat(list))
    list.push(piece)
  }
}

/** Lets everything happen that needs no time. */
const turns = () => new Promise(resolve => setImmediate(resolve))

/** A clock that moves when it is told to. */
class Clock implements Timers {
  #now = 0
  readonly #timers = new Map<number, { at: number; callback: () => void }>()
  #next = 1

  set(callback: () => void, milliseconds: number): number {
    this.#timers.set(this.#next, { at: this.#now + milliseconds, callback })
    return this.#next++
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  get running(): number {
    return this.#timers.size
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds
    for (const [key, { at, callback }] of [...this.#timers])
      if (at <= this.#now && this.#timers.delete(key)) callback()
  }
}

test('whatever is written arrives, however the carrier cuts it and however small the buffers are', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40_000), { maxLength: 8 }),
      fc.array(fc.nat(40_000), { maxLength: 8 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.constantFrom(1, 100, 17_408, 65_536),
      async (there, back, most, bufferSize) => {
        const cut = (bytes: Uint8Array) =>
          Array.from({ length: Math.ceil(bytes.length / most) }, (_, i) =>
            bytes.subarray(i * most, (i + 1) * most),
          )
        const { near, far } = sides(cut)
        const [c, s] = [client(near, { bufferSize }), server(far, { bufferSize })]
        const run = async (stream: SslStream, sizes: readonly number[], seed: number) => {
          const heard = all(stream)
          for (const size of sizes) await stream.write(new Uint8Array(size).fill(seed))
          await stream.end()
          return heard
        }
        const [atClient, atServer] = await Promise.all([run(c, there, 1), run(s, back, 2)])
        const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0)
        t.is(atServer.length, sum(there))
        t.is(atClient.length, sum(back))
        t.true(atServer.every(byte => byte === 1) && atClient.every(byte => byte === 2))
        await Promise.all([c.closed, s.closed])
      },
    ),
    { numRuns: 25 },
  )
})

test('small writes of one turn go as one record, and at once where the carrier is idle', async t => {
  const { near, far, there } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  const before = there.writes.length
  for (let i = 0; i < 200; i++) void c.write(Uint8Array.of(i))
  const first = await s.read()
  t.is(first?.length, 200)
  t.is(there.writes.length, before + 1)
  t.is(there.writes.at(-1)?.length, 5 + 200 + 1 + 16)
})

test('what is written while the carrier is busy waits, and then goes as one record', async t => {
  const { near, far, there } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  let taken = () => {}
  const write = near.write
  near.write = async bytes => {
    await new Promise<void>(resolve => {
      taken = resolve
    })
    return write(bytes)
  }
  const before = there.writes.length
  await c.write(bytes('a'))
  await turns()
  for (const word of ['b', 'c', 'd']) {
    await c.write(bytes(word))
    await turns()
  }
  near.write = write
  taken()
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'a')
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'bcd')
  t.is(there.writes.length, before + 2)
})

test("bytes that were accepted are the stream's: the program may use its array again", async t => {
  const { near, far } = sides()
  const [c, s] = [client(near), server(far)]
  const mine = bytes('mine')
  await c.write(mine)
  mine.fill(0)
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'mine')
})

test('a call that is wrong throws before the carrier is touched', t => {
  let opened = 0
  const open = () => {
    opened++
    return sides().near
  }
  const wrong = (options: ClientOptions) => {
    const { ssl, stream } = sslFor('client', options)
    return new SslStream(ssl, open, stream)
  }
  t.throws(() => wrong({ servername: 'server.example' }), { code: 'ERR_NO_TRUST_ANCHORS' })
  t.throws(() => wrong({ ca: root.pem }), { code: 'ERR_NO_SERVERNAME' })
  t.throws(() => wrong({ ...clientOptions, bufferSize: 0 }), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => wrong({ ...clientOptions, idleTimeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  t.is(opened, 0)
})

test('unknown options, those of the other role, and those beside a context are refused', t => {
  const code = (options: object, role: 'client' | 'server' = 'client') =>
    t.throws(() => sslFor(role as 'client', options)) as Error & { code?: string }
  t.is(code({ ...clientOptions, sertificate: 1 }).code, 'ERR_UNKNOWN_OPTION')
  for (const name of ['SNICallback', 'contexts', 'requestCert', 'ticketKeys', 'cookieContext'])
    t.regex(
      code({ ...clientOptions, [name]: {} }).message,
      new RegExp(`${name} is no option of a client`),
    )
  for (const name of ['servername', 'session', 'earlyData', 'onSession', 'clientHello'])
    t.regex(
      code({ ...serverOptions, [name]: {} }, 'server').message,
      new RegExp(`${name} is no option of a server`),
    )
  const context = new SslContext(clientOptions.ca ? { ca: clientOptions.ca } : {})
  t.is(code({ context, ca: 'x' }).code, 'ERR_INVALID_ARG_VALUE')
  t.is(code({ context: {} }).code, 'ERR_INVALID_ARG_TYPE')
  t.is(code({ context: new SslContext(), contexts: {} }, 'server').code, 'ERR_INVALID_ARG_VALUE')
  t.notThrows(() => sslFor('client', { context, servername: 'x.test', bufferSize: 1 }))
  // Undefined is left out.
  t.notThrows(() => sslFor('client', { ...clientOptions, SNICallback: undefined } as ClientOptions))
})

test('a handshake that takes too long is given up, on the clock of whoever made the stream', async t => {
  const clock = new Clock()
  const { near, ends } = sides()
  const c = client(near, { handshakeTimeout: 1000 }, clock)
  clock.pass(999)
  await turns()
  t.deepEqual(ends, [])
  clock.pass(1)
  for (const each of [c.opened, c.closed, c.read(), c.write(bytes('x'))])
    await t.throwsAsync(each, { code: 'ERR_HANDSHAKE_TIMEOUT', instanceOf: StreamError })
  t.deepEqual(ends, ['near abort'])
  t.is(clock.running, 0)
})

test('a connection on which nothing moves is given up, and every byte puts that off', async t => {
  const clock = new Clock()
  const { near, far } = sides()
  const [c, s] = [client(near, { idleTimeout: 1000 }, clock), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  for (let i = 0; i < 5; i++) {
    clock.pass(900)
    if (i % 2 === 0) await s.write(bytes('x'))
    else await c.write(bytes('y'))
    await turns()
    if (i % 2 === 0) await c.read()
  }
  clock.pass(999)
  t.is(clock.running, 1)
  clock.pass(1)
  await t.throwsAsync(c.closed, { code: 'ERR_IDLE_TIMEOUT' })
  // The peer hears of it: an alert, and no clean end.
  await s.read()
  await s.read()
  const error = await t.throwsAsync(s.read(), { instanceOf: TlsAlert })
  t.is(error?.alert, 'internal_error')
  t.is(error?.origin, 'received')
})

test('a close that nobody takes is given up', async t => {
  const clock = new Clock()
  const { near, far, there, ends } = sides()
  const [c, s] = [client(near, { closeTimeout: 500 }, clock), server(far)]
  await Promise.all([c.opened, s.opened])
  there.stalled = true
  await c.write(bytes('x'))
  const closing = c.close()
  await turns()
  clock.pass(500)
  await t.throwsAsync(closing, { code: 'ERR_CLOSE_TIMEOUT' })
  t.is(ends[0], 'near abort')
  t.is(clock.running, 0)
})

test('two that close at the same moment: the last word of one that the other no longer takes is not waited for, data is', async t => {
  const { near, far, there } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  // Our close_notify is on its way; the other side says its own and leaves.
  there.stalled = true
  const closing = c.close()
  await turns()
  await s.close()
  await t.notThrowsAsync(closing)

  const clock = new Clock()
  const again = sides()
  const [c2, s2] = [client(again.near, { closeTimeout: 500 }, clock), server(again.far)]
  await Promise.all([c2.opened, s2.opened])
  again.there.stalled = true
  await c2.write(bytes('unsaid'))
  const lost = c2.close()
  await turns()
  await s2.close()
  await turns()
  clock.pass(500)
  await t.throwsAsync(lost, { code: 'ERR_CLOSE_TIMEOUT' })
})

test('no timer is left when a connection is over', async t => {
  const clock = new Clock()
  const { near, far } = sides()
  const [c, s] = [client(near, { idleTimeout: 5 }, clock), server(far, { idleTimeout: 5 }, clock)]
  await Promise.all([c.opened, s.opened])
  await Promise.all([c.end(), s.end()])
  await Promise.all([c.closed, s.closed])
  t.is(clock.running, 0)
})

test('two ends that close while both have more to write than fits come to an end', async t => {
  const { near, far } = sides()
  const [c, s] = [client(near, { bufferSize: 1000 }), server(far, { bufferSize: 1000 })]
  await Promise.all([c.opened, s.opened])
  const writing = [c.write(new Uint8Array(300_000)), s.write(new Uint8Array(300_000))]
  await Promise.all([c.close(), s.close(), ...writing])
  await t.throwsAsync(c.read(), { code: 'ERR_CLOSED' })
})

test('close during the handshake says so to both', async t => {
  const { near, far, ends } = sides()
  const [c, s] = [client(near), server(far)]
  const waiting = [c.opened, c.read(), c.write(bytes('x')).then(() => c.end())]
  await c.close()
  await t.throwsAsync(c.opened, { code: 'ERR_CLOSED' })
  await t.throwsAsync(s.opened, { code: 'ERR_CLOSED_IN_HANDSHAKE' })
  await Promise.allSettled(waiting)
  await t.throwsAsync(s.closed, { code: 'ERR_CLOSED_IN_HANDSHAKE' })
  t.deepEqual([...ends].sort(), ['far close', 'near close'])
})

test('closing twice is closing once, and a close after the end is a clean one', async t => {
  const { near, far, ends } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  const heard = s.read()
  await Promise.all([c.close(), c.close()])
  t.is(await heard, null)
  await s.close()
  await s.close()
  await Promise.all([c.closed, s.closed])
  t.is(await s.read(), null)
  t.deepEqual([...ends].sort(), ['far close', 'near close'])
})

test('a peer that says goodbye and goes has been heard: what is left unsaid is no failure, what is unsent is one', async t => {
  const go = async (says: boolean) => {
    const { near, far, there, back } = sides()
    const [c, s] = [client(near), server(far)]
    await Promise.all([c.opened, s.opened])
    await turns()
    if (says) there.stalled = true
    if (says) await c.write(bytes('unheard'))
    await s.end()
    t.is(await c.read(), null)
    back.fail(new Error('gone'))
    return c
  }
  const quiet = await go(false)
  await t.notThrowsAsync(quiet.closed)
  await t.throwsAsync(quiet.write(bytes('x')), { code: 'ERR_CLOSED' })
  const loud = await go(true)
  await t.throwsAsync(loud.closed, { code: 'ERR_CARRIER_BROKEN' })
})

test('data that came before the carrier broke is read before the error', async t => {
  const { near, far, there } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  for (const word of ['one', 'two', 'three']) {
    await c.write(bytes(word))
    await turns()
  }
  there.fail(new Error('cut'))
  await turns()
  // The server has read on of what it knew; what its carrier had not handed over is gone with it.
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'one')
  await t.throwsAsync(
    s.closed.then(() => s.read()),
    { code: 'ERR_CARRIER_BROKEN' },
  )
  await t.throwsAsync(c.closed)
})

test('a write that fails does not lose what was received before it', async t => {
  const { near, far } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  await s.write(new Uint8Array(40_000))
  await turns()
  near.write = () => Promise.reject(new Error('no way out'))
  await c.write(bytes('x'))
  await turns()
  let got = 0
  const reading = async () => {
    for (;;) got += (await c.read())?.length ?? 0
  }
  await t.throwsAsync(reading(), { code: 'ERR_CARRIER_BROKEN' })
  t.is(got, 40_000)
})

test('a carrier that throws, rejects, or gives what are no bytes is broken', async t => {
  const wrong: readonly [string, Partial<ByteCarrier>][] = [
    [
      'throws',
      {
        read: () => {
          throw new Error('thrown')
        },
      },
    ],
    ['rejects with text', { read: () => Promise.reject('text') }],
    ['gives text', { read: async () => 'text' as unknown as Uint8Array }],
    ['gives nothing for ever', { read: async () => new Uint8Array(0) }],
    [
      'throws on write',
      {
        write: () => {
          throw new Error('thrown')
        },
      },
    ],
  ]
  for (const [what, bad] of wrong) {
    const { near } = sides()
    const c = client({ ...near, ...bad })
    await t.throwsAsync(c.opened, { code: 'ERR_CARRIER_BROKEN' }, what)
    await t.throwsAsync(c.closed, { code: 'ERR_CARRIER_BROKEN' }, what)
  }
})

test('callbacks that answer later are waited for, and one that gives up from inside is heard', async t => {
  const { near, far } = sides()
  const c = client(near, {
    verifyCallback: async verdict => {
      await turns()
      return verdict.ok
    },
  })
  const s = server(far, { SNICallback: async () => undefined })
  await Promise.all([c.opened, s.opened])
  t.true(c.ssl.authorized)

  const again = sides()
  const enough = new Error('enough')
  const quitter: SslStream = client(again.near, {
    verifyCallback: () => {
      quitter.abort(enough)
      return true
    },
  })
  const other = server(again.far)
  await t.throwsAsync(quitter.opened, { is: enough })
  await t.throwsAsync(other.closed)
})

test('a program that writes, ends and closes from inside a callback runs into nothing', async t => {
  const { near, far } = sides()
  const c: SslStream = client(near, {
    verifyCallback: () => {
      void c.write(bytes('from inside'))
      void c.read().catch(() => {})
      return true
    },
  })
  const s = server(far)
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'from inside')
})

test('early data goes with the first flight, the server reads it apart, and what was not taken goes afterwards', async t => {
  const context = new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto, maxEarlyData: 100 })
  const clientContext = (onSession: (session: Session) => void) =>
    new SslContext({ ca: root.pem, crypto: nodeCrypto, groups: 'x25519', onSession })
  let session: Session | undefined
  const first = sides()
  const one = client(first.near, {
    context: clientContext(got => (session = got)),
    servername: 'server.example',
  })
  const other = server(first.far, { context })
  await Promise.all([one.opened, other.opened])
  await turns()
  t.true(session !== undefined)

  const second = sides()
  const early = new Uint8Array(150).fill(9)
  const c = client(second.near, {
    context: clientContext(() => {}),
    servername: 'server.example',
    session,
    earlyData: early,
  })
  // The first flight alone holds it.
  await turns()
  t.true((second.there.writes[0]?.length ?? 0) > 400)
  const s = server(second.far, { context })
  const soon = await s.readEarly()
  t.is(soon?.length, 100)
  t.is(await s.readEarly(), null)
  await Promise.all([c.opened, s.opened])
  t.is(c.ssl.earlyData, 'accepted')
  t.is((await s.read())?.length, 50)

  // A server that takes none: all of it comes by read, before what was written.
  const third = sides()
  const plain = client(third.near, { ...clientOptions, earlyData: bytes('early ') })
  await plain.write(bytes('late'))
  const s3 = server(third.far)
  let text = ''
  while (text.length < 10) text += Buffer.from((await s3.read()) ?? []).toString()
  t.is(text, 'early late')
  t.is(await s3.readEarly(), null)
})

test('calls of the Ssl that make bytes go out behind them', async t => {
  const { near, far } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  t.is(c.call(ssl => ssl.keyUpdate(true)).status, 'done')
  await c.write(bytes('behind'))
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'behind')
  await s.write(bytes('back'))
  t.is(Buffer.from((await c.read()) ?? []).toString(), 'back')
})

test('a context is found by name, by wildcard, and else the one at hand', async t => {
  const other = chainFor('ed25519')
  const contexts = {
    'SERVER.example': { cert: other.pem, key: other.keyPem, crypto: nodeCrypto },
    '*.wild.example': new SslContext({ cert: other.pem, key: other.keyPem, crypto: nodeCrypto }),
  }
  for (const [servername, kind] of [
    ['server.example', 'ed25519'],
    ['a.wild.example', 'ed25519'],
    ['localhost', 'p256'],
  ] as const) {
    const { near, far } = sides()
    const c = client(near, { servername, ca: [root.pem, other.root.pem] })
    const s = server(far, { contexts })
    await Promise.all([c.opened, s.opened])
    t.deepEqual(c.ssl.peerCertificates[0], chainFor(kind).leaf.der, servername)
  }
  t.throws(() => sslFor('server', { ...serverOptions, contexts: { 'a b': {} } }), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

test('nothing is asked of the carrier while a record waits for its reader', async t => {
  const { near, far, back } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  await turns()
  const before = back.reads
  for (let i = 0; i < 20; i++) {
    await s.write(new Uint8Array(1000))
    await turns()
  }
  t.true(back.reads - before <= 2, `${back.reads - before} reads`)
  for (let got = 0; got < 20_000; ) got += (await c.read())?.length ?? 0
  t.true(back.reads - before > 2)
})

test('cancelled reading drops what comes and leaves writing open', async t => {
  const { near, far } = sides()
  const [c, s] = [client(near), server(far)]
  await Promise.all([c.opened, s.opened])
  const waiting = c.read()
  c.cancel()
  await t.throwsAsync(waiting, { code: 'ERR_CLOSED' })
  await s.write(new Uint8Array(500_000))
  await c.write(bytes('still here'))
  t.is(Buffer.from((await s.read()) ?? []).toString(), 'still here')
  await Promise.all([c.end(), s.end()])
  await Promise.all([c.closed, s.closed])
})

test('an Ssl that has begun is not taken', t => {
  const { near } = sides()
  const ssl = new Ssl(new SslContext({ ca: root.pem }), { servername: 'x.test' }).setConnectState()
  const stream = new SslStream(ssl, () => near)
  t.throws(() => new SslStream(ssl, () => near), { code: 'ERR_STATE_MACHINE_STARTED' })
  stream.abort()
})
