/** The line buffering filter (BIO_f_linebuffer): whole lines go on, and the start of one waits for its end. */
import { checkCount } from './check.ts'
import { CollectingFilter } from './collecting-filter.ts'

const newline = 10

/** Writes go on up to their last newline; what is behind it is held, up to `size` bytes. Reads pass through. */
export class LineBufferFilter extends CollectingFilter {
  #size: number

  /** `size` is that of the write buffer in bytes, from 1; a longer line goes on in parts. */
  constructor({ size = 10240 }: { readonly size?: number } = {}) {
    super()
    checkCount('size of a line buffer', size, 1)
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /** Another size (BIO_set_write_buffer_size). Nothing is lost: what is held above it goes before more is taken. */
  resize(size: number): void {
    checkCount('size of a line buffer', size, 1)
    this.#size = size
  }

  protected override get capacity(): number {
    return this.#size
  }

  protected override dueOf(bytes: Uint8Array): number {
    const lines = bytes.lastIndexOf(newline) + 1
    return lines === 0 && bytes.length > this.#size ? bytes.length : lines
  }
}
