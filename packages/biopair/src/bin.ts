#!/usr/bin/env node
/** The `biopair` command: hands its arguments to @biopair/cli and leaves with the code that comes back. */
import process from 'node:process'

interface Cli {
  main(args: readonly string[]): Promise<number>
}

const { main } = (await import('@biopair/cli')) as unknown as Cli
process.exitCode = await main(process.argv.slice(2))
