/** The fd BIO (BIO_s_fd): synchronous reads and writes of a pipe, a terminal, a serial device, or any other descriptor. */
import { closeSync, constants, openSync } from 'node:fs'
import { type Bio, BioError, broken, retryWrite, type Stopped } from '@biopair/bio'
import { Backoff } from './backoff.ts'
import { checkBytes, checkCount, checkWord, misuse } from './check.ts'
import { type Descriptor, describe, readFrom, writeTo } from './descriptor.ts'

/** One descriptor for both directions, or one for each. */
export type Fds = number | { readonly read: number; readonly write: number }

export interface FdOptions {
  /** Whether `close` closes the descriptors (BIO_CLOSE) or leaves them open (BIO_NOCLOSE). If not given: all but 0, 1 and 2. */
  readonly closeFd?: boolean
  /** Whether they were opened with O_NONBLOCK. If not given: what the system says (Linux does), else what the first EAGAIN says. */
  readonly nonBlocking?: boolean
}

export interface FdOpenOptions extends FdOptions {
  /** Read, write, or both, which is usual. A file is neither made nor emptied. */
  readonly access?: 'r' | 'w' | 'r+'
}

const accessFlags = { r: constants.O_RDONLY, w: constants.O_WRONLY, 'r+': constants.O_RDWR }
/** How much `ready` reads ahead, and how much is held for a non-blocking descriptor that takes nothing. */
const most = 4096

/**
 * Blocking, unless the descriptor was opened with O_NONBLOCK: then "not yet" is `retry`. It cannot be changed from JavaScript.
 *
 * Node has no poll(2): a non-blocking one is tried every 1 to 20 ms while somebody waits. To have something to try with,
 * `ready('read')` reads up to 4 KiB ahead, and the first write that the system refuses is taken as far as 4 KiB, held, and
 * offered until it has gone: `flush` says when. A blocking one reads nothing ahead and holds nothing.
 */
export class FdBio implements Bio {
  readonly #in: number
  readonly #out: number
  readonly #file: boolean
  readonly #writeOnly: boolean
  #readWaits: boolean
  #writeWaits: boolean
  #closeFd: boolean | undefined
  /** Where a file goes on; undefined: where the system says. */
  #position: number | undefined
  #ahead: Uint8Array = nothing
  #held: Uint8Array = nothing
  #readEnd: Stopped | undefined
  #writeEnd: Stopped | undefined
  /** Why what was held never went. */
  #lost: Stopped | undefined
  #closed = false
  /** Which descriptors are to be closed once nothing is held. */
  #leaving: readonly number[] = []
  readonly #reading = new Backoff(() => this.#looksReadable())
  readonly #writing = new Backoff(() => this.#drained())
  /** Descriptors that are closed, or will be. */
  readonly #gone = new Set<number>()

  /**
   * Throws the system's error where a descriptor is not open, TypeError `ERR_BIO_CANNOT_BLOCK` where the system says that its mode
   * is not what `nonBlocking` says.
   */
  constructor(fd: Fds, options: FdOptions = {}) {
    const { read, write } = typeof fd === 'number' ? { read: fd, write: fd } : fd
    checkCount('descriptor to read from', read, 0)
    checkCount('descriptor to write to', write, 0)
    const from = describe(read)
    const to = read === write ? from : describe(write)
    this.#in = read
    this.#out = write
    this.#file = from.file && read === write
    this.#writeOnly = to.writeOnly === true
    this.#closeFd = options.closeFd
    this.#readWaits = waits(from, options.nonBlocking)
    this.#writeWaits = waits(to, options.nonBlocking)
  }

  /**
   * Opens a FIFO, a terminal, a device or a file by its path; never as the process's controlling terminal. Throws the system's error.
   * Without `nonBlocking`, opening one end of a FIFO waits for the other.
   */
  static open(path: string, options: FdOpenOptions = {}): FdBio {
    const { access = 'r+', nonBlocking = false, closeFd = true } = options
    checkWord('access', access, Object.keys(accessFlags))
    if (nonBlocking && constants.O_NONBLOCK === undefined)
      throw misuse(TypeError, 'open: this system has no O_NONBLOCK', 'UNSUPPORTED_METHOD')
    const flags = accessFlags[access] | (constants.O_NOCTTY ?? 0)
    const fd = openSync(path, nonBlocking ? flags | constants.O_NONBLOCK : flags)
    try {
      return new FdBio(fd, { closeFd, nonBlocking })
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** The descriptors (BIO_get_fd); the same one twice where one does both. */
  get fd(): { readonly read: number; readonly write: number } {
    return { read: this.#in, write: this.#out }
  }

  /** Whether `close` closes the descriptors (BIO_get_close, BIO_set_close). */
  get closeFd(): boolean {
    return this.#closes(this.#in) && this.#closes(this.#out)
  }

  set closeFd(closes: boolean) {
    this.#closeFd = closes
  }

  /** Whether calls wait; false once a call could not go on and did not wait. */
  get blocking(): boolean {
    return this.#readWaits && this.#writeWaits
  }

  /** TypeError `ERR_BIO_CANNOT_BLOCK` unless it is so already: O_NONBLOCK is chosen where a descriptor is opened. */
  setBlocking(blocking: boolean): void {
    if (blocking === this.blocking) return
    const why = blocking
      ? 'this descriptor does not block: it was opened with O_NONBLOCK'
      : 'this descriptor blocks'
    const what = `${why}, which JavaScript cannot change; open it by path with FdBio.open and nonBlocking: ${!blocking}`
    throw misuse(TypeError, what, 'CANNOT_BLOCK')
  }

  /** Bytes read ahead while somebody waited. */
  get pending(): number {
    return this.#ahead.length
  }

  /** Bytes taken that the system has not. */
  get wpending(): number {
    return this.#held.length
  }

  /** Whether a read has come to the end. */
  get eof(): boolean {
    return this.#ahead.length === 0 && this.#readEnd?.stop === 'eof'
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    if (this.#held.length > 0) this.#push()
    if (this.#ahead.length === 0) return this.#fill(into)
    const count = Math.min(into.length, this.#ahead.length)
    into.set(this.#ahead.subarray(0, count))
    this.#ahead = this.#ahead.subarray(count)
    return count
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    if (this.#held.length > 0) this.#push()
    if (this.#writeEnd) return this.#writeEnd
    if (this.#held.length > 0) return retryWrite
    const count = this.#put(bytes)
    if (typeof count === 'number' || count.stop !== 'retry') return count
    // A copy, also of a Buffer, whose slice is none: our caller may use its bytes again.
    const taken = new Uint8Array(bytes.subarray(0, most))
    this.#held = taken
    // Whoever never asks again has it sent all the same; some of it may go at once.
    void this.#writing.wait()
    return taken.length
  }

  /** `done` once the system has taken everything. */
  flush(): 'done' | Stopped {
    if (this.#held.length > 0) this.#push()
    if (this.#held.length > 0) return retryWrite
    return this.#lost ?? 'done'
  }

  /**
   * No more writes. A descriptor that only writes is closed (per `closeFd`), and so is the one for writing where there are two: then the
   * other end reads what is there, then `eof`. One for both directions has no half-close: the other end hears nothing of it until `close`.
   */
  end(): 'done' | Stopped {
    this.#writeEnd ??= broken(new BioError('BROKEN_PIPE', 'write: this fd BIO was ended'))
    if (this.#in === this.#out && !this.#writeOnly) return this.flush()
    if (this.#in === this.#out)
      this.#readEnd ??= broken(
        new BioError('CLOSED', 'read: this fd BIO only wrote, and was ended'),
      )
    this.#leave(this.#out)
    return this.flush()
  }

  /**
   * Ends both ways, and closes the descriptors (per `closeFd`). What is held goes out first: a non-blocking descriptor whose other end takes
   * nothing stays open until it does, or is gone.
   */
  close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    const closed = new BioError('CLOSED', 'this fd BIO was closed', { cause: error })
    if (this.#ahead.length > 0 || !this.#readEnd) this.#readEnd = broken(closed)
    this.#ahead = nothing
    this.#writeEnd ??= broken(closed)
    this.#reading.stop()
    this.#leave(...(this.#in === this.#out ? [this.#in] : [this.#in, this.#out]))
  }

  /**
   * Settles when another try is worth it; after a refused `flush` or `end`, for `write`, when nothing is held. At once for a BIO that blocks,
   * which waits by itself.
   */
  ready(on: 'read' | 'write'): Promise<void> {
    checkWord('ready', on, ['read', 'write'])
    if (on === 'write') return this.#writing.wait()
    return this.#readWaits || this.#file ? Promise.resolve() : this.#reading.wait()
  }

  /** Goes to a byte of a file, counted from 0 (BIO_seek); an end that reading came to is forgotten. TypeError where it is no file. */
  seek(position: number): void {
    this.#checkFile('seek')
    checkCount('position in a file', position, 0)
    this.#position = position
    if (this.#readEnd?.stop === 'eof') this.#readEnd = undefined
  }

  /** Back to the first byte of a file (BIO_reset). */
  reset(): void {
    this.seek(0)
  }

  /** Which byte of a file is next (BIO_tell). TypeError where it is no file, or the system does not say and `seek` never did. */
  tell(): number {
    this.#checkFile('tell')
    const position = this.#position ?? describe(this.#in).position
    if (position !== undefined) return position
    throw misuse(TypeError, 'tell: expected a seek before on this system', 'UNSUPPORTED_METHOD')
  }

  /** Reads from the system, unless reading has ended. */
  #fill(into: Uint8Array): number | Stopped {
    if (this.#readEnd) return this.#readEnd
    const answer = readFrom(this.#in, into, this.#position)
    if (typeof answer === 'number') this.#move(answer)
    else if (answer.stop === 'retry') this.#readWaits = false
    else this.#readEnd = answer
    return answer
  }

  /** Writes to the system. */
  #put(bytes: Uint8Array): number | Stopped {
    const answer = writeTo(this.#out, bytes, this.#position)
    if (typeof answer === 'number') this.#move(answer)
    else if (answer.stop === 'retry') this.#writeWaits = false
    else this.#writeEnd ??= answer
    return answer
  }

  #move(count: number): void {
    if (this.#position !== undefined) this.#position += count
  }

  /** Offers what is held. */
  #push(): void {
    while (this.#held.length > 0) {
      const answer = this.#put(this.#held)
      if (typeof answer === 'number') {
        this.#held = this.#held.subarray(answer)
        continue
      }
      if (answer.stop === 'retry') return
      this.#held = nothing
      this.#lost = answer
    }
    const leaving = this.#leaving
    this.#leaving = []
    for (const fd of leaving) shut(fd)
  }

  #drained(): boolean {
    if (this.#held.length > 0) this.#push()
    return this.#held.length === 0
  }

  #looksReadable(): boolean {
    if (this.#ahead.length > 0 || this.#readEnd) return true
    const ahead = new Uint8Array(most)
    const count = this.#fill(ahead)
    if (typeof count !== 'number') return count.stop !== 'retry'
    // What is kept is no larger than what came.
    this.#ahead = count === most ? ahead : ahead.slice(0, count)
    return true
  }

  /** Closes descriptors, unless they are to stay open; those that what is held goes out by, after that. */
  #leave(...fds: readonly number[]): void {
    const closing = fds.filter(fd => this.#closes(fd) && !this.#gone.has(fd))
    for (const fd of closing) this.#gone.add(fd)
    const later = this.#held.length > 0 ? closing.filter(fd => fd === this.#out) : []
    this.#leaving = [...this.#leaving, ...later]
    for (const fd of closing) if (!later.includes(fd)) shut(fd)
  }

  #closes(fd: number): boolean {
    return this.#closeFd ?? fd > 2
  }

  #checkFile(what: string): void {
    if (this.#closed) throw misuse(TypeError, `${what}: this fd BIO was closed`, 'CLOSED')
    if (this.#file) return
    throw misuse(TypeError, `${what}: this descriptor is no regular file`, 'UNSUPPORTED_METHOD')
  }
}

const nothing = new Uint8Array(0)

/** Whether a descriptor waits, until it is seen not to. */
function waits({ nonBlocking }: Descriptor, said: boolean | undefined): boolean {
  if (said === undefined || nonBlocking === undefined) return !(said ?? nonBlocking ?? false)
  if (said === nonBlocking) return !said
  const what = said
    ? 'expected a descriptor opened with O_NONBLOCK, got one that blocks'
    : 'expected a descriptor that blocks, got one opened with O_NONBLOCK'
  throw misuse(TypeError, `${what}, which JavaScript cannot change`, 'CANNOT_BLOCK')
}

function shut(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // It is gone either way, and nobody is left to hear of it.
  }
}
