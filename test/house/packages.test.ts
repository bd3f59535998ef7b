import { join } from 'node:path'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { EmptyProject, registryAnswers, run } from './support/project.ts'
import { packages, root } from './support/rooms.ts'

test('every package says what it is, in the same words about the same things', t => {
  const versions = new Set<unknown>()
  for (const { room, manifest } of packages()) {
    const { version, license, type, sideEffects, engines, exports, files } = manifest
    versions.add(version)
    t.like(manifest, { license: 'MIT', type: 'module', sideEffects: false }, room)
    t.deepEqual(
      { license, type, sideEffects },
      { license: 'MIT', type: 'module', sideEffects: false },
    )
    t.deepEqual(engines, { node: '>=20.19' }, room)
    t.deepEqual(
      (files as string[]).filter(file => !file.endsWith('.tsbuildinfo')),
      ['dist', 'src', 'LICENSE', 'README.md'],
      room,
    )
    for (const target of Object.values(exports as Record<string, unknown>))
      t.deepEqual(Object.keys(target as object), ['types', 'default'], `${room}: types come first`)
    for (const field of ['description', 'keywords']) t.truthy(manifest[field], `${room}: ${field}`)
  }
  t.is(versions.size, 1)
})

const program = `
import { readFileSync } from 'node:fs'
import { bioPair, noble, Ssl, SslContext } from 'biopair'
import { nodeCrypto } from 'biopair/node'

const { ca, cert, key } = JSON.parse(readFileSync(0, 'utf8'))
for (const crypto of [noble, nodeCrypto]) {
  const [near, far] = bioPair()
  const client = new Ssl(new SslContext({ ca, crypto }), { servername: 'server.example' })
  const server = new Ssl(new SslContext({ cert, key, crypto }))
  client.setBio(near).setConnectState()
  server.setBio(far).setAcceptState()
  let outcomes
  do outcomes = [client.doHandshake(), server.doHandshake()]
  while (outcomes.some(({ status }) => status.startsWith('want_')))
  client.write(new TextEncoder().encode('hello'))
  const into = new Uint8Array(16)
  const { bytes } = server.read(into)
  console.log(crypto.name, client.authorized, new TextDecoder().decode(into.subarray(0, bytes)))
}
`

const consumer = `
import { type Bio, bioPair, type HandshakeOutcome, MemoryBio, noble, Pump, Ssl, SslContext, TlsAlert } from 'biopair'
import { type LendingBio, lends } from 'biopair/bio'
import type { CryptoProvider } from 'biopair/crypto'
import { noble as again } from 'biopair/noble'
import { type ContextOptions, type ReadOutcome, type Trace } from 'biopair/ssl'
import * as openssl from 'biopair/openssl'
import { loadIdentity, type LoadedIdentity } from 'biopair/pki'
import { parseCertificate, type TrustStore } from 'biopair/x509'
import { always, bioLaws, type Play, type Schedule, tls, tlsConfigs } from '@biopair/testkit'
import * as fuzz from '@biopair/testkit/fuzz'
import { type Edit, KeyLog, Middle } from '@biopair/testkit/middle'
import { type Minted, Minter, seededRandom } from '@biopair/testkit/mint'

const providers: readonly CryptoProvider[] = [noble, again]
const options: ContextOptions = { ca: 'pem', ciphers: 'TLS_AES_128_GCM_SHA256', trace: (({ event }) => event) satisfies Trace }
const [near, far] = bioPair(1, 2)
const bio: Bio = near
const ssl = new Ssl(new SslContext(options), { servername: 'server.example' }).setBio(bio, new MemoryBio())
const outcome: HandshakeOutcome = ssl.doHandshake()
if (outcome.status === 'failed' && outcome.error instanceof TlsAlert) outcome.error.reason satisfies string
if (outcome.status === 'want_read') outcome.read satisfies number
const read: ReadOutcome = ssl.read(new Uint8Array(1))
if (read.status === 'done') read.bytes satisfies number
if (lends(far)) far satisfies LendingBio
// @ts-expect-error There is no such option.
new SslContext({ sertificate: 'pem' })
const loaded: Promise<LoadedIdentity> = loadIdentity('pem', { passphrase: 'p' })
const play: Play = ({ near, far }) => ({ client: { done: true, step: () => void near.end() }, server: { done: true, step: () => void far.end() } })
const schedule: Schedule = { link: { there: { ring: 1 }, back: { ring: 1, cuts: [1] } }, turns: 'cs', seed: '0' }
const minter = new Minter({ time: 0, random: seededRandom('a') })
const edit: Edit = { after: 1 }
// @ts-expect-error A ring has a size.
export const wrong: Schedule = { ...schedule, link: { there: {}, back: { ring: 1 } } }
export const kit = [() => always(play, { runs: 1 }), bioLaws, tls({ version: 'TLSv1.2' }), tlsConfigs(), fuzz, edit, new Middle({ keys: new KeyLog() }), minter, {} as Minted, schedule] as const
export const all = [providers, new Pump(near, far), openssl, parseCertificate, {} as TrustStore, loaded] as const
`

const nodeConsumer = `
import { SslContext, type Bio } from 'biopair'
import { AcceptBio, ConnectBio, FdBio, FileBio, nodeCrypto } from 'biopair/node'
import * as openssl from 'biopair/node/openssl'
import { type Account, compare, intended, opensslServer, ourServer, run } from '@biopair/testkit/oracle'

export const context = new SslContext({ crypto: nodeCrypto })
export const line: Bio = new FdBio(0)
export const oracle = [compare, intended, opensslServer, ourServer, run, {} as Account] as const
export const all = [AcceptBio, ConnectBio, FileBio, openssl]
`

const strict = [
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--verbatimModuleSyntax',
]
const required = process.env.BIOPAIR_REQUIRE_PEERS === '1'

if (!required && !registryAnswers())
  test('the tarballs install and run in an empty project (skipped: no npm registry answers)', t => {
    t.log('skipped: no npm registry answers')
    t.pass()
  })
else {
  let project: EmptyProject
  test.before(async t => {
    t.timeout(280_000)
    project = new EmptyProject()
    await project.install()
  })
  test.after.always(() => project?.remove())

  test('the tarballs of all packages install in an empty project, and both providers run there', async t => {
    t.is(project.tarballs.length, packages().length)
    const { root: anchor, pem, keyPem } = chainFor('p256')
    project.write('program.js', program)
    const material = JSON.stringify({ ca: anchor.pem, cert: pem, key: keyPem })
    const ran = await project.node('program.js', material)
    t.is(ran.out, 'noble true hello\nnode:crypto true hello\n')
    t.is(ran.code, 0)
  })

  test('the command that the tarball brings starts in an empty project', async t => {
    const help = await run('npx', ['--no-install', 'biopair', '--help'], project.folder)
    t.is(help.code, 0, help.out)
    t.regex(help.out, /s_client[\s\S]*s_server/)
  })

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const)
    test(`what was installed type-checks without Node and the DOM, and what needs Node with its types, resolved as ${moduleResolution}`, async t => {
      project.write('consumer.ts', consumer)
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      // No `skipLibCheck`: what we ship has to compile where there is neither Node nor the DOM.
      const args = [
        ...['--noEmit', ...strict, '--module', module, '--moduleResolution', moduleResolution],
        ...['--target', 'es2023', '--lib', 'es2023', '--types', '', 'consumer.ts'],
      ]
      t.deepEqual(await run(process.execPath, [tsc, ...args], project.folder), { code: 0, out: '' })
      // What needs Node needs its types.
      project.write('node-consumer.ts', nodeConsumer)
      const typed = ['node-consumer.ts', '--typeRoots', join(root, 'node_modules/@types')]
      const nodeArgs = [...args.slice(0, -2), 'node', ...typed]
      t.deepEqual(await run(process.execPath, [tsc, ...nodeArgs], project.folder), {
        code: 0,
        out: '',
      })
    })
}
