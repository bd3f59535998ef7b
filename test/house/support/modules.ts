/** The modules that an entry of a built package reaches, found by walking the imports of what was compiled. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { importsOf } from './imports.ts'

/** One module: the file, its text, and what each of its specifiers names: a file, or a `node:` module. */
export interface Module {
  readonly file: string
  readonly text: string
  readonly imports: ReadonlyMap<string, string>
}

/** Every module that can be reached from a file, dynamic imports included; `node:` modules are named and not entered. */
export function modulesFrom(entry: string): ReadonlyMap<string, Module> {
  const modules = new Map<string, Module>()
  const open = [entry]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (modules.has(file)) continue
    const text = readFileSync(file, 'utf8')
    // `require.resolve` follows `exports` maps under the condition `default`, which is the only one that our packages have.
    const { resolve } = createRequire(file)
    const imports = new Map(importsOf(text).map(specifier => [specifier, resolve(specifier)]))
    modules.set(file, { file, text, imports })
    open.push(
      ...[...imports.values()].filter(target => target.startsWith('/') || /^[A-Z]:/.test(target)),
    )
  }
  return modules
}

/** The modules outside every file that something reached asks for: Node's own. Each with who asks. */
export function outsiders(modules: ReadonlyMap<string, Module>): string[] {
  return [...modules.values()].flatMap(({ file, imports }) =>
    [...imports.values()]
      .filter(target => !modules.has(target))
      .map(target => `${file}: ${target}`),
  )
}
