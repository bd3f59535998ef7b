/** Raw public keys with OpenSSL 3.2 and later: that of the Node that runs this, or that BIOPAIR_OPENSSL_NODE names. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { pem } from '../support/der-writer.ts'
import { chainFor } from '../support/mint.ts'
import { Child } from './support/child.ts'
import { scratch, written } from './support/files.ts'
import { connectOnce, listen } from './support/ours.ts'

const node = process.env.BIOPAIR_OPENSSL_NODE ?? process.execPath
const version = spawnSync(node, ['-p', 'process.versions.openssl'], {
  encoding: 'utf8',
}).stdout.trim()
const [major = 0, minor = 0] = version.split('.').map(Number)
const hasCompiler = spawnSync('cc', ['--version']).status === 0
const there = hasCompiler && (major > 3 || (major === 3 && minor >= 2))

const theirs = chainFor('p256').leaf
const mine = chainFor('ed25519').leaf
const theirKey = written('openssl-raw.key', theirs.keyPem)
const expected = written('openssl-raw.pub', pem('PUBLIC KEY', mine.spki))
const unexpected = written('openssl-other.pub', pem('PUBLIC KEY', theirs.spki))
const types = { serverCertTypes: ['rpk'], clientCertTypes: ['rpk'] } as const
const options = { ...types, rawKey: mine.keyPem, rawPublicKeys: theirs.spki }

/** The peer, built once. */
function library(t: ExecutionContext): string {
  const built = scratch('raw-key-peer.node')
  if (existsSync(built)) return built
  // The tests run from dist/, the C program stands beside their sources.
  const source = fileURLToPath(new URL('../../interop/openssl/raw-key-peer.c', import.meta.url))
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', built, source], {
    encoding: 'utf8',
  })
  if (status !== 0) t.fail(`cc: ${stderr}`)
  return built
}

function peer(t: ExecutionContext, role: 'client' | 'server', port: number, key: string): Child {
  const load = `process.dlopen({ exports: {} }, ${JSON.stringify(library(t))})`
  return new Child(t, node, ['-e', load], { RAW_KEY_PEER: `${role} ${port} ${theirKey} ${key}` })
}

function withPeer(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (there) {
    test.serial(`${title} (${version})`, async t => {
      t.timeout(120_000)
      await body(t)
    })
    return
  }
  test.serial(
    `${title} (skipped: no compiler, or OpenSSL ${version}, which has no raw public keys)`,
    t => {
      t.log('a Node with OpenSSL 3.2 or later can be named in BIOPAIR_OPENSSL_NODE')
      t.false(there)
    },
  )
}

withPeer('OpenSSL as the client and our server believe the raw keys that they expect', async t => {
  const { port, accepted } = await listen(t, { ...options, requestCert: true })
  const client = peer(t, 'client', port, expected)
  const server = await (await accepted).shake()
  t.true(server.ssl.authorized)
  t.deepEqual(server.ssl.peerRawPublicKey, theirs.spki)
  t.is(await server.line(), 'from openssl\n')
  await server.write('and back\n')
  await client.says(/done 1 types 2 2 verified 0\nread and back\n/)
})

withPeer('our client and OpenSSL as the server believe the raw keys that they expect', async t => {
  const server = peer(t, 'server', 0, expected)
  const [, port] = await server.says(/port (\d+)/)
  const client = await (await connectOnce(t, Number(port), options)).shake()
  t.deepEqual(
    [client.ssl.authorized, client.ssl.serverCertType, client.ssl.clientCertType],
    [true, 'rpk', 'rpk'],
  )
  await client.write('there and back\n')
  t.is(await client.line(), 'there and back\n')
  await server.says(/done 1 types 2 2 verified 0\n/)
})

withPeer('OpenSSL as the client does not believe another raw key of our server', async t => {
  const { port, accepted } = await listen(t, { ...options, requestCert: true })
  const client = peer(t, 'client', port, unexpected)
  const outcome = await (await accepted).settled(ssl => ssl.doHandshake())
  t.like(outcome, { status: 'failed', error: { origin: 'received', alert: 'bad_certificate' } })
  await client.says(/done -1/)
})

withPeer('our client does not believe another raw key of OpenSSL as the server', async t => {
  const server = peer(t, 'server', 0, expected)
  const [, port] = await server.says(/port (\d+)/)
  const client = await connectOnce(t, Number(port), { ...options, rawPublicKeys: mine.spki })
  const outcome = await client.settled(ssl => ssl.doHandshake())
  t.like(outcome, { status: 'failed', error: { origin: 'sent', alert: 'bad_certificate' } })
  await server.says(/done -1/)
})

withPeer('OpenSSL has no type in common with our server of certificates', async t => {
  const { pem: cert, keyPem: key } = chainFor('p256')
  const { port, accepted } = await listen(t, { cert, key })
  peer(t, 'client', port, expected)
  const outcome = await (await accepted).settled(ssl => ssl.doHandshake())
  t.like(outcome, { status: 'failed', error: { origin: 'sent', alert: 'unsupported_certificate' } })
})
