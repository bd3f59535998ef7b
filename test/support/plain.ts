/** A BIO over a shared pair that can wait for one thing at a time and says nothing of what is pending, as a descriptor does. */
import type { Bio, SharedPairBio, Stopped } from '@biopair/bio'

export class Plain implements Bio {
  readonly #bio: SharedPairBio

  constructor(bio: SharedPairBio) {
    this.#bio = bio
  }

  read(into: Uint8Array): number | Stopped {
    return this.#bio.read(into)
  }

  write(bytes: Uint8Array): number | Stopped {
    return this.#bio.write(bytes)
  }

  flush(): 'done' | Stopped {
    return this.#bio.flush()
  }

  end(): 'done' | Stopped {
    return this.#bio.end()
  }

  close(error?: Error): void {
    this.#bio.close(error)
  }

  get blocking(): boolean {
    return this.#bio.blocking
  }
}
