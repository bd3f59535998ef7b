/** One BIO out of two: reads go to the one, writes to the other (two memory BIOs, or an rbio and a wbio). */
import { type Bio, type Bytes, type LendingBio, lends, type Stopped } from './bio.ts'
import { setBlocking } from './filter.ts'

/**
 * Joins a BIO to read from and a BIO to write to. `flush` and `end` are about the one that is written, `close` about both.
 * The result lends its storage if both do, and has `ready` if both have; it is `blocking` if one of them is. The same BIO twice is that BIO.
 */
export function duplex(read: LendingBio, write: LendingBio): LendingBio
export function duplex(read: Bio, write: Bio): Bio
export function duplex(read: Bio, write: Bio): Bio {
  if (read === write) return read
  return lends(read) && lends(write) ? new LendingDuplex(read, write) : new Duplex(read, write)
}

class Duplex<B extends Bio> implements Bio {
  protected readonly from: B
  protected readonly to: B
  readonly ready?: (on: 'read' | 'write') => Promise<void>

  constructor(from: B, to: B) {
    this.from = from
    this.to = to
    if (from.ready === undefined || to.ready === undefined) return
    const [readable, writable] = [from.ready.bind(from), to.ready.bind(to)]
    this.ready = on => (on === 'read' ? readable(on) : writable(on))
  }

  read(into: Uint8Array): number | Stopped {
    return this.from.read(into)
  }

  write(bytes: Uint8Array): number | Stopped {
    return this.to.write(bytes)
  }

  flush(): 'done' | Stopped {
    return this.to.flush()
  }

  end(): 'done' | Stopped {
    return this.to.end()
  }

  close(error?: Error): void {
    this.to.close(error)
    this.from.close(error)
  }

  get pending(): number {
    return this.from.pending ?? 0
  }

  get wpending(): number {
    return this.to.wpending ?? 0
  }

  get eof(): boolean {
    return this.from.eof ?? false
  }

  get blocking(): boolean {
    return (this.from.blocking ?? false) || (this.to.blocking ?? false)
  }

  setBlocking(blocking: boolean): void {
    setBlocking(this.from, blocking)
    setBlocking(this.to, blocking)
  }
}

class LendingDuplex extends Duplex<LendingBio> implements LendingBio {
  run(): Bytes | Stopped {
    return this.from.run()
  }

  consume(count: number): void {
    this.from.consume(count)
  }

  room(wanted?: number): Bytes | Stopped {
    return this.to.room(wanted)
  }

  commit(count: number): void {
    this.to.commit(count)
  }
}
