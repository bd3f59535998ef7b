/** Stand-ins for what Node 20 has not: a WebSocket, a data channel and a serial port, two and two, with a link of their own. */
import type { DataChannelLike, SerialLike, WebSocketLike } from '@biopair/web'

class FakeEvent extends Event {
  constructor(type: string, fields: object) {
    super(type)
    Object.assign(this, fields)
  }
}

/** What both kinds share: messages that leave one after the other, each in a turn of the event loop. */
abstract class Fake extends EventTarget {
  binaryType = 'blob'
  bufferedAmount = 0
  /** Nothing leaves any more. */
  stalled = false
  /** The longest message that was sent. */
  longest = 0
  protected other: Fake | undefined
  readonly #link: Uint8Array[] = []
  #moving = false

  join(other: Fake): void {
    this.other = other
    other.other = this
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.longest = Math.max(this.longest, bytes.length)
    this.#link.push(bytes.slice())
    this.bufferedAmount += bytes.length
    this.#move()
  }

  protected tell(type: string, fields: object = {}): void {
    this.dispatchEvent(new FakeEvent(type, fields))
  }

  protected sent(): void {}

  protected get idle(): boolean {
    return this.#link.length === 0
  }

  protected abstract get takes(): boolean

  #move(): void {
    if (this.#moving) return
    this.#moving = true
    setImmediate(() => {
      this.#moving = false
      if (this.stalled) return
      const bytes = this.#link.shift()
      if (!bytes) return
      this.bufferedAmount -= bytes.length
      if (this.other?.takes) this.other.tell('message', { data: bytes.buffer })
      this.sent()
      if (!this.idle) this.#move()
    })
  }
}

export class FakeWebSocket extends Fake implements WebSocketLike {
  readyState = 1

  protected override get takes(): boolean {
    return this.readyState < 3
  }

  override send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== 1) throw new Error('not open')
    super.send(bytes)
  }

  open(): void {
    this.readyState = 1
    this.tell('open')
  }

  close(code?: number, reason = ''): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
      throw new Error(`${code} is no code for close`)
    if (this.readyState > 1) return
    this.readyState = 2
    this.#closing(code ?? 1005, reason)
  }

  /** As a line that broke: 1006, which nobody sends. */
  break(): void {
    this.#closed(1006, '')
  }

  /** Behind all that was sent. */
  #closing(code: number, reason: string): void {
    setImmediate(() => {
      if (this.readyState === 3) return
      if (!this.idle && !this.stalled) return this.#closing(code, reason)
      const other = this.other as FakeWebSocket | undefined
      if (other) other.#closed(code, reason)
      this.#closed(code, reason)
    })
  }

  #closed(code: number, reason: string): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.tell('close', { code, reason, wasClean: code !== 1006 })
  }
}

export class FakeDataChannel extends Fake implements DataChannelLike {
  readonly ordered: boolean = true
  readonly maxPacketLifeTime: number | null = null
  readonly maxRetransmits: number | null = null
  readyState = 'open'
  bufferedAmountLowThreshold = 0
  readonly #most: number

  constructor(most = 16_384) {
    super()
    this.#most = most
  }

  protected override get takes(): boolean {
    return this.readyState === 'open'
  }

  override send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== 'open') throw new Error('not open')
    if (bytes.length > this.#most) throw new TypeError('the message is too long')
    super.send(bytes)
  }

  open(): void {
    this.readyState = 'open'
    this.tell('open')
  }

  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    const { other } = this
    setImmediate(() => {
      this.tell('close')
      if (other instanceof FakeDataChannel && other.readyState === 'open') {
        other.readyState = 'closed'
        other.tell('close')
      }
    })
  }

  protected override sent(): void {
    if (this.bufferedAmount <= this.bufferedAmountLowThreshold) this.tell('bufferedamountlow')
  }
}

/** Two ends of a serial line. A port that was cancelled, or closed for writing, gives fresh streams, as Web Serial's do. */
export function serialPorts(): readonly [SerialLike, SerialLike] {
  const [there, back] = [line(), line()]
  const port = (readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>) => ({
    readable,
    writable,
    getInfo: () => ({}),
  })
  return [port(back.readable, there.writable), port(there.readable, back.writable)]
}

/** One way of bytes, with room for 16 KiB. */
export function line(): TransformStream<Uint8Array, Uint8Array> {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: 16_384 })
  return new TransformStream<Uint8Array, Uint8Array>(undefined, strategy, strategy)
}

/** Functions over memory, with room for one piece each way; `cut` breaks both. */
export function memoryFunctions() {
  const [there, back] = [slot(), slot()]
  return {
    near: { read: back.read, write: there.write, close: there.close, abort: there.abort },
    far: { read: there.read, write: back.write, close: back.close, abort: back.abort },
    cut(error: Error) {
      there.fail(error)
      back.fail(error)
    },
  }
}

/** Room for one piece. */
function slot() {
  let held: Uint8Array | null | undefined
  let failure: Error | undefined
  let wakers: (() => void)[] = []
  const wake = () => {
    for (const waker of wakers) waker()
    wakers = []
  }
  const changed = () => new Promise<void>(resolve => wakers.push(resolve))
  return {
    async read(): Promise<Uint8Array | null> {
      while (held === undefined && !failure) await changed()
      if (held === undefined) throw failure
      const bytes = held
      if (bytes !== null) held = undefined
      wake()
      return bytes
    },
    async write(bytes: Uint8Array): Promise<void> {
      while (held && !failure) await changed()
      if (failure) throw failure
      if (held === null) throw new Error('closed')
      held = bytes
      wake()
      while (held === bytes && !failure) await changed()
      if (failure) throw failure
    },
    close() {
      held ??= null
      wake()
    },
    abort(error: Error) {
      failure ??= error
      wake()
    },
    fail(error: Error) {
      failure ??= error
      wake()
    },
  }
}
