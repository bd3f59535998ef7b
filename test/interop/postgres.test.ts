/** A real Postgres, which asks for TLS in the middle of its protocol (SSLRequest): through `pg`, over our sockets. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectNet } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createSecureContext,
  type TlsClientOptions,
  type TlsSocket,
  upgrade,
} from '@biopair/node/tls'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { chainFor } from '../support/mint.ts'
import { freePort } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { root, pem, keyPem } = chainFor('p256')
// Postgres has P-256 alone unless told otherwise (ssl_ecdh_curve): a HelloRetryRequest is part of it.
const believes = { ca: root.pem, servername: 'localhost' } as const

/** Who it runs as where we are root, whom it refuses: nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** A database in a folder of its own, with `ssl = on` and nobody let in without. */
async function postgres(t: ExecutionContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-pg-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const own = (path: string) => {
    if (nobody.uid !== undefined) chownSync(path, nobody.uid, nobody.gid)
    return path
  }
  own(folder)
  const data = join(folder, 'data')
  const how = { ...nobody, cwd: folder, stdio: 'ignore' } as const
  execFileSync(
    'initdb',
    ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync', '--locale=C'],
    how,
  )
  const file = (name: string, text: string) => {
    writeFileSync(join(data, name), text, { mode: 0o600 })
    own(join(data, name))
  }
  file('server.crt', pem)
  file('server.key', keyPem)
  file('pg_hba.conf', 'hostssl all all 127.0.0.1/32 trust\n')
  const port = await freePort()
  const settings = [
    'ssl=on',
    'ssl_min_protocol_version=TLSv1.3',
    'listen_addresses=127.0.0.1',
    'fsync=off',
  ]
  const flags = [...settings, `unix_socket_directories=${folder}`].flatMap(one => ['-c', one])
  const child = spawn('postgres', ['-D', data, '-p', String(port), ...flags], {
    ...nobody,
    cwd: folder,
  })
  t.teardown(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGINT')
    await once(child, 'close')
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  while (!said.includes('ready to accept connections')) {
    if (child.exitCode !== null) throw new Error(said)
    await sleep(20)
  }
  return port
}

/** SSLRequest (PostgreSQL, "Message Formats"): 8, then 80877103. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** TLS to a Postgres: the server answers S, and nothing behind it, or there is none. */
async function secured(port: number, options: TlsClientOptions): Promise<TlsSocket> {
  const plain = connectNet(port, '127.0.0.1')
  plain.write(sslRequest)
  await once(plain, 'readable')
  const answer: Buffer = plain.read()
  if (answer[0] !== 0x53) throw new Error('the server does not do TLS')
  return upgrade(plain, { ...options, head: answer.subarray(1) })
}

/** A client of `pg` over a socket that is connected and secure: it is told so when it asks to connect. */
function clientOver(socket: TlsSocket): pg.Client {
  const connect = () => void process.nextTick(() => socket.emit('connect'))
  return new pg.Client({
    ...{ user: 'tester', database: 'postgres', ssl: false },
    stream: () => Object.assign(socket, { connect }),
  })
}

peerTest(
  'postgres',
  '#17, #24: a Postgres that lets nobody in without TLS answers 1,000 queries of pg over our sockets',
  async t => {
    t.timeout(150_000)
    const port = await postgres(t)
    const { servername, ...shared } = believes
    const secureContext = createSecureContext(shared)
    let session: Buffer | undefined
    for (let i = 0; i < 10; i++) {
      const socket = await secured(port, { secureContext, servername, session })
      const ticket = new Promise(resolve => {
        socket.once('session', (got: Buffer) => {
          session = got
          resolve(got)
        })
      })
      const client = clientOver(socket)
      await client.connect()
      t.true(socket.authorized)
      for (let j = 0; j < 100; j++) {
        const { rows } = await client.query('select $1::int + 1 as n, repeat($2, $3) as text', [
          j,
          'x',
          j * 100,
        ])
        t.deepEqual(rows, [{ n: j + 1, text: 'x'.repeat(j * 100) }])
      }
      const { rows } = await client.query(
        'select ssl, version, cipher from pg_stat_ssl where pid = pg_backend_pid()',
      )
      t.deepEqual(rows, [{ ssl: true, version: 'TLSv1.3', cipher: socket.getCipher().name }])
      t.is(socket.isSessionReused(), false)
      await client.end()
      // Postgres gives no tickets (SSL_OP_NO_TICKET): no session to go on with.
      await Promise.race([ticket, sleep(5)])
    }
    t.is(session, undefined)
  },
)

peerTest(
  'postgres',
  'a Postgres whose name is another is refused, and nothing is said to it',
  async t => {
    t.timeout(120_000)
    const port = await postgres(t)
    const socket = await secured(port, { ...believes, servername: 'elsewhere.example' })
    const [error] = (await once(socket, 'error')) as [{ code: string }]
    t.is(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID')
  },
)

peerTest('postgres', 'a Postgres takes much and gives much at once', async t => {
  t.timeout(120_000)
  const port = await postgres(t)
  const client = clientOver(await secured(port, believes))
  await client.connect()
  const big = 'z'.repeat(3_000_000)
  const { rows } = await client.query('select length($1) as n, $1 as text', [big])
  t.is(rows[0].n, big.length)
  t.is(rows[0].text, big)
  await client.end()
})
