/** The `biopair` command as people run it: its own process. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { Child } from './child.ts'

const program = join(dirname(createRequire(import.meta.url).resolve('@biopair/cli')), 'biopair.js')

/** Runs `biopair` with these arguments. */
export function biopair(t: ExecutionContext, args: readonly string[]): Child {
  return new Child(t, process.execPath, [program, ...args])
}
