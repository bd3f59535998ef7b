/** A carrier of two streams of bytes: what Deno, Workers, WebTransport, Direct Sockets and a connection of ours have in common. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import type { Bytes } from '@biopair/wire'
import { bytesOf } from '../bytes.ts'
import { misuse, shown } from '../misuse.ts'

/** What of a ReadableStream and a WritableStream is used. */
export interface StreamPair {
  readonly readable: ReadableLike
  readonly writable: WritableLike
}

export interface ReadableLike {
  readonly locked: boolean
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

export interface WritableLike {
  readonly locked: boolean
  getWriter(): {
    write(bytes: Bytes): Promise<void>
    close(): Promise<void>
    abort(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

/**
 * Locks both streams until the connection is over; a write waits until the sink has taken it. TypeError (ERR_CARRIER_LOCKED) where somebody else holds one.
 * At the end writing is closed and reading cancelled, and both locks are gone.
 */
export function fromStreams({ readable, writable }: StreamPair): ByteCarrier {
  for (const [name, stream] of Object.entries({ readable, writable }))
    if (stream.locked)
      throw misuse('ERR_CARRIER_LOCKED', `${name}: expected a stream that nobody else has locked`)
  const reader = readable.getReader()
  const writer = writable.getWriter()
  const release = () => {
    reader.releaseLock()
    writer.releaseLock()
  }
  return {
    async read() {
      const { done, value } = await reader.read()
      if (done) return null
      const bytes = bytesOf(value)
      if (bytes) return bytes
      throw misuse('ERR_INVALID_ARG_TYPE', `readable: expected bytes, got ${shown(value)}`)
    },
    write: bytes => writer.write(bytes),
    async close() {
      await Promise.allSettled([writer.close(), reader.cancel()])
      release()
    },
    abort(reason) {
      void Promise.allSettled([writer.abort(reason), reader.cancel(reason)]).then(release)
    },
  }
}

/** Whether a thing has two streams. */
export function isStreamPair(thing: object): thing is StreamPair {
  const { readable, writable } = thing as Partial<StreamPair>
  return typeof readable?.getReader === 'function' && typeof writable?.getWriter === 'function'
}
