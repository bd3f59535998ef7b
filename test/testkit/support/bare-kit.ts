/** Run as `node --experimental-vm-modules --experimental-import-meta-resolve bare-kit.js entry.js`, with a program on its standard input: runs it where there is ECMAScript and little else. */
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createContext, SourceTextModule } from 'node:vm'

const [, , entry = ''] = process.argv
const told: string[] = []
const web = { crypto: globalThis.crypto, TextEncoder, TextDecoder, setTimeout, clearTimeout }
const context = createContext({ ...web, console: { log: (line: string) => told.push(line) } })
const loaded = new Map<string, SourceTextModule>()

function load(file: string): SourceTextModule {
  const already = loaded.get(file)
  if (already !== undefined) return already
  const initializeImportMeta = (meta: { url?: string }) => {
    meta.url = file
  }
  const text = readFileSync(fileURLToPath(file), 'utf8')
  const module = new SourceTextModule(text, { identifier: file, context, initializeImportMeta })
  loaded.set(file, module)
  return module
}

const main = new SourceTextModule(readFileSync(0, 'utf8'), { identifier: 'program', context })
await main.link((specifier, { identifier }) =>
  load(
    specifier === 'entry' ? pathToFileURL(entry).href : import.meta.resolve(specifier, identifier),
  ),
)
await main.evaluate()
process.stdout.write(`${told.join('\n')}\n`)
