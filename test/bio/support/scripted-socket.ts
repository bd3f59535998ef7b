/** A socket that does nothing by itself, for tests of the socket BIO: `tell` makes it emit, and `done` says what was asked of it. */
import type { SocketLike } from '@biopair/bio'

/** A socket that has written everything at once. */
export const ready: SocketLike['write'] = (_bytes, written) => {
  written?.()
  return true
}

export function scripted(write: SocketLike['write'], more: Partial<SocketLike> = {}) {
  const listeners = new Map<string, (value?: unknown) => void>()
  const done: string[] = []
  const note = (what: string) => (): void => void done.push(what)
  const socket: SocketLike = {
    write,
    on: (event, listener) => listeners.set(event, listener),
    off: event => listeners.delete(event),
    end: note('end'),
    destroy: note('destroy'),
    pause: note('pause'),
    resume: note('resume'),
    ...more,
  }
  return {
    socket,
    done,
    listeners,
    tell: (event: string, value?: unknown) => listeners.get(event)?.(value),
  }
}
