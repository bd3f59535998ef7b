/** A carrier of a WebSocket: binary messages, of which only the bytes matter. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { bytesOf } from '../bytes.ts'
import { CarrierGone } from '../carrier-gone.ts'
import { Inbox } from '../inbox.ts'
import { type Listenable, listen } from '../listening.ts'
import { shown } from '../misuse.ts'

/** What of a WebSocket is used: a page's, a worker's, Deno's, Bun's, or the `ws` package's. */
export interface WebSocketLike extends Listenable {
  readonly readyState: number
  readonly bufferedAmount: number
  binaryType: string
  /** The `ws` package says when bytes have left; a page's WebSocket does not hear of `left`. */
  send(bytes: Uint8Array<ArrayBuffer>, left?: () => void): void
  close(code?: number, reason?: string): void
  /** Where there are these two (`ws` has them), what nobody reads slows the other side down. */
  pause?(): void
  resume?(): void
}

export interface WebSocketOptions {
  /** A write waits while more bytes than this have not left: 65 536. */
  readonly highWaterMark?: number
  /** Bytes that may wait to be read: 16 MiB. A page's WebSocket cannot be slowed down; beyond this it is given up. */
  readonly maxReceived?: number
}

const [connecting, open] = [0, 1]
/** A close code of the range that is the application's (RFC 6455 §7.4.2): no clean end. */
const abortCode = 4000
const fine: readonly number[] = [1000, 1005]

/**
 * A socket that is open, or still connecting. A close with 1000, or without a code, is an end; any other is an error. It is closed when the connection is over.
 *
 * A page is told by no event that bytes have left: while a write waits, `bufferedAmount` is looked at after 1, 2, 4 ... 32 ms. Such a look comes at most as late again as
 * the wait was, and what is below the mark keeps the line busy until then. The `ws` package tells, and is not looked at once it has. A WebSocketStream is slowed down both ways
 * by itself: where there is one, give `connect` that.
 */
export function fromWebSocket(socket: WebSocketLike, options: WebSocketOptions = {}): ByteCarrier {
  const { highWaterMark = 65_536, maxReceived = 2 ** 24 } = options
  const inbox = new Inbox(maxReceived)
  const waits = new Set<() => void>()
  let paused = false
  let over = false
  /** It says when bytes have left. */
  let tells = false
  const sent = () => {
    tells = true
    wake()
  }
  const wake = () => {
    for (const waiter of waits) waiter()
    waits.clear()
  }
  /** Until the next event, or for so many milliseconds. */
  const changed = (milliseconds?: number) =>
    new Promise<void>(resolve => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds)
      waits.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  const gone = (why: string) => new CarrierGone(`the WebSocket ${why}`)
  const drop = (code?: number, reason?: string) => {
    try {
      socket.close(code, reason)
    } catch {
      // One that never opened, or is closed, may say so.
    }
  }
  const took = (value: unknown) => {
    const bytes = bytesOf(value)
    if (!bytes) {
      inbox.fail(gone(`brought ${shown(value)} where bytes were expected`))
      return drop(abortCode, 'expected binary messages')
    }
    // A page's message is its listener's alone; shared memory never comes here.
    if (!inbox.push(bytes as Uint8Array<ArrayBuffer>)) drop(abortCode, 'too much was sent at once')
    if (inbox.length > highWaterMark && !inbox.over && socket.pause && !paused) {
      paused = true
      socket.pause()
    }
  }
  const goOn = () => {
    if (!paused) return
    paused = false
    socket.resume?.()
  }
  socket.binaryType = 'arraybuffer'
  const stop = listen(socket, {
    open: wake,
    message: ({ data }) => took(data),
    // A page is told no reason; `ws` says one.
    error: event => {
      const { message = '' } = event as { message?: string }
      inbox.fail(gone(`failed${message === '' ? '' : `: ${message}`}`))
      wake()
    },
    close: event => {
      const { code = 1005, reason = '' } = event as { code?: number; reason?: string }
      if (fine.includes(code)) inbox.end()
      else inbox.fail(gone(`was closed with ${code}${reason === '' ? '' : `: ${reason}`}`))
      stop()
      wake()
    },
  })
  if (socket.readyState > open) {
    inbox.fail(gone('is closed'))
    stop()
  }
  const checkOpen = () => {
    if (socket.readyState !== open) throw gone('is closed')
  }
  /** Until no more than so many bytes have not left. */
  const left = async (most: number) => {
    for (let pause = 1; socket.bufferedAmount > most && socket.readyState === open; pause *= 2)
      await changed(tells ? undefined : Math.min(pause, 32))
  }
  /** Something was read: there is room for more. */
  const used = <T>(bytes: T): T => {
    if (inbox.length * 2 <= highWaterMark) goOn()
    return bytes
  }
  return {
    readNow: () => used(inbox.readNow()),
    read: () => used(inbox.read()),
    writeNow(bytes) {
      if (socket.readyState === connecting) return false
      checkOpen()
      if (socket.bufferedAmount + bytes.length > highWaterMark) return false
      socket.send(bytes, sent)
      return true
    },
    async write(bytes) {
      while (socket.readyState === connecting) await changed()
      checkOpen()
      socket.send(bytes, sent)
      await left(highWaterMark)
      if (socket.bufferedAmount > highWaterMark) checkOpen()
    },
    async close() {
      inbox.end()
      goOn()
      await left(0)
      if (socket.readyState === open) drop(1000)
      // What it still brings is taken and dropped, so that its close is heard.
      while (socket.readyState <= 2 && !over) await changed()
      stop()
    },
    abort() {
      over = true
      inbox.end()
      stop()
      drop(abortCode, 'TLS was given up')
      // One that is paused would never hear the answer.
      goOn()
      wake()
    },
  }
}

export function isWebSocket(thing: object): thing is WebSocketLike {
  const { send, bufferedAmount, readyState } = thing as Partial<WebSocketLike>
  return (
    typeof send === 'function' &&
    typeof bufferedAmount === 'number' &&
    typeof readyState === 'number'
  )
}
