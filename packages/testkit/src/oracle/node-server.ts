/** A program: `node-server cert key TLSv1.3 h2,http/1.1` serves with node:tls and sends back each line reversed. */
import { readFileSync } from 'node:fs'
import type net from 'node:net'
import tls from 'node:tls'

const [, , cert = '', key = '', minVersion, protocols = ''] = process.argv
/** Node's own order has AES-256 first. */
const first = 'TLS_AES_128_GCM_SHA256'
const others = tls.DEFAULT_CIPHERS.split(':').filter(name => name !== first)
const server = tls.createServer({
  ciphers: [first, ...others].join(':'),
  cert: readFileSync(cert),
  key: readFileSync(key),
  ecdhCurve: 'X25519:P-256:P-384',
  minVersion: minVersion === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
  ...(protocols && { ALPNProtocols: protocols.split(',') }),
})
server.on('secureConnection', socket => {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) socket.write(`${[...line].reverse().join('')}\n`, 'latin1')
  })
  socket.on('error', () => socket.destroy())
})
server.on('tlsClientError', (_error, socket) => socket.end())
server.on('error', () => process.exit(1))
// Whoever started it has gone.
process.stdin.resume().on('end', () => process.exit(0))
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`ACCEPT ${(server.address() as net.AddressInfo).port}\n`),
)
