/** The null BIO (BIO_s_null): a sink that swallows what is written, and a source that has come to its end. */
import type { Bio, Stopped } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkBytes, checkDirection } from './check.ts'
import { broken, eof } from './stopped.ts'

/** It never answers `retry`, so that it is blocking and non-blocking alike. */
export class NullBio implements Bio {
  #writeStop: Error | undefined
  #blocking = false

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    return into.length === 0 ? 0 : eof
  }

  /** Takes all of it, and forgets it; `broken` once this BIO was ended or closed. */
  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    return this.#writeStop ? broken(this.#writeStop) : bytes.length
  }

  flush(): 'done' {
    return 'done'
  }

  end(): 'done' {
    this.#writeStop ??= new BioError('BROKEN_PIPE', 'write: this null BIO was ended')
    return 'done'
  }

  close(error?: Error): void {
    this.#writeStop ??= new BioError('CLOSED', 'write: this null BIO was closed', { cause: error })
  }

  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    return Promise.resolve()
  }

  get pending(): 0 {
    return 0
  }

  get wpending(): 0 {
    return 0
  }

  get eof(): true {
    return true
  }

  get blocking(): boolean {
    return this.#blocking
  }

  setBlocking(blocking: boolean): void {
    this.#blocking = blocking
  }
}
