/** The file BIO (BIO_s_file): a file by its name, as stdio reads and writes it; bytes only. */
import { closeSync, fstatSync, fsyncSync, openSync } from 'node:fs'
import { type Bio, BioError, type Bytes, broken, type Stopped } from '@biopair/bio'
import { checkBytes, checkCount, checkWord, misuse } from './check.ts'
import { readFrom, writeTo } from './descriptor.ts'

/** fopen's modes and no others; `b` would say nothing, since everything is bytes. `x`: the file must not exist. */
export type FileMode = 'r' | 'r+' | 'w' | 'w+' | 'wx' | 'wx+' | 'a' | 'a+' | 'ax' | 'ax+'

const modes: readonly FileMode[] = ['r', 'r+', 'w', 'w+', 'wx', 'wx+', 'a', 'a+', 'ax', 'ax+']
/** What is read at once. */
const windowSize = 8192
const usualLine = 65_536
const nothing: Bytes = new Uint8Array(0)

/**
 * One position for reading and writing, from which both go on; `a` always writes at the end. It always blocks.
 * Reading is buffered. Writing is not: put a buffer filter on top where many small writes are to be few large ones.
 */
export class FileBio implements Bio {
  readonly #fd: number
  readonly #mode: FileMode
  /** False for what is opened by a name and has no positions: a FIFO, a terminal. */
  readonly #seekable: boolean
  /** The byte that is next. */
  #at = 0
  /** Bytes from there on, in a file; or what was read already. */
  #window: Bytes = nothing
  #storage: Bytes | undefined
  #readEnd: Stopped | undefined
  #writeEnd: Stopped | undefined
  #ended: Stopped | undefined
  #closed: Stopped | undefined

  private constructor(fd: number, mode: FileMode) {
    this.#fd = fd
    this.#mode = mode
    this.#seekable = fstatSync(fd).isFile()
  }

  /** Opens a file (BIO_new_file, BIO_read_filename and its like). Throws the system's error where that fails. */
  static open(path: string, mode: FileMode = 'r'): FileBio {
    checkWord('mode of a file', mode, modes)
    const fd = openSync(path, mode)
    try {
      return new FileBio(fd, mode)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** Always: it has no other way. */
  get blocking(): true {
    return true
  }

  /** Whether a read has come to the end of the file (feof); `seek` and `reset` forget it. */
  get eof(): boolean {
    return this.#window.length === 0 && this.#readEnd?.stop === 'eof'
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    const stop = this.#look()
    if (stop) return stop
    const count = Math.min(into.length, this.#window.length)
    into.set(this.#window.subarray(0, count))
    this.#consume(count)
    return count
  }

  /**
   * A line with its newline (BIO_gets); without one where the file ends, or `most` bytes come before it. What came is answered
   * even if an error cut it short; the next call answers the error.
   */
  line(most: number = usualLine): Bytes | Stopped {
    checkCount('most bytes of a line', most, 1)
    const parts: Bytes[] = []
    for (let length = 0; length < most; ) {
      const stop = this.#look()
      if (stop && parts.length === 0) return stop
      if (stop) break
      const newline = this.#window.indexOf(10)
      const whole = newline < 0 ? this.#window.length : newline + 1
      const count = Math.min(whole, most - length)
      parts.push(this.#window.slice(0, count))
      this.#consume(count)
      length += count
      if (newline >= 0 && count === whole) break
    }
    return joined(parts)
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    const stop = this.#closed ?? this.#ended ?? this.#writeEnd
    if (stop) return stop
    if (this.#mode === 'r')
      return broken(
        new BioError('WRITE_TO_READ_ONLY_BIO', 'write: this file was opened to be read'),
      )
    if (this.#seekable) this.#window = nothing
    const appends = this.#mode.startsWith('a')
    const count = writeTo(this.#fd, bytes, this.#seekable && !appends ? this.#at : undefined)
    if (typeof count !== 'number') {
      if (count.stop !== 'retry') this.#writeEnd = count
      return count
    }
    if (this.#seekable) this.#at = appends ? fstatSync(this.#fd).size : this.#at + count
    return count
  }

  /** `done`: what `write` took, the system has, and other processes see it (fflush). It may not be on the disk yet: see `sync`. */
  flush(): 'done' {
    return 'done'
  }

  /** Waits until what was written is on the disk (fsync), which `close` does not do. */
  sync(): 'done' | Stopped {
    if (this.#closed) return this.#closed
    try {
      fsyncSync(this.#fd)
      return 'done'
    } catch (error) {
      return broken(error as Error)
    }
  }

  /** No more writes; reading goes on. */
  end(): 'done' {
    this.#ended ??= broken(new BioError('BROKEN_PIPE', 'write: this file BIO was ended'))
    return 'done'
  }

  /** Closes the file. */
  close(error?: Error): void {
    if (this.#closed) return
    const closed = broken(new BioError('CLOSED', 'this file BIO was closed', { cause: error }))
    if (this.#window.length > 0 || !this.#readEnd) this.#readEnd = closed
    this.#closed = closed
    this.#window = nothing
    try {
      closeSync(this.#fd)
    } catch {
      // It is closed either way. Who has to know that all of it is on the disk asks `sync` before.
    }
  }

  /** At once: calls wait by themselves. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkWord('ready', on, ['read', 'write'])
    return Promise.resolve()
  }

  /** Goes to a byte, counted from 0 (BIO_seek); beyond the end is allowed. Ends and errors that were met are forgotten. */
  seek(position: number): void {
    this.#checkSeekable('seek')
    checkCount('position in a file', position, 0)
    this.#at = position
    this.#window = nothing
    this.#readEnd = undefined
    this.#writeEnd = undefined
  }

  /** Back to the first byte (BIO_reset). */
  reset(): void {
    this.seek(0)
  }

  /** Which byte is next (BIO_tell). */
  tell(): number {
    this.#checkSeekable('tell')
    return this.#at
  }

  /** Puts something into the window, unless it has something; or says why it cannot. */
  #look(): Stopped | undefined {
    if (this.#window.length > 0) return undefined
    if (this.#readEnd) return this.#readEnd
    this.#storage ??= new Uint8Array(windowSize)
    const count = readFrom(this.#fd, this.#storage, this.#seekable ? this.#at : undefined)
    if (typeof count === 'number') {
      this.#window = this.#storage.subarray(0, count)
      return undefined
    }
    if (count.stop !== 'retry') this.#readEnd = count
    return count
  }

  #consume(count: number): void {
    this.#window = this.#window.subarray(count)
    if (this.#seekable) this.#at += count
  }

  #checkSeekable(what: string): void {
    if (this.#closed) throw misuse(TypeError, `${what}: this file BIO was closed`, 'CLOSED')
    if (!this.#seekable)
      throw misuse(
        TypeError,
        `${what}: this is no regular file, and has no positions`,
        'UNSUPPORTED_METHOD',
      )
  }
}

function joined(parts: readonly Bytes[]): Bytes {
  const [only] = parts
  if (only && parts.length === 1) return only
  const all: Bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
