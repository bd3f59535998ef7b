/** What did not run of a file, in the lines of its TypeScript. */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { CodeLine } from './v8-coverage.ts'

export interface MissedFile {
  /** From the folder of packages: `x509/src/ocsp.ts`. */
  readonly file: string
  /** Functions that did not run at all; those without a name are not among them. */
  readonly functions: readonly string[]
  /** Lines, counted from 1, both ends included. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** `gone` are lines of the JavaScript at `url`, which has its source map beside it. */
export function missedFile(
  url: string,
  gone: readonly Pick<CodeLine, 'line' | 'column'>[],
  functions: readonly string[],
): MissedFile {
  const map = new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')))
  const lines = gone.flatMap(({ line, column }) => {
    const entry = map.findEntry(line, column)
    return 'originalLine' in entry ? [entry.originalLine + 1] : []
  })
  const file = url.replace(/^.*\/packages\//, '').replace('/dist/', '/src/')
  return {
    file: file.replace(/\.js$/, '.ts'),
    functions: [...new Set(functions.filter(name => name !== ''))],
    ranges: rangesOf(lines),
  }
}

/** Neighbours go together, also over a line that has no code of its own. */
function rangesOf(lines: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = []
  for (const line of [...new Set(lines)].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && line - last[1] <= 2) last[1] = line
    else ranges.push([line, line])
  }
  return ranges
}
