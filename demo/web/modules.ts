/** The modules that a page loads as they were built: each under a URL, with an import map for the page and rewritten names for workers. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { relative, sep } from 'node:path'

/** What the compiler writes, and so do the libraries: `from '...'`, `import '...'`, `import('...')`. */
const specifiers = /((?:\bfrom|^import|\bimport\()\s*)(['"])([^'"\n]+)\2/gm

export interface Modules {
  /** Bare names and where they are: `@biopair/web` to `/modules/packages/web/dist/index.js`. */
  readonly importMap: Readonly<Record<string, string>>
  /** The text of a module by its URL's path. Under `/workers/`, where import maps do not count, bare names are paths. */
  text(path: string): string | undefined
}

/** Everything that can be reached from these files. Nothing else is ever served. @param root the folder that paths begin at */
export function modulesFrom(root: string, entries: readonly string[]): Modules {
  const texts = new Map<string, string>()
  const importMap: Record<string, string> = {}
  const open = [...entries]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const path = pathOf(root, file)
    if (texts.has(path)) continue
    const text = readFileSync(file, 'utf8')
    texts.set(path, text)
    const { resolve } = createRequire(file)
    for (const [, , , name = ''] of withoutComments(text).matchAll(specifiers)) {
      const target = resolve(name)
      open.push(target)
      if (!name.startsWith('.')) importMap[name] = `/modules/${pathOf(root, target)}`
    }
  }
  return {
    importMap,
    text(path) {
      const [, kind, file = ''] = /^\/(modules|workers)\/(.*)$/.exec(path) ?? []
      const text = texts.get(file)
      if (text === undefined || kind === 'modules') return text
      return text.replace(specifiers, (whole, before, quote, name) => {
        const target = importMap[name]?.replace('/modules/', '/workers/')
        return target === undefined ? whole : `${before}${quote}${target}${quote}`
      })
    },
  }
}

/** A file's path below the root, with the slashes of a URL. */
export function pathOf(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
}
