/** What the recipes of pages take for granted: `ca`, `cert`, `key` and `pkcs8`, a server at the other end of everything, and what Node 20 has not. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:tls'
import { parentPort, Worker } from 'node:worker_threads'
import { nodeCrypto } from '@biopair/crypto-node'
import { accept, type Carrier, type SerialLike } from '@biopair/web'
import { FakeDataChannel, FakeWebSocket, serialPorts } from './fakes.ts'

const cert = readFileSync('cert.pem', 'utf8')
const key = readFileSync('key.pem', 'utf8')
const pkcs8 = Buffer.from(key.replace(/-----.*-----|\s/g, ''), 'base64')

/** A server that says again what it hears. */
function echo(carrier: Carrier): void {
  const { readable, writable, closed } = accept(carrier, { cert, key, crypto: nodeCrypto })
  void readable.pipeTo(writable).catch(() => {})
  void closed.catch(() => {})
}

class PageWebSocket extends FakeWebSocket {
  constructor(url: string) {
    super()
    if (url !== 'wss://relay.example/tcp/server.example:443') throw new Error(url)
    this.readyState = 0
    const far = new FakeWebSocket()
    this.join(far)
    echo(far)
    setTimeout(() => this.open(), 5)
  }
}

class PeerConnection {
  createDataChannel(): FakeDataChannel {
    const [near, far] = [new FakeDataChannel(65_536), new FakeDataChannel(65_536)]
    near.join(far)
    near.readyState = 'connecting'
    setTimeout(() => near.open(), 5)
    echo(far)
    return near
  }

  close(): void {}
}

/** A port whose device is a server; it has to be open to be used, and unlocked to be closed. */
function serialPort() {
  const [near, far] = serialPorts()
  let open = false
  return {
    get readable() {
      return open ? near.readable : null
    },
    get writable() {
      return open ? near.writable : null
    },
    getInfo: () => ({}),
    async open() {
      open = true
      echo(far)
    },
    async close() {
      if (near.readable?.locked || near.writable?.locked) throw new TypeError('it is locked')
      open = false
    },
  } satisfies SerialLike & { open(): Promise<void>; close(): Promise<void> }
}

function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined
  return () => {
    made ??= { it: make() }
    return made.it
  }
}

/** A device with callbacks. */
function bleDevice() {
  const device = {
    onbytes: (_: Uint8Array) => {},
    send: async (bytes: Uint8Array) => push(bytes),
    disconnect: async () => push(null),
  }
  const came: (Uint8Array | null)[] = []
  let wake = () => {}
  const push = (bytes: Uint8Array | null) => {
    came.push(bytes)
    wake()
  }
  echo({
    async read() {
      while (came.length === 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      return came.shift() ?? null
    },
    write: async bytes => device.onbytes(bytes),
  })
  return device
}

Object.assign(globalThis, {
  ...{ ca: cert, cert, key, pkcs8, self: parentPort, Worker },
  ...{ RTCPeerConnection: PeerConnection, WebSocket: PageWebSocket },
  fetch: async () => new Response(cert),
})
// Made when it is asked for: a server that nobody talks to would wait for its client.
Object.defineProperty(globalThis, 'device', { get: once(bleDevice) })
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: { serial: { requestPort: async () => serialPort() } },
})

if (process.argv.includes('with-server')) {
  const server = createServer({ cert, key }, socket => {
    socket.on('error', () => {})
    socket.pipe(socket)
  }).unref()
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  Object.assign(globalThis, { port: (server.address() as { port: number }).port })
}
