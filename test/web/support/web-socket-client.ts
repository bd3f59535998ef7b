/** A client over the platform's own WebSocket: `node --experimental-websocket web-socket-client.js`, with `{ url, ca }` on its standard input. Prints what the server echoed. */
import { readFileSync } from 'node:fs'
import { connect, type WebSocketLike } from '@biopair/web'

const { url, ca } = JSON.parse(readFileSync(0, 'utf8')) as { url: string; ca: string }
const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => WebSocketLike }
const connection = connect(new WebSocket(url), { ca, servername: 'server.example' })
const { authorized } = await connection.opened
const writer = connection.writable.getWriter()
const writing = (async () => {
  for (let i = 0; i < 50; i++) await writer.write(new Uint8Array(10_000).fill(i))
  await writer.close()
})()
let [read, sum] = [0, 0]
const reader = connection.readable.getReader()
for (;;) {
  const { done, value } = await reader.read()
  if (done) break
  read += value.length
  for (const byte of value) sum += byte
}
await writing
await connection.closed
process.stdout.write(JSON.stringify({ authorized, read, sum }))
