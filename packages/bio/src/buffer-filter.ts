/** The buffering filter (BIO_f_buffer): few large reads and writes below, however small those above are. */
import type { Stopped } from './bio.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { CollectingFilter } from './collecting-filter.ts'
import { ReadBuffer } from './read-buffer.ts'

/** Sizes in bytes, from 1. */
export interface BufferSizes {
  readonly readSize?: number
  readonly writeSize?: number
}

/**
 * Small writes are collected and go down when they fill the buffer: flush when the other end shall have them. A write as large
 * as the buffer passes it by. A read asks below once at most, and only when the buffer is empty, so that it never waits for more
 * than it was asked for.
 */
export class BufferFilter extends CollectingFilter {
  #writeSize: number
  readonly #incoming: ReadBuffer

  /** 4096 bytes each way unless it is said. */
  constructor({ readSize = 4096, writeSize = 4096 }: BufferSizes = {}) {
    super()
    checkCount('size of a write buffer', writeSize, 1)
    this.#writeSize = writeSize
    this.#incoming = new ReadBuffer(readSize)
  }

  get readSize(): number {
    return this.#incoming.size
  }

  get writeSize(): number {
    return this.#writeSize
  }

  /** Other sizes (BIO_set_buffer_size). Nothing is lost: what is held above them goes before more is taken. */
  resize({ readSize = this.readSize, writeSize = this.writeSize }: BufferSizes): void {
    checkCount('size of a write buffer', writeSize, 1)
    this.#incoming.resize(readSize)
    this.#writeSize = writeSize
  }

  override read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    return into.length === 0 ? 0 : this.#incoming.read(into, this.next)
  }

  /**
   * Copies bytes that a read would give, and leaves them to be read (BIO_buffer_peek). What is missing is asked for below, once,
   * up to `readSize`; over a blocking BIO only what is there already, unless nothing is.
   */
  peek(into: Uint8Array): number | Stopped {
    checkBytes('what to peek into', into)
    return into.length === 0 ? 0 : this.#incoming.peek(into, this.next)
  }

  /**
   * Reads one line with its newline, or as much of it as fits (BIO_gets). A line that has not come whole is `retry` and stays
   * where it is; what stands behind the last newline is given when the BIO below has come to its end.
   */
  line(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    return into.length === 0 ? 0 : this.#incoming.line(into, this.next)
  }

  /** Puts bytes before those that can be read (BIO_set_buffer_read_data). RangeError for more than the read buffer has room for. */
  unread(bytes: Uint8Array): void {
    checkBytes('what to put back', bytes)
    this.#incoming.unread(bytes)
  }

  /** How many newlines stand in the read buffer (BIO_get_buffer_num_lines). */
  get lines(): number {
    return this.#incoming.lines
  }

  override get pending(): number {
    return this.#incoming.closed ? 0 : this.#incoming.length + super.pending
  }

  override get eof(): boolean {
    return !this.#incoming.closed && this.#incoming.length === 0 && super.eof
  }

  /** For reading: settles at once where bytes are held, unless `line` or `peek` found that more have to come. */
  override ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    const worthIt = on === 'read' && this.#incoming.length > 0 && !this.#incoming.hungry
    return worthIt ? Promise.resolve() : super.ready(on)
  }

  /** As below it; what was read ahead is dropped, and then nothing is read any more. */
  override close(error?: Error): void {
    this.#incoming.close(error)
    super.close(error)
  }

  protected override get capacity(): number {
    return this.#writeSize
  }

  protected override dueOf(bytes: Uint8Array): number {
    return bytes.length >= this.#writeSize ? bytes.length : 0
  }
}
