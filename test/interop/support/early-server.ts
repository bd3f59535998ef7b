/** A server process for tests: `early-server <redis-store.mjs> <redis port> <cert> <key>`. Says its port, and what became of each connection. */
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { pathToFileURL } from 'node:url'
import { SocketBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { drive, type ReplayStore, Ssl, SslContext } from '@biopair/ssl'

const [store = '', port, cert = '', key = ''] = process.argv.slice(2)
const { RedisReplayStore } = (await import(pathToFileURL(store).href)) as {
  RedisReplayStore: new (port: number) => ReplayStore
}
const context = new SslContext({
  crypto: nodeCrypto,
  cert: readFileSync(cert),
  key: readFileSync(key),
  ticketKeys: new Uint8Array(48).fill(9),
  maxEarlyData: 1000,
  replayStore: new RedisReplayStore(Number(port)),
})

const server = net.createServer({ allowHalfOpen: true }, async socket => {
  const ssl = new Ssl(context).setBio(new SocketBio(socket)).setAcceptState()
  const into = new Uint8Array(1000)
  let text = ''
  for (;;) {
    const early = await drive(ssl, () => ssl.readEarly(into))
    if (early.status !== 'done') break
    text += Buffer.from(into.subarray(0, early.bytes)).toString()
    // A flight that was played has no end.
    if (text.endsWith('.')) break
  }
  say(`${ssl.earlyData} ${ssl.resumed ? 'resumed' : 'full'} "${text}"`)
  if ((await drive(ssl, () => ssl.doHandshake())).status === 'done') say('connected')
  await drive(ssl, () => ssl.read(into))
  socket.destroy()
})
server.listen(0, '127.0.0.1', () => say(`port ${(server.address() as net.AddressInfo).port}`))

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
