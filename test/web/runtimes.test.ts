import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { root } from '../house/support/rooms.ts'
import { chainFor } from '../support/mint.ts'
import type { Material } from './support/portable.ts'

const run = promisify(execFile)
const { root: anchor, pem, keyPem } = chainFor('p256')
const material: Material = { ca: anchor.pem, cert: pem, key: keyPem }
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** What it comes to on every runtime. */
const expected = {
  cipher: 'TLS_CHACHA20_POLY1305_SHA256',
  alpn: 'echo',
  authorized: true,
  read: 200_000,
  sum: 1_900_000,
  answer: 'answer',
  refused: 'ERR_NO_TRUST_ANCHORS',
  ends: ['fulfilled', 'fulfilled'],
}

/** One program for all of them, where the workspace's packages are found. */
function program(): string {
  const folder = here('runtimes')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'program.mjs')
  writeFileSync(
    file,
    `import * as web from '@biopair/web'
import { talk } from '../support/portable.js'
console.log(JSON.stringify(await talk(web, ${JSON.stringify(material)})))
`,
  )
  return file
}

async function runs(t: ExecutionContext, command: string, words: readonly string[]): Promise<void> {
  t.timeout(150_000)
  const { stdout } = await run(command, [...words, program()], { timeout: 50_000 })
  t.deepEqual(JSON.parse(stdout), expected)
}

test('a client and a server talk over a MessageChannel in Node', t => runs(t, process.execPath, []))

test('they do where there is ECMAScript, what every page has, and nothing of Node', async t => {
  t.timeout(150_000)
  const entry = join(root, 'packages/biopair/dist/web.js')
  const words = ['--experimental-vm-modules', '--no-warnings', here('support/bare.js'), entry]
  const child = run(process.execPath, [...words, here('support/portable.js')], { timeout: 50_000 })
  child.child.stdin?.end(JSON.stringify(material))
  const { node, ...talked } = JSON.parse((await child).stdout)
  t.deepEqual(talked, expected)
  t.deepEqual(node, ['undefined', 'undefined', 'undefined', 'undefined'])
})

const others = {
  Deno: {
    program: process.env.BIOPAIR_DENO ?? 'deno',
    words: ['run', '--node-modules-dir=manual'],
  },
  Bun: { program: process.env.BIOPAIR_BUN ?? 'bun', words: ['run'] },
}

/** Undefined where there is no such program. */
function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return status === 0 ? stdout.split('\n')[0] : undefined
}

for (const [name, { program: command, words }] of Object.entries(others)) {
  const version = versionOf(command)
  if (version === undefined)
    test(`the same program runs unchanged on ${name} (skipped: no ${name})`, t => {
      t.log(`there is no ${name} here`)
      t.is(versionOf(command), undefined)
    })
  else
    test(`the same program runs unchanged on ${name}`, async t => {
      t.log(version)
      await runs(t, command, words)
    })
}
