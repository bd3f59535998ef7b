/** Runs a program as a module of its own, in a child process that finds the workspace's packages. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder beside the built tests, where imports of the workspace's packages are found. */
export function folderFor(name: string): string {
  const folder = fileURLToPath(new URL(`../programs/${name}`, import.meta.url))
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Writes the program into a folder of that name and runs it with Node. */
export function runProgram(
  name: string,
  program: string,
  words: readonly string[] = [],
  command = process.execPath,
): Ran {
  const file = `${folderFor(name)}/program.mjs`
  writeFileSync(file, program)
  const { status, stdout, stderr } = spawnSync(command, [...words, file], {
    encoding: 'utf8',
    timeout: 200_000,
  })
  return { status, stdout, stderr }
}
