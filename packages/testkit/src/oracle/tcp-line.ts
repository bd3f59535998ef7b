/** A connection to a child process over a socket of this machine. */
import net from 'node:net'
import type { Bytes } from '@biopair/crypto'
import type { Line } from './contender.ts'

export class TcpLine implements Line {
  readonly #socket: net.Socket
  readonly #patience: number
  readonly #came: Bytes[] = []
  #over: 'end' | 'reset' | undefined
  #wake: (() => void) | undefined

  /** @param patience milliseconds of silence after which it is quiet */
  static async to(port: number, patience: number): Promise<TcpLine> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new TcpLine(socket, patience)
  }

  constructor(socket: net.Socket, patience: number) {
    this.#socket = socket
    this.#patience = patience
    socket.on('data', chunk => {
      this.#came.push(new Uint8Array(chunk))
      this.#wake?.()
    })
    const over = (how: 'end' | 'reset') => () => {
      this.#over ??= how
      this.#wake?.()
    }
    socket.on('error', over('reset'))
    for (const event of ['end', 'close']) socket.on(event, over('end'))
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  end(): void {
    this.#socket.end()
  }

  async read(): Promise<Bytes | 'end' | 'reset' | 'quiet'> {
    if (this.#came.length === 0 && !this.#over) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        this.#wake = resolve
        timer = setTimeout(resolve, this.#patience)
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    return this.#came.shift() ?? this.#over ?? 'quiet'
  }

  close(): void {
    this.#socket.destroy()
  }
}
