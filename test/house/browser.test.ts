import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { modulesFrom, outsiders } from './support/modules.ts'
import { root } from './support/rooms.ts'

const built = (name: string) => join(root, 'packages/biopair/dist', `${name}.js`)

for (const entry of [
  'index',
  'bio',
  'ssl',
  'openssl',
  'quic',
  'x509',
  'pki',
  'crypto',
  'noble',
  'more-groups',
  'web',
])
  test(`nothing that ${entry === 'index' ? 'biopair' : `biopair/${entry}`} reaches is of Node`, t => {
    const modules = modulesFrom(built(entry))
    t.deepEqual(outsiders(modules), [])
  })

test('nothing that the testkit mints with is of Node', t => {
  t.deepEqual(outsiders(modulesFrom(join(root, 'packages/testkit/dist/index.js'))), [])
})

test('the walk is one that finds Node where it is: in biopair/node', t => {
  const found = outsiders(modulesFrom(built('node')))
  t.true(found.some(line => line.endsWith(': node:crypto')))
})

test('the main entry reaches the parts and no program', t => {
  const files = [...modulesFrom(built('index')).keys()].map(file => file.replaceAll('\\', '/'))
  for (const part of ['bio', 'crypto', 'handshake', 'record', 'ssl', 'wire', 'x509'])
    t.true(
      files.some(file => file.includes(`/packages/${part}/dist/`)),
      part,
    )
  for (const other of ['cli', 'crypto-node'])
    t.false(
      files.some(file => file.includes(`/packages/${other}/dist/`)),
      other,
    )
})

test('client and server shake hands where there is ECMAScript, crypto.getRandomValues and nothing of Node', t => {
  const { root: anchor, pem, keyPem } = chainFor('p256')
  const bare = fileURLToPath(new URL('support/bare.js', import.meta.url))
  const told = execFileSync(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', bare, built('index')],
    {
      input: JSON.stringify({ ca: anchor.pem, cert: pem, key: keyPem }),
      encoding: 'utf8',
      timeout: 200_000,
    },
  )
  t.deepEqual(JSON.parse(told), {
    statuses: ['done', 'done'],
    cipher: 'TLS_CHACHA20_POLY1305_SHA256',
    group: 'X25519MLKEM768',
    alpn: 'h2',
    heard: 'hi',
    globals: 'undefined,undefined,undefined,undefined,0',
  })
})
