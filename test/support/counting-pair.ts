/** A BIO pair that counts what goes through it, so that a test sees whether anything moved. */
import { type Bytes, PairBio, type Stopped } from '@biopair/bio'

/** A half that counts, and that lends its storage as any half does. */
export class CountingHalf extends PairBio {
  /** Bytes that were read from it. */
  readBytes = 0
  /** Bytes that were written to it. */
  writtenBytes = 0

  get moved(): number {
    return this.readBytes + this.writtenBytes
  }

  override read(into: Uint8Array): number | Stopped {
    const got = super.read(into)
    if (typeof got === 'number') this.readBytes += got
    return got
  }

  override write(bytes: Uint8Array): number | Stopped {
    const took = super.write(bytes)
    if (typeof took === 'number') this.writtenBytes += took
    return took
  }

  override consume(count: number): void {
    super.consume(count)
    this.readBytes += count
  }

  override commit(count: number): void {
    super.commit(count)
    this.writtenBytes += count
  }

  /** Everything that can be read now. */
  take(): Bytes {
    const bytes = new Uint8Array(this.pending)
    this.read(bytes)
    return bytes
  }
}

/** Two halves: `there` bytes fit from the first to the second, `back` bytes back. */
export function countingPair(there: number, back: number): [CountingHalf, CountingHalf] {
  const a = new CountingHalf(there)
  const b = new CountingHalf(back)
  a.pair(b)
  return [a, b]
}
