/** docs/recipes.md: each carrier is a program of fewer than 25 lines of code, and every one of them is run by a test as it stands there. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeCrypto } from '@biopair/crypto-node'
import { FdBio } from '@biopair/node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { serialTest } from '../node/support/programs.ts'
import { serialLine } from '../node/support/serial.ts'
import { mint } from '../support/mint.ts'
import { root } from './support/rooms.ts'

const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
const [head = '', ...chapters] = page.split('\n## ')

interface Block {
  readonly heading: string
  /** What stands behind the backticks. */
  readonly words: string
  readonly code: string
}

const blocks: readonly Block[] = chapters.flatMap(chapter => {
  const [heading = ''] = chapter.split('\n')
  return [...chapter.matchAll(/```([a-z][a-z -]*)\n([\s\S]*?)```/g)].map(
    ([, words = '', code = '']) => ({ heading, words, code }),
  )
})

/** The chapters on carriers. */
const carriers = chapters
  .map(chapter => chapter.split('\n')[0] as string)
  .filter(heading => /^(?:Over|Between|TLS in TLS|TLS from|A key in a worker)/.test(heading))

/** The sources of all tests. */
function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (['dist', 'node_modules'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.test.ts') ? [readFileSync(path, 'utf8')] : []
  })
}

test('every carrier has its recipe, which the head of the page names', t => {
  t.true(carriers.length >= 16, `${carriers.length}`)
  for (const heading of carriers) {
    const anchor = `#${heading
      .toLowerCase()
      .replaceAll(/[^\w ]/g, '')
      .replaceAll(' ', '-')}`
    t.true(head.includes(anchor), heading)
    t.true(
      blocks.some(block => block.heading === heading),
      heading,
    )
  }
})

test('a carrier takes fewer than 25 lines of code', t => {
  for (const { heading, code } of blocks) {
    if (!carriers.includes(heading)) continue
    const lines = code.split('\n').filter(line => line.trim() !== '')
    t.true(lines.length < 25, `${heading}: ${lines.length}`)
  }
})

test('every snippet of a carrier is run by a test that names its chapter', t => {
  const tests = sources(join(root, 'test'))
  for (const { heading, words } of blocks) {
    if (!carriers.includes(heading)) continue
    // `js` and `ts` alone is what nobody runs.
    const [language, ...kind] = words.split(' ')
    t.true(kind.length > 0, `${heading}: a block of ${language} that says how it is run`)
    const runners = tests.filter(
      source => source.includes('recipes.md') && source.includes(`'${heading}'`),
    )
    t.true(runners.length > 0, `a test runs '${heading}'`)
  }
})

/** The code of a chapter's block. */
function block(heading: string, words: string): string {
  const found = blocks.find(each => each.heading === heading && each.words === words)
  if (!found) throw new Error(`there is no ${words} in ${heading}`)
  return found.code
}

/** Runs the first of some files, where the workspace's packages are found and `cert.pem` and `key.pem` are at hand. */
async function run(
  name: string,
  files: Readonly<Record<string, string>>,
  identity: { readonly pem: string; readonly keyPem: string },
): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'biopair-recipe-'))
  writeFileSync(join(cwd, 'cert.pem'), identity.pem)
  writeFileSync(join(cwd, 'key.pem'), identity.keyPem)
  const laid = join(fileURLToPath(new URL('recipes', import.meta.url)), name)
  mkdirSync(laid, { recursive: true })
  for (const [file, code] of Object.entries(files)) writeFileSync(join(laid, file), code)
  const first = join(laid, Object.keys(files)[0] as string)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [first], {
      cwd,
      timeout: 200_000,
    })
    return stdout
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

test('the programs of docs/recipes.md, "Between two threads", run as written', async t => {
  t.timeout(250_000)
  const heading = 'Between two threads'
  const identity = mint({ key: 'p256', names: ['localhost'] })
  const files = {
    'main.mjs': block(heading, 'js threads main'),
    'worker.mjs': block(heading, 'js threads worker'),
  }
  t.is(await run('threads', files, identity), 'hello\n')
})

for (const waits of [true, false])
  serialTest(
    `the program of docs/recipes.md, "Over a serial line", runs as written, ${waits ? 'waiting' : 'beside other work'}`,
    async t => {
      t.timeout(250_000)
      const heading = 'Over a serial line'
      const { paths } = await serialLine(t)
      const identity = mint({ key: 'p256', names: ['localhost'] })
      const server = new Ssl(
        new SslContext({ crypto: nodeCrypto, cert: identity.pem, key: identity.keyPem }),
      )
      const bio = FdBio.open(paths[1], { nonBlocking: true })
      t.teardown(() => bio.close())
      server.setBio(bio).setAcceptState()
      const into = new Uint8Array(100)
      const heard = drive(server, () => server.read(into))
      const first = block(heading, 'js serial')
      const [before = '', after = ''] = first.split('\n// In a thread')
      t.not(after, '')
      const code = waits
        ? first
        : `${before}\n${block(heading, 'js serial later')}\nssl.write(new TextEncoder().encode('hello'))\n`
      const device = code.replaceAll('/dev/ttyUSB0', paths[0])
      t.not(device, code)
      t.is(await run(waits ? 'serial' : 'serial-later', { 'main.mjs': device }, identity), '')
      const outcome = await heard
      t.is(outcome.status, 'done')
      if (outcome.status !== 'done') return
      t.is(Buffer.from(into.subarray(0, outcome.bytes)).toString(), 'hello')
    },
  )
