/** Paths in a folder of a test's own, which goes away with it, and FIFOs there. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FdBio } from '@biopair/node'
import type { ExecutionContext } from 'ava'

/** A folder that is removed after the test. */
export function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'biopair-node-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The path of a new FIFO. */
export function fifo(t: ExecutionContext): string {
  const path = join(folder(t), 'fifo')
  execFileSync('mkfifo', [path], { stdio: 'ignore', timeout: 60_000, killSignal: 'SIGKILL' })
  return path
}

/** A FIFO whose two ends are one descriptor: what is written to it is read from it. */
export function loop(t: ExecutionContext, nonBlocking: boolean): FdBio {
  const bio = FdBio.open(fifo(t), { nonBlocking })
  t.teardown(() => bio.close())
  return bio
}
