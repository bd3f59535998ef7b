/** The four ways of moving nothing, as values to return: `retry` for reading and writing, `eof`, `broken`. */
import type { Stopped } from './bio.ts'

/** Nothing to read yet. */
export const retryRead: Stopped = Object.freeze({ stop: 'retry', on: 'read' })

/** No room to write yet. */
export const retryWrite: Stopped = Object.freeze({ stop: 'retry', on: 'write' })

/** The other end has ended its side and everything was read. */
export const eof: Stopped = Object.freeze({ stop: 'eof' })

/** The carrier failed, or this side was ended or closed before. */
export function broken(error: Error): Stopped {
  return { stop: 'broken', error }
}
