/** A program: a server whose tickets are sealed with the keys in TICKET_KEYS. It says its port, and of each connection whether it was resumed; then it echoes a line. */
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { SocketBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { drive, Ssl, SslContext } from '@biopair/ssl'

const [, , cert = '', key = ''] = process.argv
const context = new SslContext({
  crypto: nodeCrypto,
  cert: readFileSync(cert),
  key: readFileSync(key),
  ticketKeys: (process.env.TICKET_KEYS ?? '').split(',').map(hex => Buffer.from(hex, 'hex')),
})

const server = net.createServer({ allowHalfOpen: true }, async socket => {
  const ssl = new Ssl(context).setBio(new SocketBio(socket)).setAcceptState()
  const into = new Uint8Array(100)
  const got = await drive(ssl, () => ssl.read(into))
  process.stdout.write(`${got.status} resumed=${ssl.resumed}\n`)
  if (got.status === 'done') await drive(ssl, () => ssl.write(into.subarray(0, got.bytes)))
  await drive(ssl, () => ssl.shutdown())
  socket.end()
})
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`port ${(server.address() as net.AddressInfo).port}\n`),
)
