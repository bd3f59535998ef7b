/** Records vectors.json anew, with the OpenSSL and the Go of this machine: `node test/dist/tls12/record-vectors.js`. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cipherSuites12, groups } from '@biopair/crypto'
import { filesFor, scratch, written } from '../interop/support/files.ts'
import { lacksExtended } from '../interop/support/peers12.ts'
import { said, type Vector, VectorClient } from './vector.ts'

const { certFile, keyFile } = filesFor('p256')
const suites = Object.values(cipherSuites12).filter(({ auth }) => auth === 'ecdsa')

const goPeer = scratch('go-peer')
execFileSync('go', ['build', '-o', goPeer, '.'], {
  cwd: fileURLToPath(new URL('../../interop/go', import.meta.url)),
  env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
})
const words = (program: string) => execFileSync(program, ['version'], { encoding: 'utf8' })
const names = {
  openssl: words('openssl').split(' ').slice(0, 2).join(' '),
  go: words('go').split(' ')[2] ?? 'Go',
}

/** One connection with a server that writes its secrets to a file. */
async function record(
  peer: keyof typeof names,
  suite: (typeof suites)[number],
  extended: boolean,
): Promise<Vector> {
  const seed = `${peer} ${suite.name} ${extended}`
  const log = scratch(`${seed}.keys`)
  const child = start(peer, suite, extended, log)
  const port = await listening(child)
  const client = new VectorClient({ suite: suite.name, extended, seed })
  const socket = net.connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const streams = { client: [] as Uint8Array[], server: [] as Uint8Array[] }
  let over = false
  socket.on('data', bytes => {
    streams.server.push(bytes)
    client.toUs.write(bytes)
  })
  socket.on('close', () => {
    over = true
  })
  const { ssl } = client
  const step = async () => {
    const bytes = client.takes()
    if (bytes.length > 0) {
      streams.client.push(bytes)
      socket.write(bytes)
    }
    await sleep(5)
  }
  for (;;) {
    const shaken = ssl.doHandshake()
    if (shaken.status === 'failed') throw shaken.error
    if (shaken.status === 'done') break
    await step()
  }
  ssl.write(Buffer.from(said))
  for (let heard = 0; heard < said.length; ) {
    await step()
    const read = ssl.read(new Uint8Array(100))
    if (read.status === 'done') heard += read.bytes
  }
  ssl.shutdown()
  await step()
  // Its close_notify.
  for (let i = 0; i < 100 && !over; i++) await sleep(10)
  socket.destroy()
  child.kill()
  const keylog = readFileSync(log, 'latin1')
    .split('\n')
    .find(line => line.startsWith('CLIENT_RANDOM'))
  const hex = (list: readonly Uint8Array[]) => Buffer.concat(list).toString('hex')
  return {
    ...{ peer: names[peer], suite: suite.name, extended, seed },
    pre_master_secret: client.preMaster,
    keylog: keylog ?? '',
    ...{ client: hex(streams.client), server: hex(streams.server) },
  }
}

function start(
  peer: keyof typeof names,
  suite: (typeof suites)[number],
  extended: boolean,
  log: string,
): ChildProcess {
  if (peer === 'go') {
    const env = { SUITE: String(suite.id), GROUP: String(groups.x25519.id), KEYLOG: log }
    return spawn(goPeer, ['server', certFile, keyFile], { env: { ...process.env, ...env } })
  }
  const env = extended ? {} : { OPENSSL_CONF: written('without-ems.cnf', lacksExtended) }
  return spawn(
    'openssl',
    [
      ...['s_server', '-accept', '127.0.0.1:0', '-tls1_2', '-naccept', '1', '-rev'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-cipher', suite.alias],
      ...['-keylogfile', log],
    ],
    { env: { ...process.env, ...env } },
  )
}

function listening({ stdout }: ChildProcess): Promise<number> {
  return new Promise(resolve => {
    let text = ''
    stdout?.on('data', chunk => {
      text += chunk
      const port = /ACCEPT \S*:(\d+)/.exec(text)?.[1]
      if (port) resolve(Number(port))
    })
  })
}

const vectors: Vector[] = []
for (const suite of suites) {
  vectors.push(await record('openssl', suite, true), await record('go', suite, true))
  vectors.push(await record('openssl', suite, false))
}
const file = new URL('../../tls12/vectors.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(vectors, undefined, 2)}\n`)
process.exit()
