/** What our own connection has for a BIO: whatever BIOs its SSL has at the moment. */
import { type Bio, BioError, type Stopped } from '@biopair/bio'
import type { BIO } from './bio.ts'

/** Passes on to the SSL's BIOs, which can be changed; once `let go`, it swallows what is still said, and touches nothing. */
export class Port implements Bio {
  rbio: BIO | undefined
  wbio: BIO | undefined
  #gone = false

  read(into: Uint8Array): number | Stopped {
    if (this.#gone) return { stop: 'eof' }
    return this.rbio ? this.rbio.read(into) : notSet()
  }

  write(bytes: Uint8Array): number | Stopped {
    if (this.#gone) return bytes.length
    return this.wbio ? this.wbio.write(bytes) : notSet()
  }

  flush(): 'done' | Stopped {
    if (this.#gone) return 'done'
    return this.wbio ? this.wbio.flush() : notSet()
  }

  end(): 'done' {
    return 'done'
  }

  close(): void {}

  ready(on: 'read' | 'write'): Promise<void> {
    const bio = on === 'read' ? this.rbio : this.wbio
    return bio && !this.#gone ? bio.ready(on) : Promise.resolve()
  }

  letGo(): void {
    this.#gone = true
  }
}

function notSet(): Stopped {
  return { stop: 'broken', error: new BioError('UNINITIALIZED', 'the SSL has no BIO') }
}
