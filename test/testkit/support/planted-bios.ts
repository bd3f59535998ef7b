/** BIOs with a planted bug each, for the laws to find. */
import { type Bio, bioPair, Filter, type Stopped } from '@biopair/bio'
import type { BioEnds } from '@biopair/testkit'

/** Collects what is written until 16 bytes are there, or a flush comes; and a flush of fewer than 4 bytes is lost. */
class LazyFlush extends Filter {
  #held: number[] = []

  override write(bytes: Uint8Array): number | Stopped {
    if (this.#held.length + bytes.length > 16) {
      const stop = this.#drive()
      if (stop !== 'done') return stop
    }
    this.#held.push(...bytes)
    return bytes.length
  }

  override flush(): 'done' | Stopped {
    if (this.#held.length > 0 && this.#held.length < 4) return 'done'
    return this.#drive()
  }

  #drive(): 'done' | Stopped {
    while (this.#held.length > 0) {
      const took = super.write(Uint8Array.from(this.#held))
      if (typeof took !== 'number') return took
      this.#held = this.#held.slice(took)
    }
    return super.flush()
  }
}

/** Calls whoever waits for bytes from within the write that brings them. */
class Eager extends Filter {
  readonly #waiting: (() => void)[] = []

  override ready(): Promise<void> {
    // A thenable that is called at once, as an event emitter would.
    const called = (callback: () => void) => this.#waiting.push(callback)
    return Object.fromEntries([['then', called]]) as unknown as Promise<void>
  }

  override write(bytes: Uint8Array): number | Stopped {
    const took = super.write(bytes)
    for (const called of this.#waiting.splice(0)) called()
    return took
  }
}

/** A second close says goodbye once more, to a carrier that is gone. */
class ClosesTwice extends Filter {
  #closed = 0

  override close(error?: Error): void {
    if (++this.#closed > 1) throw new Error('the carrier is gone')
    super.close(error)
  }
}

/** A ring of its own, which forgets about the second part where a read goes round its end. */
class WrapBug implements Bio {
  readonly #ring = new Uint8Array(24)
  #at = 0
  #length = 0
  #ended = false

  read(into: Uint8Array): number | Stopped {
    if (!(into instanceof Uint8Array)) throw new TypeError('expected bytes')
    if (into.length === 0) return 0
    if (this.#length === 0) return this.#ended ? { stop: 'eof' } : { stop: 'retry', on: 'read' }
    const count = Math.min(into.length, this.#length)
    const first = this.#ring.subarray(this.#at, this.#at + count)
    into.set(first)
    this.#at = (this.#at + count) % 24
    this.#length -= count
    return count
  }

  write(bytes: Uint8Array): number | Stopped {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('expected bytes')
    if (bytes.length === 0) return 0
    if (this.#ended) return { stop: 'broken', error: new Error('ended') }
    const count = Math.min(bytes.length, 24 - this.#length)
    if (count === 0) return { stop: 'retry', on: 'write' }
    for (let i = 0; i < count; i++)
      this.#ring[(this.#at + this.#length + i) % 24] = bytes[i] as number
    this.#length += count
    return count
  }

  flush(): 'done' {
    return 'done'
  }

  end(): 'done' {
    this.#ended = true
    return 'done'
  }

  close(): void {
    this.#ended = true
  }
}

/** Promises once for each direction, and hands that promise out for ever: the first want is answered, no later one. */
class StaleReady extends Filter {
  #stale: Promise<void> | undefined

  override ready(on: 'read' | 'write'): Promise<void> {
    if (on === 'read') return super.ready(on)
    // Room for whoever asks first; who asks later waits for the first promise's successor, which never comes.
    const first = this.#stale === undefined
    this.#stale ??= super.ready(on)
    return first ? this.#stale : new Promise(() => {})
  }
}

const over = (make: () => Filter) => (): BioEnds => {
  const [a, b] = bioPair(20)
  return { bio: make().push(a), other: make().push(b) }
}

/** Each bug, and what makes ends that have it. */
export const plantedBios = {
  'lost flush': over(() => new LazyFlush()),
  're-entrancy': over(() => new Eager()),
  'double close': over(() => new ClosesTwice()),
  'ring wrap': () => {
    const bio = new WrapBug()
    return { bio, other: bio }
  },
  'stale want': over(() => new StaleReady()),
} as const
