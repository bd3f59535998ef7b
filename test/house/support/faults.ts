/** What can be wrong with a package, found in its text; each fault is a sentence that names the file. */
import { importsOf, packageOf } from './imports.ts'
import {
  highestPureFloor,
  nodeFilesOfBiopair,
  type Package,
  rooms,
  type SourceFile,
} from './rooms.ts'

const scope = '@biopair/'

/** Imports, dependencies and project references that the drawing does not have: upward, sideways, or undeclared. */
export function arrowFaults({ room, manifest, tsconfig, sources }: Package): string[] {
  const own = rooms[room]
  if (own === undefined) return [`packages/${room} has no floor: give it a line in rooms.ts`]
  const dependencies = Object.keys(manifest.dependencies ?? {})
  const references = (tsconfig.references ?? []).map(({ path }) => path.replace('../', ''))
  const housemates = dependencies
    .filter(name => name.startsWith(scope))
    .map(name => name.slice(scope.length))
  return [
    ...housemates.flatMap(name => mustBeBelow(`${room}/package.json`, room, name)),
    ...housemates
      .filter(name => !references.includes(name))
      .map(
        name => `${room}/tsconfig.json: no reference to ../${name}, on which package.json depends`,
      ),
    ...references
      .filter(name => !housemates.includes(name))
      .map(
        name =>
          `${room}/tsconfig.json: a reference to ../${name}, on which package.json does not depend`,
      ),
    ...sources.flatMap(source =>
      importsOf(source.text).flatMap(specifier =>
        importFaults(room, dependencies, source, specifier),
      ),
    ),
  ]
}

function importFaults(
  room: string,
  dependencies: readonly string[],
  { name }: SourceFile,
  specifier: string,
): string[] {
  const file = `${room}/src/${name}`
  if (specifier.startsWith('.')) {
    const target = new URL(specifier, `file:///src/${name}`).pathname
    if (!target.startsWith('/src/')) return [`${file}: ${specifier} leaves its package`]
    return target === '/src/index.ts' ? [`${file}: imports its own package's face`] : []
  }
  if (specifier.startsWith('node:')) return nodeFaults(room, name)
  const imported = packageOf(specifier)
  const undeclared = dependencies.includes(imported) ? [] : [`${file}: ${imported} is not declared`]
  if (!imported.startsWith(scope)) return undeclared
  return [...undeclared, ...mustBeBelow(file, room, imported.slice(scope.length))]
}

function nodeFaults(room: string, name: string): string[] {
  const floor = rooms[room]?.floor ?? 0
  if (floor <= highestPureFloor) return [`${room}/src/${name}: Node on floor ${floor}`]
  return room === 'biopair' && !nodeFilesOfBiopair.includes(name)
    ? [`${room}/src/${name}: Node outside ${nodeFilesOfBiopair.join(', ')}`]
    : []
}

function mustBeBelow(where: string, room: string, other: string): string[] {
  const own = rooms[room]
  const theirs = rooms[other]
  if (own === undefined || theirs === undefined) return [`${where}: ${other} has no floor`]
  if (theirs.floor >= own.floor)
    return [
      `${where}: ${room} (floor ${own.floor}) imports upward, ${other} (floor ${theirs.floor})`,
    ]
  return own.may.includes(other) ? [] : [`${where}: ${room} must not know ${other}`]
}

/** Types of Node or the DOM on the floors that have none. */
export function typeFaults(
  { room, tsconfig, sources }: Package,
  base: Package['tsconfig']['compilerOptions'],
): string[] {
  if ((rooms[room]?.floor ?? 0) > highestPureFloor) return []
  const { lib, types } = { ...base, ...tsconfig.compilerOptions }
  return [
    ...(lib?.every(name => /^es20\d\d$/i.test(name))
      ? []
      : [
          `${room}/tsconfig.json: lib is ${JSON.stringify(lib)}, expected a year of ECMAScript alone`,
        ]),
    ...(types?.length === 0
      ? []
      : [`${room}/tsconfig.json: types is ${JSON.stringify(types)}, expected []`]),
    ...sources
      .filter(({ text }) => /^\/\/\/\s*<reference/m.test(text))
      .map(({ name }) => `${room}/src/${name}: a reference directive brings types in`),
  ]
}

const collection = /^(?:export )?const \w+(: [^=]+)? =\s+(?:new (?:Weak)?(?:Map|Set)\b|\[\]).*$/gm

/** State of a module: a `let` or `var` at its top, or a collection that its type lets anybody change. */
export function stateFaults({ room, sources }: Package): string[] {
  return sources.flatMap(({ name, text }) => [
    ...[...text.matchAll(/^(?:export )?(?:let|var) .*$/gm)].map(
      ([line]) => `${room}/src/${name}: ${line}`,
    ),
    ...[...text.matchAll(collection)]
      .filter(([, type]) => !type?.startsWith(': Readonly') && !type?.startsWith(': readonly'))
      .map(([line]) => `${room}/src/${name}: ${line}`),
  ])
}

/** Files that do not begin with a comment saying what they are. */
export function captionFaults({ room, sources }: Package): string[] {
  return sources
    .filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*(?: (?!\*\/)\S|\n \* \S)/.test(text))
    .map(({ name }) => `${room}/src/${name}: no comment in its first line says what it is`)
}
