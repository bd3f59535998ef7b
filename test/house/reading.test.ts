import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

const root = projectRoot(dirname(fileURLToPath(import.meta.url)))
const page = readFileSync(join(root, 'docs/reading.md'), 'utf8')
const named = [...page.matchAll(/`([a-z0-9/-]+(?:\.test)?\.ts)`/g)].map(([, path = '']) => path)

/** Where a name of the page is: `handshake/talk.ts`, or `handshake/joiner.test.ts`. */
function place(name: string): string {
  if (name.endsWith('.test.ts')) return join('test', name)
  return name.startsWith('packages/') ? name : join('packages', name.replace('/', '/src/'))
}

const skipped = existsSync(join(root, 'test/liveness')) ? '' : ' (skipped: not all rooms are here)'

test(`every file that docs/reading.md names is there${skipped}`, t => {
  t.true(named.length > 100)
  const there = (path: string) => existsSync(join(root, path))
  if (skipped) return
  t.deepEqual(
    named.map(place).filter(path => there(dirname(path)) && !there(path)),
    [],
  )
})
