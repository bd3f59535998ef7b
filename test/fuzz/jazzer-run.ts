/** Runs a target under the Jazzer.js of a folder, with the corpus that the target begins with. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FuzzSubject } from '@biopair/testkit/fuzz'
import { nodeIn } from './jazzer-home.ts'

export interface JazzerRun {
  readonly runs: number
  readonly seed?: number
  /** Words for Node, before the program. */
  readonly words?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** The end of the path of a module that those words change: it is instrumented anew. */
  readonly changed?: string
}

export interface Jazzed {
  /** 0: no finding; 77: one. */
  readonly status: number | null
  /** What it said. */
  readonly output: string
  /** Where it left the inputs that it found, and those that it kept in `corpus`. */
  readonly folder: string
}

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))
const program = fileURLToPath(new URL('./jazzer-target.js', import.meta.url))

export function runJazzer(
  home: string,
  { name, corpus: inputs }: FuzzSubject,
  options: JazzerRun,
): Jazzed {
  const folder = mkdtempSync(join(home, `${name}-`))
  const corpus = join(folder, 'corpus')
  const instrumented = join(home, 'instrumented')
  for (const each of [corpus, instrumented]) mkdirSync(each, { recursive: true })
  for (const [i, data] of inputs().entries()) writeFileSync(join(corpus, `${i}`), data)
  const [node, ...words] = nodeIn(home)
  const cli = join(home, 'node_modules/@jazzer.js/core/dist/cli.js')
  const { runs, seed = 1 } = options
  const { status, stdout, stderr } = spawnSync(
    node,
    [
      ...[...words, ...(options.words ?? []), cli, program, corpus, '--sync', '-i', packages],
      ...['--', `-runs=${runs}`, `-seed=${seed}`],
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      env: {
        ...process.env,
        BIOPAIR_TARGET: name,
        BIOPAIR_INSTRUMENTED: instrumented,
        BIOPAIR_CHANGED: options.changed,
        ...options.env,
      },
    },
  )
  return { status, output: `${stdout}${stderr}`.trimEnd(), folder }
}
