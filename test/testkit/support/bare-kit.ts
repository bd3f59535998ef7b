/** Run as `node --experimental-vm-modules bare-kit.js entry.js`, with a program on its standard input: runs it where there is ECMAScript and little else. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { createContext, SourceTextModule } from 'node:vm'
import { modulesFrom } from '../../house/support/modules.ts'

const [, , entry = ''] = process.argv
const told: string[] = []
const web = { crypto: globalThis.crypto, TextEncoder, TextDecoder }
const context = createContext({ ...web, console: { log: (line: string) => told.push(line) } })
const graph = modulesFrom(entry)
const loaded = new Map<string, SourceTextModule>()

function load(file: string): SourceTextModule {
  const already = loaded.get(file)
  if (already !== undefined) return already
  const text = graph.get(file)?.text
  if (text === undefined) throw new Error(`${file} is not in the graph`)
  const initializeImportMeta = (meta: { url?: string }) => {
    meta.url = pathToFileURL(file).href
  }
  const module = new SourceTextModule(text, { identifier: file, context, initializeImportMeta })
  loaded.set(file, module)
  return module
}

const main = new SourceTextModule(readFileSync(0, 'utf8'), { identifier: 'program', context })
await main.link((specifier, { identifier }) =>
  load(
    specifier === 'entry' ? entry : (graph.get(identifier)?.imports.get(specifier) ?? specifier),
  ),
)
await main.evaluate()
process.stdout.write(`${told.join('\n')}\n`)
