/** A half of a BIO pair that counts what goes through it and keeps what was written to it, so that a test sees whether anything moved. */
import { type Bytes, PairBio, type Stopped } from '@biopair/bio'

/** It lends its storage as any half does. */
export class CountingHalf extends PairBio {
  /** Bytes that were read from it. */
  readBytes = 0
  /** Bytes that were written to it. */
  writtenBytes = 0
  /** What was written to it, piece by piece; undefined where it is not kept. */
  readonly kept: Bytes[] | undefined
  /** For each byte that was read, how many had been written before; undefined where nothing is kept. */
  readonly writtenBefore: number[] | undefined
  /** How this side was ended: not, by `end`, or by `close`, with the error's message. */
  ending = ''
  #lent: Bytes | undefined

  constructor(size?: number, keeps = false) {
    super(size)
    this.kept = keeps ? [] : undefined
    this.writtenBefore = keeps ? [] : undefined
  }

  /** Bytes in both directions. */
  get moved(): number {
    return this.readBytes + this.writtenBytes
  }

  override read(into: Uint8Array): number | Stopped {
    const got = super.read(into)
    if (typeof got === 'number') this.#wasRead(got)
    return got
  }

  override write(bytes: Uint8Array): number | Stopped {
    const took = super.write(bytes)
    if (typeof took === 'number') {
      this.writtenBytes += took
      this.kept?.push(new Uint8Array(bytes.subarray(0, took)))
    }
    return took
  }

  override consume(count: number): void {
    super.consume(count)
    this.#wasRead(count)
  }

  override room(wanted?: number): Bytes | Stopped {
    const room = super.room(wanted)
    this.#lent = room instanceof Uint8Array ? room : undefined
    return room
  }

  override commit(count: number): void {
    // What a commit makes readable may be read at once, and then be written over.
    const bytes = this.kept && this.#lent?.slice(0, count)
    super.commit(count)
    this.writtenBytes += count
    if (bytes) this.kept?.push(bytes)
  }

  override end(): 'done' {
    this.ending ||= 'ended'
    return super.end()
  }

  override close(error?: Error): void {
    if (!this.ending.startsWith('closed')) this.ending += `closed ${error?.message ?? ''}`
    super.close(error)
  }

  /** The last bytes that were written to it, of which so many are not read yet. */
  get unread(): Bytes {
    const bytes = new Uint8Array(this.wpending)
    let left = bytes.length
    for (const kept of this.kept?.toReversed() ?? []) {
      if (left === 0) break
      const piece = kept.subarray(-left)
      left -= piece.length
      bytes.set(piece, left)
    }
    return bytes
  }

  #wasRead(count: number): void {
    this.readBytes += count
    if (this.writtenBefore)
      for (let i = 0; i < count; i++) this.writtenBefore.push(this.writtenBytes)
  }

  /** Everything that can be read now. */
  take(): Bytes {
    const bytes = new Uint8Array(this.pending)
    this.read(bytes)
    return bytes
  }
}

/** Two halves: `there` bytes fit from the first to the second, `back` bytes back. */
export function countingPair(
  there?: number,
  back = there,
  keeps = false,
): [CountingHalf, CountingHalf] {
  const a = new CountingHalf(there, keeps)
  const b = new CountingHalf(back, keeps)
  a.pair(b)
  return [a, b]
}
