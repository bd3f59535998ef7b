/** `WebSocketServer` as the `ws` package has it, as far as a relay needs it; it listens where there is room, and says where. */
import { EventEmitter } from 'node:events'
import { type WebSocketEnd, webSocketServer } from './web-socket-end.ts'

class Socket extends EventEmitter {
  readonly #end: WebSocketEnd

  constructor(end: WebSocketEnd) {
    super()
    this.#end = end
    const hear = (type: string, told: (event: Record<string, unknown>) => void) =>
      end.addEventListener(type, event => told(event as unknown as Record<string, unknown>))
    hear('message', ({ data }) => this.emit('message', Buffer.from(data as ArrayBuffer), true))
    hear('close', ({ code }) => this.emit('close', code, Buffer.alloc(0)))
    hear('error', () => this.emit('error', new Error('it broke')))
  }

  send(bytes: Uint8Array, left: (error?: Error) => void): void {
    if (this.#end.readyState !== 1) return void process.nextTick(left, new Error('not open'))
    this.#end.send(bytes)
    void this.#end.drained().then(() => left())
  }

  close(code?: number): void {
    this.#end.close(code)
  }

  pause(): void {
    this.#end.pause()
  }

  resume(): void {
    this.#end.resume()
  }
}

export class WebSocketServer extends EventEmitter {
  constructor(_options: { readonly port: number }) {
    super()
    const came = (end: WebSocketEnd, url: string) =>
      void this.emit('connection', new Socket(end), { url })
    void webSocketServer(came).then(({ url }) => process.stdout.write(`${url}\n`))
  }
}
