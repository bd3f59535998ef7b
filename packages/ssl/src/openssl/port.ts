/** What our own connection has for BIOs: whatever BIOs its SSL has at the moment. */
import { type Bio, BioError, type Stopped } from '@biopair/bio'
import type { BIO } from './bio.ts'
import { RecordEdge } from './record-edge.ts'

/** Reads from the SSL's rbio, which can be changed, and writes to its wbio; once `let go`, it swallows what is still said, and touches nothing. */
export class Port implements Bio {
  rbio: BIO | undefined
  wbio: BIO | undefined
  /** The same for writing, where it says of wbio whether it waits. */
  readonly writing: Bio = new WritingPort(this)
  /** Where the bytes that were read stand between records. */
  readonly edge = new RecordEdge()
  /** What the BIO that was asked last waits for beside bytes and room: `connect`, `accept`, or what a method of one's own says. */
  special: string | undefined
  #gone = false
  #single = false

  /** A call begins; one that is `single` reads no further than to the end of the next record (SSL_MODE_AUTO_RETRY switched off). */
  step(single: boolean): void {
    this.#single = single
    this.edge.ended = false
    this.special = undefined
  }

  read(into: Uint8Array): number | Stopped {
    if (this.#gone) return { stop: 'eof' }
    if (!this.rbio) return notSet()
    if (this.#single && this.edge.ended) return { stop: 'retry', on: 'read' }
    const got = this.#noted(this.rbio.read(into))
    if (typeof got === 'number') this.edge.passed(into.subarray(0, got))
    return got
  }

  write(bytes: Uint8Array): number | Stopped {
    if (this.#gone) return bytes.length
    return this.wbio ? this.#noted(this.wbio.write(bytes)) : notSet()
  }

  flush(): 'done' | Stopped {
    if (this.#gone) return 'done'
    return this.wbio ? this.#noted(this.wbio.flush()) : notSet()
  }

  end(): 'done' {
    return 'done'
  }

  close(): void {}

  ready(on: 'read' | 'write'): Promise<void> {
    const bio = on === 'read' ? this.rbio : this.wbio
    return bio && !this.#gone ? bio.ready(on) : Promise.resolve()
  }

  /** Whether reads wait. */
  get blocking(): boolean {
    const bio: Bio | undefined = this.rbio
    return bio?.blocking ?? false
  }

  letGo(): void {
    this.#gone = true
  }

  #noted<T extends number | 'done' | Stopped>(answer: T): T {
    const special = typeof answer === 'object' && answer.stop === 'retry' && answer.on === 'special'
    this.special = special ? answer.reason : undefined
    return answer
  }
}

class WritingPort implements Bio {
  readonly #port: Port

  constructor(port: Port) {
    this.#port = port
  }

  read(into: Uint8Array): number | Stopped {
    return this.#port.read(into)
  }

  write(bytes: Uint8Array): number | Stopped {
    return this.#port.write(bytes)
  }

  flush(): 'done' | Stopped {
    return this.#port.flush()
  }

  end(): 'done' {
    return 'done'
  }

  close(): void {}

  ready(on: 'read' | 'write'): Promise<void> {
    return this.#port.ready(on)
  }

  /** Whether writes wait. */
  get blocking(): boolean {
    const bio: Bio | undefined = this.#port.wbio
    return bio?.blocking ?? false
  }
}

function notSet(): Stopped {
  return { stop: 'broken', error: new BioError('UNINITIALIZED', 'the SSL has no BIO') }
}
