/** What the system knows of a descriptor, and the two calls that move bytes, with their errors as values. */
import { constants, fstatSync, readFileSync, readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { broken, eof, retryRead, retryWrite, type Stopped } from '@biopair/bio'

/** What is known of a descriptor; undefined where the system does not say (only Linux does). */
export interface Descriptor {
  /** Opened with O_NONBLOCK. */
  readonly nonBlocking: boolean | undefined
  /** Opened for writing alone. */
  readonly writeOnly: boolean | undefined
  /** A regular file: it has positions, and never makes anybody wait. */
  readonly file: boolean
  /** Where the next byte is read or written, in a regular file. */
  readonly position: number | undefined
}

/** Asks the system. Throws the system's error where there is no such descriptor. */
export function describe(fd: number): Descriptor {
  const file = fstatSync(fd).isFile()
  const text = fdinfo(fd)
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '', 8)
  const position = Number.parseInt(/^pos:\s*(\d+)/m.exec(text)?.[1] ?? '', 10)
  const told = !Number.isNaN(flags)
  return {
    nonBlocking: told ? (flags & constants.O_NONBLOCK) !== 0 : undefined,
    writeOnly: told ? (flags & accessMask) === constants.O_WRONLY : undefined,
    file,
    position: file && !Number.isNaN(position) ? position : undefined,
  }
}

/** Reads from a descriptor; `at` is a position in a file, undefined where the system keeps count. */
export function readFrom(fd: number, into: Uint8Array, at?: number): number | Stopped {
  for (;;) {
    try {
      const count = readSync(fd, into, 0, into.length, at ?? null)
      return count > 0 ? count : eof
    } catch (error) {
      const code = codeOf(error)
      // Nothing was moved and nothing is wrong: a signal came.
      if (code === 'EINTR') continue
      if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return retryRead
      // Windows has an error for the end of a pipe, a terminal for the other side being gone.
      if (code === 'EOF' || (code === 'EIO' && isatty(fd))) return eof
      return broken(error as Error)
    }
  }
}

/** Writes to a descriptor; may take a part. */
export function writeTo(fd: number, bytes: Uint8Array, at?: number): number | Stopped {
  for (;;) {
    try {
      const count = writeSync(fd, bytes, 0, bytes.length, at ?? null)
      return count > 0 ? count : retryWrite
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EINTR') continue
      if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return retryWrite
      return broken(error as Error)
    }
  }
}

/** The two bits that say read, write or both. */
const accessMask = 3

/** Linux's own words about an open descriptor; nothing elsewhere. */
function fdinfo(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')
  } catch {
    return ''
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
