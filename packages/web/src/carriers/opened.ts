/** A carrier of something that has streams once it is open: a TCPSocket of Direct Sockets, a WebSocketStream. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { misuse, shown } from '../misuse.ts'
import { fromStreams, isStreamPair, type StreamPair } from './streams.ts'

export interface OpenedLike {
  /** Comes with the streams. */
  readonly opened: PromiseLike<StreamPair>
  close?(): unknown
}

/** Waits for `opened`, and is closed with the connection. */
export function fromOpened(thing: OpenedLike): ByteCarrier {
  const opening = Promise.resolve(thing.opened).then(streams => {
    if (isStreamPair(streams)) return fromStreams(streams)
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      `opened: expected readable and writable, got ${shown(streams)}`,
    )
  })
  opening.catch(() => {})
  const close = async () => {
    await thing.close?.()
  }
  return {
    read: async () => (await opening).read(),
    write: async bytes => (await opening).write(bytes),
    async close() {
      await (await opening).close()
      await close()
    },
    abort(reason) {
      void opening
        .then(carrier => carrier.abort(reason))
        .then(close, close)
        .catch(() => {})
    },
  }
}

export function isOpened(thing: object): thing is OpenedLike {
  const { opened } = thing as Partial<OpenedLike>
  return typeof opened?.then === 'function'
}
