/**
 * A program, run as `node --experimental-vm-modules bare.js web.js portable.js` with the material on its standard input: loads both graphs into a
 * context that has ECMAScript and what every page has, and nothing of Node; there, `talk` runs. Prints what it came to, and what of Node was to be seen.
 */
import { readFileSync } from 'node:fs'
import { createContext, SourceTextModule } from 'node:vm'
import { modulesFrom } from '../../house/support/modules.ts'

const [, , web = '', portable = ''] = process.argv
const told: string[] = []
const page = {
  ...{ AbortController, MessageChannel, ReadableStream, TextDecoder, TextEncoder, WritableStream },
  ...{ clearTimeout, setTimeout },
  crypto: globalThis.crypto,
}
const context = createContext({
  ...page,
  material: readFileSync(0, 'utf8'),
  tell: (line: string) => told.push(line),
})
const program = `
import * as web from 'web'
import { talk } from 'portable'
const talked = await talk(web, JSON.parse(material))
tell(JSON.stringify({ ...talked, node: [typeof process, typeof Buffer, typeof require, typeof document] }))
`

const graph = new Map([...modulesFrom(web), ...modulesFrom(portable)])
const loaded = new Map<string, SourceTextModule>()

function load(file: string): SourceTextModule {
  const already = loaded.get(file)
  if (already) return already
  const text = graph.get(file)?.text
  if (text === undefined) throw new Error(`${file} is not in the graph`)
  const module = new SourceTextModule(text, { identifier: file, context })
  loaded.set(file, module)
  return module
}

const entries: Readonly<Record<string, string>> = { web, portable }
const main = new SourceTextModule(program, { identifier: 'program', context })
await main.link((specifier, { identifier }) =>
  load(entries[specifier] ?? graph.get(identifier)?.imports.get(specifier) ?? specifier),
)
await main.evaluate()
process.stdout.write(told.join('\n'))
