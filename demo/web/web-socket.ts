/** A WebSocket (RFC 6455) over a socket of Node's, as far as a demo and tests need one: binary messages, closing, and no extensions. Not for the open Internet. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { WebSocketLike } from '@biopair/web'

export class WebSocketEnd extends EventTarget implements WebSocketLike {
  binaryType = 'arraybuffer'
  readyState = 1
  readonly #socket: Socket
  readonly #masks: boolean
  #received = Buffer.alloc(0)
  #code = 1006

  constructor(socket: Socket, masks: boolean, head: Buffer) {
    super()
    this.#socket = socket
    this.#masks = masks
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#take(chunk))
    socket.on('error', () => this.dispatchEvent(new Event('error')))
    socket.on('close', () => {
      this.readyState = 3
      this.dispatchEvent(Object.assign(new Event('close'), { code: this.#code }))
    })
    if (head.length > 0) setImmediate(() => this.#take(head))
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== 1) throw new Error('not open')
    this.#frame(2, bytes)
  }

  close(code = 1005): void {
    if (this.readyState > 1) return
    this.readyState = 2
    this.#frame(8, code === 1005 ? new Uint8Array(0) : Uint8Array.of(code >> 8, code & 255))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Settles once what was sent has left, or the socket is gone. */
  drained(): Promise<void> {
    if (this.#socket.writableLength === 0 || this.#socket.destroyed) return Promise.resolve()
    return new Promise(resolve => {
      this.#socket.once('drain', resolve).once('close', resolve)
    })
  }

  /** The line is cut. */
  cut(): void {
    this.#socket.resetAndDestroy()
  }

  #frame(opcode: number, bytes: Uint8Array): void {
    const mask = this.#masks ? randomBytes(4) : Buffer.alloc(0)
    const bit = this.#masks ? 0x80 : 0
    const length = Buffer.alloc(bytes.length < 126 ? 1 : bytes.length < 65_536 ? 3 : 9)
    if (length.length === 1) length[0] = bit | bytes.length
    else if (length.length === 3) {
      length[0] = bit | 126
      length.writeUInt16BE(bytes.length, 1)
    } else {
      length[0] = bit | 127
      length.writeBigUInt64BE(BigInt(bytes.length), 1)
    }
    this.#socket.write(
      Buffer.concat([Uint8Array.of(0x80 | opcode), length, mask, masked(bytes, mask)]),
    )
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (let frame = this.#next(); frame; frame = this.#next()) {
      if (frame.opcode === 8) this.#closing(frame.bytes)
      else if (frame.opcode === 2)
        this.dispatchEvent(
          Object.assign(new Event('message'), { data: new Uint8Array(frame.bytes).buffer }),
        )
    }
  }

  #next(): { readonly opcode: number; readonly bytes: Buffer } | undefined {
    const all = this.#received
    if (all.length < 2) return undefined
    const short = (all[1] as number) & 0x7f
    const at = short < 126 ? 2 : short === 126 ? 4 : 10
    const maskAt = at + ((all[1] as number) & 0x80 ? 4 : 0)
    if (all.length < maskAt) return undefined
    const length =
      short < 126 ? short : short === 126 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2))
    if (all.length < maskAt + length) return undefined
    this.#received = all.subarray(maskAt + length)
    const bytes = masked(all.subarray(maskAt, maskAt + length), all.subarray(at, maskAt))
    return { opcode: (all[0] as number) & 15, bytes }
  }

  #closing(bytes: Buffer): void {
    this.#code = bytes.length >= 2 ? bytes.readUInt16BE(0) : 1005
    if (this.readyState === 1) this.close(this.#code)
    this.readyState = 2
    this.#socket.end()
  }
}

function masked(bytes: Uint8Array, mask: Uint8Array): Buffer {
  const out = Buffer.from(bytes)
  if (mask.length > 0)
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) ^ (mask[i % 4] as number)
  return out
}

/** A server that gives each WebSocket to `came`, with the path that was asked for. */
export async function webSocketServer(
  came: (end: WebSocketEnd, path: string) => void,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((_, response) => response.writeHead(404).end())
  server.on('upgrade', (asked, socket: Socket, head: Buffer) => {
    const key = `${asked.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
        '\r\n',
      ].join('\r\n'),
    )
    came(new WebSocketEnd(socket, false, head), asked.url ?? '/')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}

/** The client's end. */
export async function webSocketTo(url: string): Promise<WebSocketEnd> {
  const asked = request(url.replace('ws:', 'http:'), {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    },
  })
  asked.end()
  const [, socket, head] = (await once(asked, 'upgrade')) as [unknown, Socket, Buffer]
  return new WebSocketEnd(socket, true, head)
}

/** Both ends of a WebSocket over a real connection. */
export async function webSocketPair(): Promise<readonly [WebSocketEnd, WebSocketEnd]> {
  let far: WebSocketEnd | undefined
  const { url, server } = await webSocketServer(end => {
    far = end
  })
  const near = await webSocketTo(url)
  server.close()
  return [near, far as WebSocketEnd]
}
