/** Servers of others: OpenSSL's `s_server`, Node's `tls`, Go's `crypto/tls`. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childServer } from './child.ts'
import type { Contender, ContenderOptions } from './contender.ts'

/** @param program the command: `openssl` unless said otherwise */
export function opensslServer(options: ContenderOptions, program = 'openssl'): Promise<Contender> {
  const { protocols = [], minVersion = 'TLSv1.3' } = options
  return childServer('openssl', program, options, (cert, key, rest) => [
    ...['s_server', '-accept', '127.0.0.1:0', '-rev'],
    ...(options.cert.split('BEGIN CERTIFICATE').length > 2 ? ['-cert_chain', rest] : []),
    ...['-cert', cert, '-key', key, '-groups', 'X25519:P-256:P-384'],
    ...['-min_protocol', minVersion],
    ...(protocols.length > 0 ? ['-alpn', protocols.join()] : []),
  ])
}

/** `node:tls` of the Node that runs this, in a process of its own. */
export function nodeServer(options: ContenderOptions): Promise<Contender> {
  const { protocols = [], minVersion = 'TLSv1.3' } = options
  const program = fileURLToPath(new URL('node-server.js', import.meta.url))
  return childServer('node', process.execPath, options, (cert, key) => [
    program,
    ...[cert, key, minVersion, protocols.join()],
  ])
}

/** Built with the `go` command, once in a process: it takes some seconds. */
export async function goServer(options: ContenderOptions): Promise<Contender> {
  const { protocols = [], minVersion = 'TLSv1.3' } = options
  return childServer('go', builtGo(), options, (cert, key) => [
    ...[cert, key, minVersion, protocols.join()],
  ])
}

/** What the build left, for this process; it removes it when it ends. */
const goProgram: { path?: string } = {}

function builtGo(): string {
  if (goProgram.path !== undefined && existsSync(goProgram.path)) return goProgram.path
  const folder = mkdtempSync(join(tmpdir(), 'biopair-oracle-go-'))
  const built = join(folder, 'server')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  // It stands beside the sources of this.
  const cwd = fileURLToPath(new URL('../../src/oracle/go', import.meta.url))
  const { status, stderr, error } = spawnSync('go', ['build', '-o', built, '.'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
    timeout: 300_000,
  })
  if (status !== 0) {
    remove()
    throw new Error(`go build: ${error ? error.message : stderr}`, { cause: error })
  }
  process.once('exit', remove)
  goProgram.path = built
  return built
}
