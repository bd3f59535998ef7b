/** The programs of docs/recipes.md for pages and workers run as they stand there, with a server at the other end of everything. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../house/support/rooms.ts'
import { mint } from '../support/mint.ts'

const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
const laid = fileURLToPath(new URL('recipes', import.meta.url))

/** The blocks below a heading that are of these kinds. */
function blocks(heading: string, kind: RegExp): readonly string[] {
  const [, chapter = ''] = page.split(`\n## ${heading}\n`)
  const [text = ''] = chapter.split('\n## ')
  return [...text.matchAll(/```(js [a-z ]+)\n([\s\S]*?)```/g)]
    .filter(([, words = '']) => kind.test(words))
    .map(([, , code = '']) => code)
}

/** Lays it beside the workspace's packages, behind what the page takes for granted. */
function lay(folder: string, name: string, code: string): string {
  mkdirSync(join(laid, folder), { recursive: true })
  const file = join(laid, folder, name)
  writeFileSync(file, `import '../../support/recipe-globals.js'\n${code}`)
  return file
}

const said: Readonly<Record<string, string>> = {
  'Over a WebSocket': 'TLSv1.3\nhello\n',
  'Over a MessagePort': 'hello\n',
  'Between a page and a worker': 'hello\n',
  'A key in a worker, plaintext in the page': 'hello\n',
  'Over a BroadcastChannel': 'hello\n',
  'Over a WebRTC data channel': 'true\n',
  'Over Web Serial': 'status\n',
  'Over two streams': 'hello\n',
  'Over two functions': 'TLS_AES_128_GCM_SHA256\n',
}

for (const [index, [heading, words]] of Object.entries(said).entries())
  test(`the program of docs/recipes.md, "${heading}", runs as written`, async t => {
    t.timeout(150_000)
    const cwd = mkdtempSync(join(tmpdir(), 'biopair-recipe-'))
    const { pem, keyPem } = mint({ key: 'p256', names: ['server.example', 'device.local'] })
    writeFileSync(join(cwd, 'cert.pem'), pem)
    writeFileSync(join(cwd, 'key.pem'), keyPem)
    const [code = '', ...more] = blocks(heading, /^js web/)
    t.deepEqual(more, [])
    const [worker] = blocks(heading, /^js worker/)
    if (worker !== undefined) lay(String(index), 'worker.js', worker)
    const file = lay(String(index), 'page.js', code)
    t.true(code.trim().split('\n').length <= 25, 'a carrier in under 25 lines')
    const run = promisify(execFile)(process.execPath, [file, 'with-server'], {
      cwd,
      timeout: 120_000,
    })
    const { stdout } = await run
    rmSync(cwd, { recursive: true })
    t.is(stdout, words)
  })

test('no program of docs/recipes.md for pages is left out', t => {
  t.is(page.split('```js web').length - 1, Object.keys(said).length)
})
