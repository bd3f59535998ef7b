#!/usr/bin/env node
/** The `biopair` command. */
import process from 'node:process'
import { run } from './run.ts'

const { stdin, stdout, stderr } = process
// Whoever reads our output may go away first; what then fails is the write, where it is seen.
for (const out of [stdout, stderr]) out.on('error', () => {})
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr })
stdin.destroy()
