/** The socket BIO (BIO_s_socket) over anything shaped like a Node socket; nothing of Node is imported. */
import type { Bytes, LendingBio, Stopped } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { ByteQueue } from './queue.ts'
import { Signal } from './signal.ts'
import type { SocketLike, SocketOptions } from './socket-like.ts'
import { broken, eof, retryRead, retryWrite } from './stopped.ts'

const usualLimit = 64 * 1024
const usualRoom = 16 * 1024
const events = ['data', 'end', 'error', 'finish', 'drain', 'close'] as const
type Event = (typeof events)[number]

/**
 * Non-blocking reads and writes of a socket. It takes the socket over: nobody else reads it, and `allowHalfOpen` is set,
 * so that the peer's end leaves writing open. Its listeners are gone once the socket has closed.
 */
export class SocketBio implements LendingBio {
  readonly #socket: SocketLike
  readonly #inbound = new ByteQueue()
  readonly #inboundLimit: number
  readonly #outboundLimit: number
  readonly #listeners: Readonly<Record<Event, (value?: unknown) => void>>
  readonly #readable = new Signal()
  readonly #writable = new Signal()
  /** Bytes handed to the socket whose write callback has not come. */
  #inFlight = 0
  /** The socket asked to wait for `drain`. */
  #choked = false
  #paused = false
  #salvaging = false
  /** The last refusal on the write side was of a flush: then `ready('write')` is about flushing. */
  #flushing = false
  #finished = false
  #closed = false
  /** What reads come to once everything is read. */
  #ending: 'eof' | Error | undefined
  /** Why writes are refused. */
  #writeStop: Error | undefined
  /** Why what was taken may never arrive. */
  #failure: Error | undefined
  #lent: Bytes | undefined

  constructor(socket: SocketLike, options: SocketOptions = {}) {
    const { inbound = usualLimit, outbound = usualLimit } = options
    checkCount('inbound limit of a socket BIO', inbound, 1)
    checkCount('outbound limit of a socket BIO', outbound, 1)
    this.#socket = socket
    this.#inboundLimit = inbound
    this.#outboundLimit = outbound
    this.#listeners = {
      data: chunk => this.#receive(chunk),
      end: () => this.#endWith('eof'),
      error: error => this.#fail(asError(error)),
      finish: () => this.#finish(),
      drain: () => this.#drained(),
      close: () => this.#gone(),
    }
    if (socket.allowHalfOpen === false) socket.allowHalfOpen = true
    this.#finished = socket.writableFinished === true
    if (socket.readableEnded) this.#ending = 'eof'
    if (socket.errored) this.#fail(socket.errored)
    if (socket.destroyed) this.#lose()
    if (socket.writableEnded) this.#stopWriting(ended())
    if (socket.closed) return
    for (const event of events) socket.on(event, this.#listeners[event])
    socket.resume()
  }

  /** How many received bytes can be read. */
  get pending(): number {
    return this.#inbound.length
  }

  /** How many taken bytes the socket has not written yet. */
  get wpending(): number {
    return this.#inFlight
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    if (this.#inbound.length === 0) return this.#nothing()
    const count = this.#inbound.read(into)
    this.#relax()
    return count
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    const room = this.#free()
    if (typeof room !== 'number') return room
    // A copy: the socket keeps what it is given until it is written, and our caller may use its bytes again.
    const taken: Bytes = new Uint8Array(Math.min(bytes.length, room))
    taken.set(bytes.subarray(0, taken.length))
    return this.#hand(taken)
  }

  run(): Bytes | Stopped {
    return this.#inbound.length === 0 ? this.#nothing() : this.#inbound.run()
  }

  consume(count: number): void {
    this.#inbound.consume(count)
    this.#relax()
  }

  /** Fresh memory, which the socket gets at `commit` without a copy. */
  room(wanted?: number): Bytes | Stopped {
    if (wanted !== undefined) checkCount('wanted room', wanted, 0)
    this.#lent = undefined
    const room = this.#free()
    if (typeof room !== 'number') return room
    this.#lent = new Uint8Array(Math.min(Math.max(wanted ?? usualRoom, 1), room))
    return this.#lent
  }

  commit(count: number): void {
    const lent = this.#lent
    checkCount('bytes to commit of the lent room', count, 0, lent?.length ?? 0)
    if (lent !== undefined && count > 0) this.#hand(lent.subarray(0, count))
  }

  /** `done` once the socket has written everything that was taken: its callbacks have come. */
  flush(): 'done' | Stopped {
    if (this.#inFlight === 0) return 'done'
    if (this.#failure) return broken(this.#failure)
    this.#flushing = true
    return retryWrite
  }

  end(): 'done' | Stopped {
    if (this.#writeStop === undefined) {
      this.#stopWriting(ended())
      this.#endSocket()
    }
    return this.#failure ? broken(this.#failure) : 'done'
  }

  /**
   * Ends both ways. The socket is destroyed once it has written everything that was taken, or has failed; what comes
   * until then is dropped. A peer that never reads keeps it open: then destroy the socket itself.
   * An `error` is told to later calls here (as `cause`), not to the socket: destroying it with one can lose what is on its way.
   */
  close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    const closed = new BioError('CLOSED', 'this socket BIO was closed', { cause: error })
    const endsNow = this.#writeStop === undefined
    if (this.#inbound.length > 0 || this.#ending === undefined) this.#ending = closed
    this.#inbound.clear()
    this.#stopWriting(closed)
    this.#readable.fire()
    this.#socket.off('data', this.#listeners.data)
    this.#socket.off('end', this.#listeners.end)
    if (this.#failure === undefined && endsNow) this.#endSocket()
    if (this.#finished || this.#failure) this.#socket.destroy()
    else this.#socket.resume()
  }

  /** Settles when another try is worth it; after a refused `flush`, for `write`, when everything is written. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    if (on === 'read') {
      const worthIt = this.#inbound.length > 0 || this.#ending !== undefined
      return worthIt ? Promise.resolve() : this.#readable.wait()
    }
    return this.#worthWriting() ? Promise.resolve() : this.#writable.wait()
  }

  #receive(chunk: unknown): void {
    if (this.#closed || this.#salvaging || this.#ending !== undefined) return
    if (!ArrayBuffer.isView(chunk)) {
      const what = `expected bytes from the socket, got a ${typeof chunk}: it must have no encoding`
      this.#fail(new BioError('UNSUPPORTED_METHOD', what))
      this.#socket.destroy()
      return
    }
    this.#inbound.write(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#readable.fire()
    if (this.#paused || this.#inbound.length < this.#inboundLimit) return
    this.#paused = true
    this.#socket.pause()
  }

  /** Bytes were read: receives again once half of the bound is free. */
  #relax(): void {
    if (!this.#paused || this.#inbound.length * 2 > this.#inboundLimit) return
    this.#paused = false
    this.#socket.resume()
  }

  #hand(bytes: Bytes): number {
    this.#lent = undefined
    this.#flushing = false
    this.#inFlight += bytes.length
    try {
      const goOn = this.#socket.write(bytes, error => {
        if (error) return this.#failWriting(error)
        this.#inFlight -= bytes.length
        this.#wake()
      })
      this.#choked = !goOn
    } catch (error) {
      this.#failWriting(asError(error))
    }
    return bytes.length
  }

  #drained(): void {
    this.#choked = false
    this.#wake()
  }

  #finish(): void {
    this.#finished = true
    if (this.#closed) this.#socket.destroy()
  }

  #endSocket(): void {
    try {
      this.#socket.end()
    } catch (error) {
      this.#failWriting(asError(error))
    }
  }

  #gone(): void {
    for (const event of events) this.#socket.off(event, this.#listeners[event])
    this.#lose()
  }

  /** Nothing comes and nothing goes any more. */
  #lose(): void {
    const early = new BioError('PREMATURE_CLOSE', 'the socket closed before it ended')
    this.#salvage()
    this.#endWith(early)
    if (this.#inFlight > 0) this.#failure ??= early
    this.#stopWriting(new BioError('BROKEN_PIPE', 'write: the socket is closed'))
  }

  #fail(error: Error): void {
    this.#salvage()
    this.#endWith(error)
    this.#failWriting(error)
  }

  /** Says nothing about reading: what the peer sent before it went is still to come. */
  #failWriting(error: Error): void {
    this.#failure ??= error
    this.#stopWriting(error)
    if (this.#closed) this.#socket.destroy()
  }

  /** A destroyed socket emits no more `data`, but still has what came while it was paused. */
  #salvage(): void {
    if (this.#closed || this.#salvaging || this.#ending !== undefined) return
    if (!this.#socket.destroyed || this.#socket.read === undefined) return
    const chunks: unknown[] = []
    this.#salvaging = true
    for (;;) {
      const chunk = this.#socket.read()
      if (chunk === null || chunk === undefined) break
      chunks.push(chunk)
    }
    this.#salvaging = false
    this.#paused = true
    for (const chunk of chunks) this.#receive(chunk)
  }

  #endWith(ending: 'eof' | Error): void {
    this.#ending ??= ending
    this.#readable.fire()
  }

  #stopWriting(error: Error): void {
    this.#lent = undefined
    this.#writeStop ??= error
    this.#writable.fire()
  }

  #nothing(): Stopped {
    if (this.#ending === undefined) return retryRead
    return this.#ending === 'eof' ? eof : broken(this.#ending)
  }

  /** How much a write takes, or why nothing. */
  #free(): number | Stopped {
    if (this.#writeStop) return broken(this.#writeStop)
    const free = this.#choked ? 0 : this.#outboundLimit - this.#inFlight
    if (free > 0) return free
    this.#flushing = false
    return retryWrite
  }

  #worthWriting(): boolean {
    if (this.#flushing) return this.#inFlight === 0 || this.#failure !== undefined
    if (this.#writeStop) return true
    return !this.#choked && this.#inFlight < this.#outboundLimit
  }

  #wake(): void {
    if (this.#worthWriting()) this.#writable.fire()
  }
}

function ended(): BioError {
  return new BioError('BROKEN_PIPE', 'write: this side of the socket was ended')
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value))
}
