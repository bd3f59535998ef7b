/** The Go program beside these tests, built once. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { scratch } from './files.ts'

export function program(t: ExecutionContext): string {
  const built = scratch('go-peer')
  if (existsSync(built)) return built
  // The tests run from dist/, the Go program stands beside their sources.
  const source = fileURLToPath(new URL('../../../interop/go', import.meta.url))
  const { status, stderr } = spawnSync('go', ['build', '-o', built, '.'], {
    cwd: source,
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
    timeout: 120_000,
  })
  if (status !== 0) t.fail(`go build: ${stderr}`)
  return built
}
