import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { mint } from '../support/mint.ts'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

const root = projectRoot(dirname(fileURLToPath(import.meta.url)))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (info: string, page = readme) =>
  [...page.matchAll(new RegExp(`\`\`\`${info}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code)

const [pair = '', client = '', port = ''] = blocks('js runnable')
const [certificate = ''] = blocks('sh certificate')
const [ported = ''] = blocks('js runnable', readFileSync(join(root, 'docs/openssl.md'), 'utf8'))

const face = JSON.parse(readFileSync(join(root, 'packages/biopair/package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>
}
const skipped = './node' in face.exports ? '' : ' (skipped: packages/biopair is still empty)'

/** A folder with cert.pem and key.pem, made by the README's command, or like it where there is no openssl. */
function withCertificate(): {
  readonly folder: string
  readonly cert: string
  readonly key: string
} {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-readme-'))
  const made = spawnSync(certificate, { cwd: folder, shell: true })
  if (made.status !== 0) {
    const { pem, keyPem } = mint({ key: 'ed25519', names: ['localhost'] })
    writeFileSync(join(folder, 'cert.pem'), pem)
    writeFileSync(join(folder, 'key.pem'), keyPem)
  }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { folder, cert: read('cert.pem'), key: read('key.pem') }
}

/** Lays a block where the workspace's packages are found. */
function lay(name: string, code: string): string {
  const place = join(root, 'test/dist/house/readme')
  mkdirSync(place, { recursive: true })
  const file = join(place, name)
  writeFileSync(file, code)
  return file
}

/** Runs a block as it stands. */
async function run(name: string, code: string, cwd: string, ...words: string[]): Promise<string> {
  const file = lay(`${name}.mjs`, code)
  return said([file, ...words], cwd)
}

/** What Node says when it runs these words, and how it ends. */
async function said(words: readonly string[], cwd: string): Promise<string> {
  const child = spawn(process.execPath, words, { cwd, timeout: 200_000 })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  child.stderr.on('data', chunk => {
    text += chunk
  })
  const [status] = await once(child, 'close')
  return `${text}exit ${status}\n`
}

test(`the first example of the README runs as written${skipped}`, async t => {
  t.not(pair, '')
  if (skipped) return
  const { folder } = withCertificate()
  t.regex(
    await run('pair', pair, folder),
    /^done TLSv1\.3 TLS_CHACHA20_POLY1305_SHA256 X25519MLKEM768\nhello\n\{ status: 'closed' \}\nexit 0\n$/,
  )
  rmSync(folder, { recursive: true })
})

test(`the client of the README talks to a server of node:tls${skipped}`, async t => {
  t.not(client, '')
  if (skipped) return
  const { folder, cert, key } = withCertificate()
  const server = createServer({ cert, key }, socket => {
    socket.once('data', asked => socket.end(`HTTP/1.1 200 OK\r\n\r\n${asked.length} bytes came`))
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await run('client', client, folder, 'localhost', String(port))
  server.close()
  t.regex(answer, /^HTTP\/1\.1 200 OK\r\n\r\n[1-9]\d bytes cameexit 0\n$/)
  rmSync(folder, { recursive: true })
})

test(`the two streams of the README run as written${skipped}`, async t => {
  t.not(port, '')
  if (skipped) return
  const { folder } = withCertificate()
  t.is(await run('port', port, folder), 'hello\nexit 0\n')
  rmSync(folder, { recursive: true })
})

test('the program of docs/openssl.md runs as written', async t => {
  t.not(ported, '')
  const { folder } = withCertificate()
  t.is(
    await run('openssl', ported, folder),
    'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256\nhello\n0\ntrue\n1 1\nexit 0\n',
  )
  rmSync(folder, { recursive: true })
})

test(`both examples of the README are strict TypeScript${skipped}`, async t => {
  if (skipped) return
  const files = [lay('pair.mts', pair), lay('client.mts', client)]
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags =
    '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node'.split(' ')
  t.is(await said([tsc, ...flags, ...files], root), 'exit 0\n')
})

test('the first example of the README has about twenty lines', t => {
  t.true(pair.split('\n').length <= 25)
})
