/** A schedule as a program of a few lines, and plain data as source text. */
import type { AnyLink, Play, Schedule, Source } from './play.ts'
import type { ReplayOptions } from './replay.ts'

/** A module that replays a schedule, with the options that it had. A play without a `source` is named as what `play.js` exports by its name. */
export function programOf<L extends AnyLink>(
  play: Play<L>,
  { link, turns, seed }: Schedule<L>,
  { mostSteps }: ReplayOptions = {},
): string {
  const { imports, expression } = play.source ?? namedIn(play.name, 'play')
  const lines = [
    `import { replay } from '@biopair/testkit'`,
    imports,
    '',
    `replay(${expression}, {`,
    `  link: {`,
    ...(link.carries === undefined ? [] : [`    carries: ${sourceOf(link.carries)},`]),
    `    there: ${sourceOf(link.there)},`,
    `    back: ${sourceOf(link.back)},`,
    `  },`,
    `  turns: ${sourceOf(turns)},`,
    `  seed: ${sourceOf(seed)},`,
    mostSteps === undefined ? '})' : `}, ${sourceOf({ mostSteps })})`,
    '',
  ]
  return lines.filter((line, at) => line !== '' || at > 1).join('\n')
}

/** How a program names a function: by its name as the module's export, or as this, where its name is none that can be imported. */
export function namedIn(name: string, otherwise: string, module = otherwise): Source {
  const known = /^[A-Za-z_$][\w$]*$/.test(name) ? name : otherwise
  return { imports: `import { ${known} } from './${module}.js'`, expression: known }
}

/** Plain data as a JavaScript expression, on one line; what is undefined is left out. */
export function sourceOf(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Uint8Array) return `Uint8Array.of(${[...value].join(', ')})`
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(
      ([name, field]) => `${/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name)}: ${sourceOf(field)}`,
    )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function quoted(text: string): string {
  const [inside] = [JSON.stringify(text).slice(1, -1)]
  return `'${inside.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
