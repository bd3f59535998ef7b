/** A BIO that passes everything on to another and remembers what was written, to show that a run repeats. */
import type { Bio, Stopped } from '@biopair/bio'
import type { Hash, RunningHash } from '@biopair/crypto'

export class Tap implements Bio {
  readonly #next: Bio
  readonly #hash: RunningHash
  /** Bytes written. */
  written = 0

  constructor(next: Bio, hash: Hash) {
    this.#next = next
    this.#hash = hash.start()
  }

  /** The hash of every byte written, as hex. */
  get digest(): string {
    return Buffer.from(this.#hash.snapshot()).toString('hex')
  }

  read(into: Uint8Array): number | Stopped {
    return this.#next.read(into)
  }

  write(bytes: Uint8Array): number | Stopped {
    const took = this.#next.write(bytes)
    if (typeof took !== 'number') return took
    this.#hash.update(bytes.subarray(0, took))
    this.written += took
    return took
  }

  flush(): 'done' | Stopped {
    return this.#next.flush()
  }

  end(): 'done' | Stopped {
    return this.#next.end()
  }

  close(error?: Error): void {
    this.#next.close(error)
  }
}
