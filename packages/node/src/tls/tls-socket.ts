/** `TlsSocket`: TLS over any Node stream, as a Duplex that programs take for a TLSSocket of node:tls. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Ssl } from '@biopair/ssl'
import { sessionToBytes } from '@biopair/ssl'
import { type ByteCarrier, SslStream, StreamError, type Timers } from '@biopair/ssl/stream'
import { fromDuplex, fromLater } from './duplex-carrier.ts'
import { codedError } from './errors.ts'
import { FramedCarrier, type Framing } from './framed-carrier.ts'
import type { NodeStreams } from './node-streams.ts'
import { prepare, type TlsClientOptions, type TlsServerOptions } from './options.ts'
import { SocketFacts } from './socket-facts.ts'

/** What TLS runs over: streams that are there, will be, or are made once the options are found to be right. */
export type TlsCarrier = NodeStreams | Promise<NodeStreams> | (() => NodeStreams)

interface OwnOptions {
  /** Wraps the handshake, and nothing else, in packets of another protocol. */
  readonly framing?: Framing | undefined
}

export type TlsSocketOptions =
  | (TlsClientOptions & OwnOptions & { readonly isServer?: false | undefined })
  | (TlsServerOptions & OwnOptions & { readonly isServer: true })

/**
 * Events, beside those of a Duplex: `secureConnect` (client), `secure` (both roles), `session` (bytes, client), `keylog` (line), `OCSPResponse`
 * (client that asked); `connect`, `ready`, `lookup` of a socket below that was connecting; `timeout`.
 *
 * An end of the peer without close_notify is an error, ECONNRESET. Destroyed with nothing left to send and no error, it says
 * close_notify; destroyed otherwise, it cuts the line, and that error is the peer's.
 */
export class TlsSocket extends SocketFacts {
  override readonly ssl: Ssl
  readonly #stream: SslStream
  #carrier: ByteCarrier | undefined
  /** Writing waits for it: the last packet of a framing is out. */
  readonly #ready: Promise<void> | undefined
  #open = false
  #reading = false
  /** The connection has ended by itself, and sees to its end. */
  #ended = false

  /** TypeError for options that are wrong, before the carrier is touched; everything later is 'error'. */
  constructor(carrier: TlsCarrier, options: TlsSocketOptions) {
    const { isServer = false, framing, ...rest } = options
    const role = isServer ? 'server' : 'client'
    // Listeners run on their own, and not inside the connection.
    const tell = (event: string, value: Buffer) =>
      process.nextTick(() => void (this as TlsSocket).emit(event, value))
    const prepared = prepare(role, rest as TlsClientOptions | TlsServerOptions, {
      keylog: line => tell('keylog', Buffer.from(`${line}\n`)),
      ...(isServer ? {} : { onSession: one => tell('session', Buffer.from(sessionToBytes(one))) }),
    })
    const { highWaterMark, allowHalfOpen } = prepared
    super({ highWaterMark, allowHalfOpen, autoDestroy: true, emitClose: true })
    this.ssl = prepared.ssl
    let framed: FramedCarrier | undefined
    const open = (): ByteCarrier => {
      const below = this.#carrierOf(carrier)
      if (framing) framed = new FramedCarrier(below, framing)
      this.#carrier = framed ?? below
      return this.#carrier
    }
    this.#stream = new SslStream(prepared.ssl, open, prepared.stream, timers)
    if (framed) {
      this.#ready = this.#unframe(framed)
      this.#ready.catch(() => {})
    }
    this.#stream.opened.then(
      () => aside(() => this.#opened(role, prepared.requestsOcsp)),
      error => this.#fail(error),
    )
    // What has come is read before the error that came behind it; where nobody reads, nothing has.
    this.#stream.closed.catch(error => {
      if (!this.#open || this.#stream.buffered.reading === 0) this.#fail(error)
    })
    // Ends and errors are noticed also where nobody reads yet.
    this.read(0)
  }

  /** True until the handshake is over. */
  get secureConnecting(): boolean {
    return !this.#open
  }

  /** Changes our keys, and with `request` the peer's. */
  keyUpdate(request = false): void {
    this.#stream.call(ssl => ssl.keyUpdate(request))
  }

  override _read(): void {
    if (this.#reading) return
    this.#reading = true
    this.#stream.read().then(
      bytes => {
        this.#reading = false
        this.active()
        const chunk = bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        aside(() => void this.push(chunk))
      },
      error => this.#fail(error),
    )
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.#send([chunk]).then(() => done(), this.#refused(done))
  }

  override _writev(
    chunks: readonly { readonly chunk: Uint8Array }[],
    done: (error?: Error) => void,
  ): void {
    this.#send(chunks.map(({ chunk }) => chunk)).then(() => done(), this.#refused(done))
  }

  override _final(done: (error?: Error) => void): void {
    this.#end().then(() => done(), this.#refused(done))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const stream = this.#stream
    const over = () => done(error)
    // Its alert is on its way.
    const said = this.writableLength === 0 && stream.buffered.writing === 0
    if (!this.#ended && !error && said && !this.connecting) {
      stream.close().then(over, over)
      return
    }
    if (!this.#ended) {
      const reason = error ?? new StreamError('ERR_ABORTED', 'the socket was destroyed')
      // As node:tls: the line is cut, and the peer misses the rest. An alert would be an error of TLS, which this is not.
      this.#carrier?.abort(reason)
      stream.abort(reason)
    }
    over()
  }

  #carrierOf(carrier: TlsCarrier): ByteCarrier {
    const over = (streams: NodeStreams) => {
      const carrier = fromDuplex(streams)
      this.lieOn(streams)
      return carrier
    }
    if (typeof carrier === 'function') return over(carrier())
    return carrier instanceof Promise ? fromLater(carrier.then(over)) : over(carrier)
  }

  #opened(role: 'client' | 'server', requestsOcsp: boolean): undefined {
    if (this.destroyed) return
    this.#open = true
    this.active()
    const { ocspResponse } = this.ssl
    if (requestsOcsp && role === 'client')
      this.emit('OCSPResponse', ocspResponse ? Buffer.from(ocspResponse) : null)
    this.emit('secure')
    if (role === 'client') this.emit('secureConnect')
  }

  /** All of our flight goes in packets; what follows does not. */
  async #unframe(framed: FramedCarrier): Promise<void> {
    await this.#stream.opened
    while (this.#stream.buffered.writing > 0) {
      if (this.destroyed) throw new StreamError('ERR_CLOSED', 'the socket was destroyed')
      await framed.wrote()
      // For the stream to hear of it, too.
      await turn()
    }
    framed.writeRaw()
  }

  async #end(): Promise<void> {
    if (this.#ready) await this.#ready
    await this.#stream.end()
  }

  async #send(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#ready) await this.#ready
    this.active()
    const accepted = chunks.map(chunk => this.#stream.write(chunk))
    await Promise.all(accepted)
  }

  #refused(done: (error?: Error) => void): (error: unknown) => void {
    return error => {
      this.#ended = true
      done(this.#coded(error, true))
    }
  }

  #coded(error: unknown, writing: boolean): Error {
    return codedError(error, { role: this.ssl.role ?? 'client', open: this.#open, writing })
  }

  #fail(error: unknown): undefined {
    if (this.destroyed) return
    this.#ended = true
    this.destroy(this.#coded(error, false))
  }
}

/** Runs what may run listeners: what one of them throws is nobody's rejection, but an exception of the program. */
function aside(run: () => void): void {
  try {
    run()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

/** A deadline keeps no process alive: what it is about does, the carrier, or nothing. */
const timers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds).unref(),
  clear: timer => clearTimeout(timer as NodeJS.Timeout),
}
