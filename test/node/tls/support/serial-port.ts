/** A stream shaped as a SerialPort of the package `serialport`: a Duplex that opens later, and never ends by itself. */
import { Duplex } from 'node:stream'

export class SerialPort extends Duplex {
  isOpen = false
  /** Bytes a millisecond are the line's business; 0 for no line that is slower than this process. */
  #other: SerialPort | undefined
  #taken: (() => void) | undefined

  constructor() {
    super({ autoDestroy: false, allowHalfOpen: false, highWaterMark: 64 * 1024 })
  }

  /** Two that are joined, and open soon. */
  static line(): readonly [SerialPort, SerialPort] {
    const [near, far] = [new SerialPort(), new SerialPort()]
    near.#other = far
    far.#other = near
    for (const port of [near, far])
      setTimeout(() => {
        port.isOpen = true
        port.emit('open')
      }, 5)
    return [near, far]
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    if (!this.isOpen) {
      this.once('open', () => this._write(chunk, encoding, done))
      return
    }
    const other = this.#other as SerialPort
    if (other.push(Buffer.from(chunk))) process.nextTick(done)
    else other.#taken = done
  }

  override _final(done: () => void): void {
    this.#other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // The cable is pulled.
    this.#other?.push(null)
    done(error)
  }
}
