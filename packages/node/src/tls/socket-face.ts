/** The part of a TLS socket that is a socket's: addresses, timeouts, and what is handed on to the carrier below. */
import { Duplex, type DuplexOptions } from 'node:stream'
import { misuse } from './misuse.ts'

/** What a net.Socket has, and other streams may have. */
interface SocketLike {
  readonly remoteAddress?: string
  readonly remotePort?: number
  readonly remoteFamily?: string
  readonly localAddress?: string
  readonly localPort?: number
  readonly localFamily?: string
  readonly bytesRead?: number
  readonly bytesWritten?: number
  readonly connecting?: boolean
  address?(): object
  setNoDelay?(noDelay?: boolean): unknown
  setKeepAlive?(enable?: boolean, initialDelay?: number): unknown
  ref?(): unknown
  unref?(): unknown
}

const relayed = ['connect', 'ready', 'lookup'] as const

export abstract class SocketFace extends Duplex {
  #below: SocketLike & Partial<Duplex> = {}
  #timer: NodeJS.Timeout | undefined
  #timeout = 0

  constructor(options: DuplexOptions) {
    super(options)
    this.once('close', () => clearTimeout(this.#timer))
  }

  /** The carrier's own, for what is asked of it. */
  protected lieOn(below: object): void {
    this.#below = below
    if (this.#below.connecting !== true) return
    for (const event of relayed)
      this.#below.on?.(event, (...values: unknown[]) => void this.emit(event, ...values))
  }

  /** Something came or went: the timeout begins anew. */
  protected active(): void {
    this.#timer?.refresh()
  }

  get remoteAddress(): string | undefined {
    return this.#below.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#below.remotePort
  }

  get remoteFamily(): string | undefined {
    return this.#below.remoteFamily
  }

  get localAddress(): string | undefined {
    return this.#below.localAddress
  }

  get localPort(): number | undefined {
    return this.#below.localPort
  }

  get localFamily(): string | undefined {
    return this.#below.localFamily
  }

  /** Bytes of the carrier, sealed; 0 where it does not count them. */
  get bytesRead(): number {
    return this.#below.bytesRead ?? 0
  }

  get bytesWritten(): number {
    return this.#below.bytesWritten ?? 0
  }

  /** Whether the carrier is not connected yet. */
  get connecting(): boolean {
    return this.#below.connecting ?? false
  }

  get pending(): boolean {
    return this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** Bytes that `write` has taken and the connection has not. */
  get bufferSize(): number {
    return this.writableLength
  }

  get timeout(): number {
    return this.#timeout
  }

  /** `{}` where the carrier has no address. */
  address(): object {
    return this.#below.address?.() ?? {}
  }

  setNoDelay(noDelay?: boolean): this {
    this.#below.setNoDelay?.(noDelay)
    return this
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#below.setKeepAlive?.(enable, initialDelay)
    return this
  }

  /** Emits 'timeout' after so many milliseconds in which no plaintext came or went; 0 for never. Nothing is closed. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    checkTimeout(milliseconds)
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timeout = milliseconds
    if (milliseconds > 0) {
      if (listener) this.once('timeout', listener)
      // A timeout of its own, as not every carrier has one; it goes off again after each time that it was refreshed.
      if (!this.destroyed)
        this.#timer = setTimeout(() => this.emit('timeout'), milliseconds).unref()
    } else if (listener) this.off('timeout', listener)
    return this
  }

  ref(): this {
    this.#below.ref?.()
    return this
  }

  unref(): this {
    this.#below.unref?.()
    return this
  }

  /** Ends, and destroys once all that was written is out. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }
}

/** TypeError or RangeError for what is no time. */
export function checkTimeout(milliseconds: unknown): void {
  if (typeof milliseconds !== 'number')
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      `timeout: expected milliseconds, got ${typeof milliseconds}`,
    )
  if (milliseconds >= 0 && milliseconds < 2 ** 31) return
  const why = `timeout: expected 0 to ${2 ** 31 - 1}, got ${milliseconds}`
  throw Object.assign(new RangeError(why), { code: 'ERR_OUT_OF_RANGE' })
}
