#!/usr/bin/env node
/** The `biopair` command: hands its arguments and standard streams to @biopair/cli and leaves with the code that comes back. */
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'

/** What is used of @biopair/cli. */
interface Cli {
  run(
    args: readonly string[],
    terminal: { readonly stdin: Readable; readonly stdout: Writable; readonly stderr: Writable },
  ): Promise<number>
}

const { stdin, stdout, stderr } = process
// Whoever reads our output may go away first; what then fails is the write, where it is seen.
for (const out of [stdout, stderr]) out.on('error', () => {})
const { run } = (await import('@biopair/cli')) as unknown as Cli
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr })
// A standard input that is still open would keep the process alive.
stdin.destroy()
