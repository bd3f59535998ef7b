import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { TlsSocket, upgrade } from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import { believes, failure, identity, pairOfStreams, sockets, text } from './support/ends.ts'

/** One line of plaintext, and what came behind it; nobody reads the stream then. */
async function line(stream: Duplex, end = '\r\n'): Promise<{ words: string; head: Buffer }> {
  let got = Buffer.alloc(0)
  for (;;) {
    const chunk: Buffer | null = stream.read()
    if (chunk === null) {
      await once(stream, 'readable')
      continue
    }
    got = Buffer.concat([got, chunk])
    const at = got.indexOf(end)
    if (at < 0) continue
    return { words: got.toString('latin1', 0, at), head: got.subarray(at + end.length) }
  }
}

const carriers = {
  streams: async () => pairOfStreams(),
  sockets: (t: ExecutionContext) => sockets(t),
}

for (const [name, make] of Object.entries(carriers))
  test(`#16: TLS begins in the middle of a conversation, for both roles, over ${name}`, async t => {
    const [near, far] = await make(t)
    const serve = async () => {
      far.write('220 hello\r\n')
      const { words, head } = await line(far)
      t.is(words, 'STARTTLS')
      const reply = '220 go ahead\r\n'
      const server = upgrade(far, { ...identity, isServer: true, head, reply, allowHalfOpen: true })
      const said = await text(server)
      server.end(`heard ${said}`)
    }
    const ask = async () => {
      t.is((await line(near)).words, '220 hello')
      near.write('STARTTLS\r\n')
      const { words, head } = await line(near)
      t.is(words, '220 go ahead')
      const client = upgrade(near, { ...believes, head, allowHalfOpen: true })
      client.end('EHLO')
      t.is(await text(client), 'heard EHLO')
    }
    await Promise.all([serve(), ask()])
  })

test('CVE-2011-0411: plaintext behind STARTTLS is refused by a server, wherever it waits, and no reply goes out', async t => {
  for (const where of ['head', 'stream'] as const) {
    const [near, far] = await sockets(t)
    near.write('STARTTLS\r\nRSET\r\n')
    const { head } = await line(far)
    t.is(String(head), 'RSET\r\n')
    if (where === 'stream') far.unshift(head)
    const rest = where === 'head' ? { head } : {}
    const server = upgrade(far, { ...identity, isServer: true, reply: '220\r\n', ...rest })
    t.is((await failure(server)).code, 'ERR_UPGRADE_PLAINTEXT')
    t.true(far.destroyed)
    t.is(await text(near), '')
  }
})

test('a ClientHello that comes before a server has replied is plaintext, too; behind the reply it is TLS', async t => {
  const [near, far] = pairOfStreams()
  near.write('STARTTLS\r\n')
  new TlsSocket(near, believes).on('error', () => {})
  await once(far, 'readable')
  await new Promise(setImmediate)
  const { head } = await line(far)
  const all = Buffer.concat([head, (far.read() as Buffer | null) ?? Buffer.alloc(0)])
  t.is(all[0], 22)
  const early = upgrade(far, { ...identity, isServer: true, head: all, reply: '220\r\n' })
  t.is((await failure(early)).code, 'ERR_UPGRADE_PLAINTEXT')

  const [near2, far2] = pairOfStreams()
  far2.write('220\r\n')
  t.is((await line(near2)).words, '220')
  const client = upgrade(near2, believes)
  const hello = await new Promise<Buffer>(resolve =>
    far2.once('readable', () => resolve(far2.read())),
  )
  // In pieces: some were read by the program, some wait in the stream.
  far2.unshift(hello.subarray(100))
  const server = upgrade(far2, { ...identity, isServer: true, head: hello.subarray(0, 100) })
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')])
  t.true(client.authorized)
})

test('whatever comes behind the server’s reply is refused by a client, TLS or not', async t => {
  for (const words of ['250 injected\r\n', '\x16\x03\x03']) {
    const [near, far] = pairOfStreams()
    far.write(`220 go ahead\r\n${words}`)
    const { head } = await line(near)
    const client = upgrade(near, { ...believes, head })
    t.is((await failure(client)).code, 'ERR_UPGRADE_PLAINTEXT')
    t.true(near.destroyed)
  }
})

test('plaintext that comes after all is no TLS, and TLS is never read as plaintext', async t => {
  const [near, far] = pairOfStreams()
  const server = upgrade(far, { ...identity, isServer: true, reply: 'S' })
  t.is(String(await once(near, 'readable').then(() => near.read())), 'S')
  near.write('QUIT\r\n')
  const error = await failure(server)
  t.regex(error.code ?? '', /^ERR_SSL_/)
})

test('a stream that somebody reads is not taken, nor a reply of a client', t => {
  const [near] = pairOfStreams()
  t.throws(() => upgrade(near, { ...believes, reply: 'x' }), { code: 'ERR_INVALID_ARG_VALUE' })
  near.on('data', () => {})
  t.throws(() => upgrade(near, believes), { code: 'ERR_CARRIER_IN_USE' })
  const [other] = pairOfStreams()
  other.resume()
  t.throws(() => upgrade(other, believes), { code: 'ERR_CARRIER_IN_USE' })
})

test('options that are wrong are a TypeError before a reply goes out, or a byte is taken', async t => {
  const [near, far] = pairOfStreams()
  near.write('first')
  await once(far, 'readable')
  const wrong = { ...identity, isServer: true, reply: '220 go ahead\r\n', nonsense: 1 } as const
  t.throws(() => upgrade(far, wrong), { code: 'ERR_UNKNOWN_OPTION' })
  t.throws(() => upgrade(far, { ...identity, isServer: true, head: 'RSET' as never }), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  t.is(far.writableLength, 0)
  t.is(near.readableLength, 0)
  t.is(String(far.read()), 'first')
})

test('plaintext behind STARTTLS is refused where the client’s end came with it, and the stream has said so', async t => {
  const [near, far] = await sockets(t)
  near.end('STARTTLS\r\nRSET\r\n')
  const { head } = await line(far)
  if (!far.readableEnded)
    await once(
      far.on('readable', () => far.read()),
      'end',
    )
  far.removeAllListeners('readable')
  const options = { ...identity, isServer: true, head, reply: '220\r\n' } as const
  t.is((await failure(upgrade(far, options))).code, 'ERR_UPGRADE_PLAINTEXT')
  t.is(await text(near), '')
})
