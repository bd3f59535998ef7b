/** TLS over a serial line: two pseudo-terminals in raw mode, blocking and not. */
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeCrypto } from '@biopair/crypto-node'
import { FdBio } from '@biopair/node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import { ending, start } from './support/children.ts'
import { serialTest } from './support/programs.ts'
import { lonelyMaster, serialLine } from './support/serial.ts'

const bytes = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31) & 0xff)

/** Client and server in this process, over a line that does not block. */
async function ends(t: ExecutionContext) {
  const { paths, modem } = await serialLine(t)
  const { root, pem, keyPem } = chainFor('p256')
  const bios = paths.map(path => FdBio.open(path, { nonBlocking: true }))
  t.teardown(() => {
    for (const bio of bios) bio.close()
  })
  const [near, far] = bios as [FdBio, FdBio]
  const client = new Ssl(new SslContext({ crypto: nodeCrypto, ca: root.pem }), {
    servername: 'server.example',
  })
  const server = new Ssl(new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem }))
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  return { client, server, near, far, modem }
}

serialTest(
  'over a blocking serial line no call ever wants: each end runs straight through',
  async t => {
    const { paths } = await serialLine(t)
    const { root, pem, keyPem } = chainFor('p256')
    const program = fileURLToPath(new URL('./support/serial-end.js', import.meta.url))
    const results = (['server', 'client'] as const).map((role, i) => {
      const child = start(t, process.execPath, [program])
      const task = { role, path: paths[i], ca: root.pem, cert: pem, key: keyPem, bytes: 20_000 }
      child.stdin.end(JSON.stringify(task))
      return ending(child)
    })
    const [server, client] = await Promise.all(results)
    t.deepEqual(JSON.parse(client?.text || '{}'), {
      blocking: true,
      said: [
        'doHandshake done',
        'write done',
        'read done',
        'shutdown sent',
        'shutdown done',
        'close done',
      ],
    })
    t.deepEqual(JSON.parse(server?.text || '{}'), {
      blocking: true,
      said: [
        'doHandshake done',
        'read done',
        'write done',
        'read closed',
        'shutdown done',
        'close done',
      ],
    })
  },
)

serialTest('over a non-blocking serial line calls want, and are called again', async t => {
  const { client, server } = await ends(t)
  const wants = new Set<string>()
  const until = async (over: () => boolean, ...steps: (() => { status: string })[]) => {
    while (!over()) {
      for (const step of steps) {
        const { status } = step()
        if (status.startsWith('want_')) wants.add(status)
        t.not(status, 'failed')
      }
      await turn()
    }
  }
  await until(
    () => client.connected && server.connected,
    () => client.doHandshake(),
    () => server.doHandshake(),
  )
  // Both send more than the line holds, at once, and each reads.
  const totals = [client, server].map(ssl => ({ ssl, sent: 0, got: 0 }))
  const into = new Uint8Array(5000)
  await until(
    () => totals.every(({ sent, got }) => sent === bytes.length && got === bytes.length),
    ...totals.map(end => () => {
      const read = end.ssl.read(into)
      if (read.status === 'done') {
        t.deepEqual(into.slice(0, read.bytes), bytes.slice(end.got, end.got + read.bytes))
        end.got += read.bytes
      }
      const write = end.ssl.write(bytes.subarray(end.sent))
      if (write.status === 'done') end.sent += write.bytes
      const flushed = end.ssl.flush()
      return write.status === 'done' ? flushed : write
    }),
  )
  t.deepEqual([...wants].sort(), ['want_read', 'want_write'])
})

serialTest(
  'over a non-blocking serial line ready says when, also to two heavy writers',
  async t => {
    const { client, server, near, far } = await ends(t)
    t.false(near.blocking || far.blocking)
    const send = async (ssl: Ssl) => {
      for (let sent = 0; sent < bytes.length; ) {
        const outcome = await drive(ssl, () => ssl.write(bytes.subarray(sent)))
        if (outcome.status !== 'done')
          throw outcome.status === 'failed' ? outcome.error : new Error(outcome.status)
        sent += outcome.bytes
      }
      t.is((await drive(ssl, () => ssl.flush())).status, 'done')
    }
    const receive = async (ssl: Ssl) => {
      const all: Uint8Array[] = []
      for (let got = 0; got < bytes.length; ) {
        const into = new Uint8Array(3000)
        const outcome = await drive(ssl, () => ssl.read(into))
        if (outcome.status !== 'done')
          throw outcome.status === 'failed' ? outcome.error : new Error(outcome.status)
        all.push(into.subarray(0, outcome.bytes))
        got += outcome.bytes
      }
      return new Uint8Array(Buffer.concat(all))
    }
    const shake = (ssl: Ssl) => drive(ssl, () => ssl.doHandshake())
    t.deepEqual(await Promise.all([shake(client), shake(server)]), [
      { status: 'done' },
      { status: 'done' },
    ])
    const [, , atClient, atServer] = await Promise.all([
      send(client),
      send(server),
      receive(client),
      receive(server),
    ])
    t.deepEqual(atClient, bytes)
    t.deepEqual(atServer, bytes)
    t.is((await drive(client, () => client.shutdown())).status, 'sent')
    t.is((await drive(server, () => server.read(new Uint8Array(1)))).status, 'closed')
    t.is((await drive(server, () => server.shutdown())).status, 'done')
    t.is((await drive(client, () => client.shutdown())).status, 'done')
  },
)

serialTest('a cut serial line is an end that nobody announced: truncated', async t => {
  const { client, server, modem } = await ends(t)
  const shake = (ssl: Ssl) => drive(ssl, () => ssl.doHandshake())
  await Promise.all([shake(client), shake(server)])
  const reading = drive(server, () => server.read(new Uint8Array(1)))
  modem.kill('SIGKILL')
  t.is((await reading).status, 'truncated')
})

serialTest('the pseudo-terminal whose other side is gone has an end: EIO is eof', async t => {
  const program = fileURLToPath(new URL('./support/master-end.js', import.meta.url))
  const child = start(t, 'python3', ['-c', lonelyMaster, process.execPath, program])
  const { text } = await ending(child)
  t.deepEqual(JSON.parse(text || '{}'), {
    text: 'last words',
    answers: [10, { stop: 'eof' }, { stop: 'eof' }],
    eof: true,
  })
})
