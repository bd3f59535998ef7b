/** A server that runs, and clients for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Chain, chainFor } from '../../support/mint.ts'
import { Run } from './runs.ts'

const folder = mkdtempSync(join(tmpdir(), 'biopair-cli-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** A path in a folder that goes away with this process. */
export function scratch(name: string): string {
  return join(folder, name)
}

/** Writes a text to such a file. */
export function written(name: string, text: string): string {
  writeFileSync(scratch(name), text)
  return scratch(name)
}

export const chain: Chain = chainFor('p256')
export const certFile = written('cert.pem', chain.pem)
export const keyFile = written('key.pem', chain.keyPem)
export const caFile = written('ca.pem', chain.root.pem)
export const identity = ['-cert', certFile, '-key', keyFile]

/** A server on a free port, or on one that nobody else gets, which ends with the test. */
export async function server(
  t: ExecutionContext,
  args: readonly string[],
  wanted = 0,
): Promise<{ run: Run; port: string }> {
  const run = new Run(t, ['s_server', '-accept', `127.0.0.1:${wanted}`, ...args])
  const [, port = ''] = await run.says(/ACCEPT 127\.0\.0\.1:(\d+)/)
  return { run, port }
}

/** A client of it that believes our root. */
export function client(t: ExecutionContext, port: string, args: readonly string[] = []): Run {
  const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, '-servername', 'server.example']
  return new Run(t, ['s_client', ...to, ...args])
}
