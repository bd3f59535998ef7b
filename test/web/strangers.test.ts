/** What programs do to the two streams that nobody told them to do, and what a carrier does that dies at each of its steps. */
import { nodeCrypto } from '@biopair/crypto-node'
import { TlsAlert } from '@biopair/ssl'
import {
  accept,
  type CarrierFunctions,
  type ClientOptions,
  type Connection,
  connect,
  type ServerOptions,
} from '@biopair/web'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { line, memoryFunctions } from './support/fakes.ts'

const { root, pem, keyPem } = chainFor('p256')
const clientOptions: ClientOptions = {
  ca: root.pem,
  servername: 'server.example',
  crypto: nodeCrypto,
  groups: 'x25519',
}
const serverOptions: ServerOptions = { cert: pem, key: keyPem, crypto: nodeCrypto }
const turns = () => new Promise(resolve => setTimeout(resolve, 5))

function streams() {
  const [there, back] = [line(), line()]
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ] as const
}

function pair(more: Partial<ClientOptions> = {}) {
  const [near, far] = streams()
  return [connect(near, { ...clientOptions, ...more }), accept(far, serverOptions)] as const
}

/** Everything that a program can wait for. */
function waits({ opened, closed, readable, writable }: Connection): readonly Promise<unknown>[] {
  const writer = writable.getWriter()
  const reader = readable.getReader()
  return [opened, closed, reader.read(), reader.closed, writer.closed, writer.ready]
}

/** False where one does not settle. */
async function settle(promises: readonly Promise<unknown>[]): Promise<boolean> {
  const all = Promise.allSettled(promises).then(() => true)
  const late = new Promise<false>(resolve => setTimeout(() => resolve(false), 60_000).unref())
  return Promise.race([all, late])
}

const steps = ['read', 'write'] as const
const deaths = ['throws', 'rejects', 'ends'] as const

for (const step of steps)
  for (const death of deaths)
    test(`a carrier whose ${step} ${death} at its first, second, third ... call ends everything that waits, on both sides`, async t => {
      for (let at = 0; at < 6; at++) {
        const { near, far } = memoryFunctions()
        let calls = 0
        let gone = false
        const dying = <T>(call: () => Promise<T>, ended: () => Promise<T>): Promise<T> => {
          if (calls++ < at) return call()
          gone = true
          if (death === 'ends') return ended()
          if (death === 'throws') throw new Error('died')
          return Promise.reject(new Error('died'))
        }
        const never = new Promise<never>(() => {})
        const carrier: CarrierFunctions = {
          ...near,
          read: () =>
            step === 'read'
              ? dying(
                  () => near.read(),
                  async () => null,
                )
              : near.read(),
          // A write that is never taken is what ends those that ask for no more; the other side learns by its own end.
          write: bytes =>
            step === 'write'
              ? dying(
                  () => near.write(bytes),
                  () => never,
                )
              : near.write(bytes),
        }
        const client = connect(carrier, {
          ...clientOptions,
          handshakeTimeout: 300,
          idleTimeout: 300,
          closeTimeout: 300,
        })
        const server = accept(far, {
          ...serverOptions,
          handshakeTimeout: 300,
          idleTimeout: 300,
          closeTimeout: 300,
        })
        void client.opened.then(() => client.writable).catch(() => {})
        const all = [...waits(client), ...waits(server)]
        t.true(await settle(all), `${step} ${death} at call ${at}`)
        // All of its calls may be too few for a connection to make so many.
        if (at < 2) t.true(gone, `call ${at}`)
      }
    })

test('nothing that a program leaves unheard is an unhandled rejection', async t => {
  const unheard: unknown[] = []
  const hear = (error: unknown) => unheard.push(error)
  process.on('unhandledRejection', hear)
  for (const end of ['abort', 'close', 'cut', 'cancel'] as const) {
    const { near, far, cut } = memoryFunctions()
    const client = connect(near, clientOptions)
    const server = accept(far, serverOptions)
    if (end === 'abort') client.abort()
    else if (end === 'close') void client.close()
    else if (end === 'cut') cut(new Error('cut'))
    else void client.readable.cancel()
    await turns()
    server.abort()
    client.abort()
    await turns()
  }
  process.off('unhandledRejection', hear)
  t.deepEqual(unheard, [])
})

test('closed twice, aborted after close, closed after abort: the first one counts', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  const first = client.close()
  const second = client.close()
  await Promise.all([first, second])
  client.abort(new Error('late'))
  await t.notThrowsAsync(client.closed)
  await server.close()
  const [again, there] = pair()
  await again.opened
  const enough = new Error('enough')
  again.abort(enough)
  again.abort(new Error('another'))
  await t.throwsAsync(again.close(), { is: enough })
  await t.throwsAsync(there.closed)
})

test('closed during the handshake: opened and the streams reject, the carrier is let go of, the peer hears of it', async t => {
  for (const when of [0, 1]) {
    const [near, far] = streams()
    const client = connect(near, clientOptions)
    const server = accept(far, serverOptions)
    if (when === 1) await Promise.resolve()
    const closing = client.close()
    await t.throwsAsync(client.opened, { code: 'ERR_CLOSED' })
    await t.throwsAsync(client.readable.getReader().read(), { code: 'ERR_CLOSED' })
    await closing
    t.false(near.readable.locked || near.writable.locked)
    await t.throwsAsync(server.opened)
    await t.throwsAsync(server.closed)
  }
})

test('readable that is cancelled drops what comes, and writing goes on', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  await client.readable.cancel('not wanted')
  const answers = server.writable.getWriter()
  for (let i = 0; i < 20; i++) await answers.write(new Uint8Array(16_384))
  await client.writable.getWriter().write(Buffer.from('still here'))
  const { value } = await server.readable.getReader().read()
  t.is(Buffer.from(value ?? []).toString(), 'still here')
  // All of it is dropped before the end is said.
  await answers.close()
  await Promise.all([client.close(), server.close()])
})

test('a peer that leaves while data is on its way to it is an error, which says what there is to say', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  const answers = server.writable.getWriter()
  for (let i = 0; i < 4; i++) await answers.write(new Uint8Array(16_384))
  await Promise.all([
    client.close(),
    t.throwsAsync(server.close(), {
      code: 'ERR_CARRIER_BROKEN',
      message: 'the carrier broke on write: it does not say why',
    }),
  ])
})

test('writable that is closed twice, or written to after its end, rejects and hurts nobody', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  const writer = client.writable.getWriter()
  await writer.close()
  await t.throwsAsync(writer.close(), { instanceOf: TypeError })
  // Node 20 says here that it has made a mistake.
  await t.throwsAsync((async () => writer.write(Uint8Array.of(1)))())
  await server.writable.getWriter().write(Buffer.from('an answer'))
  const { value } = await client.readable.getReader().read()
  t.is(Buffer.from(value ?? []).toString(), 'an answer')
  await Promise.all([client.close(), server.close()])
})

test('a writer that fails once what was closed is over says that it was closed', async t => {
  const [client, server] = pair()
  await client.opened
  await Promise.all([client.close(), server.close()])
  await t.throwsAsync(client.writable.getWriter().write(Uint8Array.of(1)), { code: 'ERR_CLOSED' })
})

test('locks are as of any stream: a second reader is refused, one that let go may come back, and nothing is lost', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  const first = client.readable.getReader()
  t.throws(() => client.readable.getReader(), { instanceOf: TypeError })
  const pending = first.read()
  first.releaseLock()
  await t.throwsAsync(pending, { instanceOf: TypeError })
  await server.writable.getWriter().write(Buffer.from('kept'))
  await turns()
  const { value } = await client.readable.getReader().read()
  t.is(Buffer.from(value ?? []).toString(), 'kept')
  await Promise.all([client.close(), server.close()])
})

test('nothing at all, every kind of view, and 5 MiB at once are written as they are', async t => {
  const [client, server] = pair()
  const huge = Uint8Array.from({ length: 5 * 2 ** 20 + 1 }, (_, i) => (i * 31) % 251)
  const words = Uint16Array.of(1, 0x1234, 0xffff)
  const chunks = [
    new Uint8Array(0),
    words,
    new DataView(words.buffer, 2, 3),
    words.buffer,
    new Uint8Array(0),
    huge,
  ]
  const writer = client.writable.getWriter()
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk as Uint8Array)
    await writer.close()
  })()
  const got: Uint8Array[] = []
  for await (const chunk of server.readable as unknown as AsyncIterable<Uint8Array>) {
    t.true(chunk.length > 0 && chunk.length <= 16_384)
    got.push(chunk)
  }
  await writing
  const raw = Buffer.from(words.buffer)
  const expected = Buffer.concat([raw, raw.subarray(2, 5), raw, huge])
  t.is(Buffer.compare(Buffer.concat(got), expected), 0)
  await server.writable.close()
  await Promise.all([client.closed, server.closed])
})

test('a reader that brings its own buffer gets the end, and the error, as any other', async t => {
  const [client, server] = pair()
  await Promise.all([client.opened, server.opened])
  const [byob, ours] = [client, server].map(end => end.readable.getReader({ mode: 'byob' }))
  const waiting = byob?.read(new Uint8Array(10))
  await server.writable.close()
  t.true((await waiting)?.done)
  const cut = ours?.read(new Uint8Array(10)) as Promise<unknown>
  const enough = new Error('enough')
  client.abort(enough)
  await t.throwsAsync(cut, { instanceOf: TlsAlert })
  await t.throwsAsync(server.closed, { instanceOf: TlsAlert })
})

test('what is told of a signal that is no error is its cause', async t => {
  const controller = new AbortController()
  const [client, server] = pair({ signal: controller.signal })
  await client.opened
  controller.abort('bored')
  const error = await t.throwsAsync(client.closed, { code: 'ERR_ABORTED' })
  t.is(error?.cause, 'bored')
  await t.throwsAsync(server.closed)
})

test('the version that is told is the one that was agreed on', async t => {
  const [near, far] = streams()
  const client = connect(near, { ...clientOptions, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
  const server = accept(far, { ...serverOptions, minVersion: 'TLSv1.2' })
  t.is((await client.opened).protocol, 'TLSv1.2')
  t.is((await server.opened).protocol, 'TLSv1.2')
  await Promise.all([client.close(), server.close()])
})
