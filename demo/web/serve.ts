/** `pnpm demo:web`: a page that speaks TLS itself, and all that it needs: the site, a relay, and a server to talk to. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { demoCertificate, demoKey, demoRoot } from '../certificates.ts'
import { relay } from './relay.ts'
import { site } from './site.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8443' },
    to: { type: 'string' },
    ca: { type: 'string' },
    servername: { type: 'string', default: 'demo.example' },
    path: { type: 'string', default: '/file' },
    help: { type: 'boolean', default: false },
  },
})

const usage = `pnpm demo:web [--port 8443] [--to host:port --ca file --servername name] [--path /file]

Serves a page on 127.0.0.1 that fetches a file over TLS 1.3 of its own, through a WebSocket and a relay. Without --to, from Node's https
with the demo's certificate; with it, from any HTTPS server: \`openssl s_server -WWW\`, say. Ctrl-C ends it.
`

if (values.help) process.stdout.write(usage)
else await main()

async function main(): Promise<void> {
  const { servername, path } = values
  const { host, port } = values.to === undefined ? await ownServer() : addressOf(values.to)
  const { url } = await relay(host, port)
  const ca = values.ca === undefined ? demoRoot : readFileSync(values.ca, 'utf8')
  const page = await site(Number(values.port), {
    settings: { relay: url, ca, servername, path },
    identity: {
      ca: demoRoot,
      cert: demoCertificate,
      key: demoKey,
      servername: 'demo.example',
    },
  })
  console.log(page)
}

/** A server of Node's with a file of random bytes. */
async function ownServer(): Promise<{ readonly host: string; readonly port: number }> {
  const file = randomBytes(2 ** 20)
  const server = createServer({ cert: demoCertificate, key: demoKey }, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', Connection: 'close' })
    response.end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function addressOf(to: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`tcp://${to}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}
