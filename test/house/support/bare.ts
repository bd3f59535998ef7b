/**
 * A program, run as `node --experimental-vm-modules bare.js entry.js`, with `{ ca, cert, key }` on its standard input: loads the
 * module graph of `entry` into a context that has ECMAScript and the given few globals of the web, and nothing of Node; there, a client and a
 * server shake hands and say something. Prints what they agreed on as JSON.
 */
import { readFileSync } from 'node:fs'
import { createContext, SourceTextModule } from 'node:vm'
import { modulesFrom } from './modules.ts'

const program = `
import { bioPair, MemoryBio, noble, Ssl, SslContext } from 'entry'
const [near, far] = bioPair(1)
const client = new Ssl(new SslContext({ ca, ALPNProtocols: ['h2'] }), { servername: 'server.example' })
const server = new Ssl(new SslContext({ cert, key, crypto: noble, ALPNProtocols: ['h2'] }))
client.setBio(near).setConnectState()
server.setBio(far).setAcceptState()
let outcomes
do outcomes = [client.doHandshake(), server.doHandshake()]
while (outcomes.some(({ status }) => status.startsWith('want_')))
const into = new Uint8Array(16)
const heard = []
for (const [at, byte] of [104, 105].entries()) {
  while (client.write(Uint8Array.of(byte)).status !== 'done') server.read(into)
  while (heard.length === at) {
    const read = server.read(into)
    if (read.status === 'done') heard.push(...into.subarray(0, read.bytes))
    client.flush()
  }
}
tell(JSON.stringify({
  statuses: outcomes.map(({ status }) => status),
  cipher: client.cipher.name,
  group: client.group,
  alpn: client.alpnProtocol,
  heard: String.fromCharCode(...heard),
  globals: [typeof process, typeof Buffer, typeof setTimeout, typeof document, new MemoryBio().pending].join(),
}))
`

const [, , entry = ''] = process.argv
const { ca, cert, key } = JSON.parse(readFileSync(0, 'utf8')) as Record<string, string>
const told: string[] = []
// What every browser has and ECMAScript has not, as far as the graph may ask for it.
const web = { crypto: globalThis.crypto, TextEncoder, TextDecoder }
const context = createContext({ ...web, ca, cert, key, tell: (line: string) => told.push(line) })

const graph = modulesFrom(entry)
const loaded = new Map<string, SourceTextModule>()

function load(file: string): SourceTextModule {
  const already = loaded.get(file)
  if (already !== undefined) return already
  const text = graph.get(file)?.text
  if (text === undefined) throw new Error(`${file} is not in the graph`)
  const module = new SourceTextModule(text, { identifier: file, context })
  loaded.set(file, module)
  return module
}

const main = new SourceTextModule(program, { identifier: 'program', context })
await main.link((specifier, { identifier }) =>
  load(
    specifier === 'entry' ? entry : (graph.get(identifier)?.imports.get(specifier) ?? specifier),
  ),
)
await main.evaluate()
process.stdout.write(told.join('\n'))
