/** Node streams as a carrier: bytes as they come, back-pressure as the streams have it, ends and errors both ways. */
import type { Readable, Writable } from 'node:stream'
import type { ByteCarrier } from '@biopair/ssl/stream'
import { type NodeStreams, streamEnds } from './node-streams.ts'

/** How long a carrier whose side is ended waits for the other side's end before it is destroyed, in milliseconds. */
const lingers = 2000

/**
 * A carrier of a Duplex or of two streams. Bytes that the stream holds already are the first. Whoever else reads the stream takes bytes away from TLS.
 * Closed, it ends the stream, reads and drops what still comes, and destroys it once the other side has ended, or after two seconds.
 */
export function fromDuplex(streams: NodeStreams): ByteCarrier {
  const { source, sink } = streamEnds(streams)
  return new DuplexCarrier(source, sink)
}

/** A carrier that is there later: a connection that is made through a proxy, say. */
export function fromLater(promise: Promise<ByteCarrier>): ByteCarrier {
  promise.catch(() => {})
  return {
    read: async () => (await promise).read(),
    write: async bytes => (await promise).write(bytes),
    close: async () => (await promise).close(),
    abort: reason => {
      promise.then(
        carrier => carrier.abort(reason),
        () => {},
      )
    },
  }
}

class DuplexCarrier implements ByteCarrier {
  readonly #source: Readable
  readonly #sink: Writable
  #error: Error | undefined
  #ended = false
  /** Nobody asks any more. */
  #left = false
  #aborted = false
  #readers: (() => void)[] = []
  #writers: (() => void)[] = []
  readonly #onReadable = () => this.#wake(this.#readers)

  constructor(source: Readable, sink: Writable) {
    this.#source = source
    this.#sink = sink
    const all = () => {
      this.#wake(this.#readers)
      this.#wake(this.#writers)
    }
    source.on('readable', this.#onReadable)
    source.once('end', () => {
      this.#ended = true
      this.#wake(this.#readers)
    })
    sink.on('drain', () => this.#wake(this.#writers))
    for (const stream of new Set([source, sink])) {
      // It stays for good: what breaks when nobody asks any more is nobody's error.
      stream.on('error', (error: Error) => {
        this.#error ??= error
        all()
      })
      stream.once('close', all)
    }
    sink.once('finish', all)
    this.#ended = source.readableEnded
  }

  /** Why it broke. A stream knows before it tells, and one that broke before it came here tells nobody again. */
  get #broken(): Error | undefined {
    return this.#error ?? this.#sink.errored ?? this.#source.errored ?? undefined
  }

  readNow(): Uint8Array | null | undefined {
    const chunk: unknown = this.#broken ? null : this.#source.read()
    if (chunk instanceof Uint8Array) return chunk
    if (chunk !== null)
      throw new TypeError(`expected a stream of bytes, got a ${typeof chunk}: it has an encoding`)
    if (this.#ended) return null
    if (this.#broken) throw this.#broken
    if (this.#source.destroyed) throw gone('it was closed before its end')
    return undefined
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.readNow()
      if (chunk !== undefined) return chunk
      await new Promise<void>(resolve => this.#readers.push(resolve))
    }
  }

  writeNow(bytes: Uint8Array<ArrayBuffer>): boolean {
    this.#checkSink()
    if (this.#sink.writableNeedDrain) return false
    this.#sink.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    return true
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    // Room is waited for before, if `writeNow` has filled it, and behind.
    for (let given = false; ; ) {
      if (this.#sink.writableNeedDrain) {
        await new Promise<void>(resolve => this.#writers.push(resolve))
        this.#checkSink()
      } else if (given) return
      else given = this.writeNow(bytes)
    }
  }

  async close(): Promise<void> {
    const sink = this.#sink
    if (!sink.writableEnded && !sink.destroyed) sink.end()
    this.#linger()
    while (!sink.writableFinished && !sink.destroyed && !this.#error)
      await new Promise<void>(resolve => this.#writers.push(resolve))
  }

  abort(reason: Error): undefined {
    // Who gives up twice is not in more of a hurry.
    if (this.#aborted) return
    this.#aborted = true
    this.#left = true
    this.#error ??= reason
    const sink = this.#sink
    const destroy = (): undefined => {
      for (const stream of new Set([this.#source, sink])) stream.destroy(reason)
    }
    this.#wake(this.#readers)
    this.#wake(this.#writers)
    // Not every stream tells its other side that it was destroyed; that it was ended, every one does. TLS has an alert, and close_notify would hide it.
    if (sink.destroyed || sink.writableEnded || 'encrypted' in sink) return destroy()
    sink.end()
    setImmediate(destroy)
  }

  /** Reads to no end but to let the other side finish: a socket that is closed with bytes unread resets what was sent. */
  #linger(): void {
    if (this.#left) return
    this.#left = true
    const source = this.#source
    const sink = this.#sink
    const over = () => {
      clearTimeout(timer)
      if (!sink.writableFinished) return
      source.destroy()
      sink.destroy()
    }
    const timer = setTimeout(() => {
      source.destroy()
      sink.destroy()
    }, lingers).unref()
    source.off('readable', this.#onReadable)
    source.once('close', () => clearTimeout(timer))
    if (this.#ended || source.destroyed) sink.once('finish', over)
    else {
      source.once('end', () => (sink.writableFinished ? over() : sink.once('finish', over)))
      source.resume()
    }
  }

  #checkSink(): void {
    if (this.#broken) throw this.#broken
    if (this.#sink.destroyed || this.#sink.writableEnded) throw gone('it takes no more')
  }

  #wake(waiting: (() => void)[]): void {
    for (const resolve of waiting.splice(0)) resolve()
  }
}

function gone(why: string): Error {
  return Object.assign(new Error(`the stream below is gone: ${why}`), { code: 'ERR_CARRIER_GONE' })
}
