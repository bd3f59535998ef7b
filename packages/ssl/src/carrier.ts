/** Bytes between the BIOs and the record layer: the only place where they move. */
import { type Bio, lends, type Stopped } from '@biopair/bio'
import type { Opened, RecordReader, RecordWriter } from '@biopair/record'

export class Carrier {
  readonly #rbio: Bio
  readonly #wbio: Bio
  readonly #reader: RecordReader
  readonly #writer: RecordWriter
  /** Bytes given to the BIO since it was last flushed. */
  #unflushed = false

  constructor(rbio: Bio, wbio: Bio, reader: RecordReader, writer: RecordWriter) {
    this.#rbio = rbio
    this.#wbio = wbio
    this.#reader = reader
    this.#writer = writer
  }

  /** The next record, or why there is none. Alerts of the record layer are thrown. */
  next(): Opened | Stopped {
    for (;;) {
      const opened = this.#reader.next()
      if (opened) return opened
      const stopped = this.#fill()
      if (stopped) return stopped
    }
  }

  #fill(): Stopped | undefined {
    if (lends(this.#rbio)) {
      const bio = this.#rbio
      const run = guard(() => bio.run())
      if ('stop' in run) return run
      if (run.length === 0) return unlawful('run lent nothing and did not say why')
      const taken = this.#reader.offer(run)
      const consumed = guard(() => {
        bio.consume(taken)
        return 'done' as const
      })
      return consumed === 'done' ? undefined : consumed
    }
    const room = this.#reader.room()
    const got = guard(() => moved(this.#rbio.read(room), room.length))
    if (typeof got !== 'number') return got
    this.#reader.filled(got)
    return undefined
  }

  /** Offers what is queued to the BIO, and flushes once everything was taken. */
  push(): 'done' | Stopped {
    while (this.#writer.queue > 0) {
      const pending = this.#writer.pending()
      const took = guard(() => moved(this.#wbio.write(pending), pending.length))
      if (typeof took !== 'number') return took
      this.#writer.sent(took)
      this.#unflushed = true
    }
    if (!this.#unflushed) return 'done'
    const flushed = guard(() => this.#wbio.flush())
    if (flushed === 'done') this.#unflushed = false
    return flushed
  }

  /** Bytes that the BIO has not taken; 1 if it has taken them all and its flush waits. */
  get unsent(): number {
    return this.#writer.queue || Number(this.#unflushed)
  }

  /** Seals one record of application data: straight into a lent run if it fits, else into the queue. */
  seal(bytes: Uint8Array): void {
    const size = this.#writer.recordSize(bytes.length, 'application_data')
    const bio = this.#wbio
    if (this.#writer.queue === 0 && lends(bio)) {
      const room = guard(() => bio.room(size))
      if (!('stop' in room) && room.length >= size) {
        // None where the room is not plain memory of ours: the record goes through the queue then.
        const sealed = this.#writer.sealInto('application_data', bytes, room)
        if (sealed > 0) {
          bio.commit(sealed)
          this.#unflushed = true
          return
        }
      }
    }
    this.#writer.write('application_data', bytes)
  }

  /** Reads up to `times` and forgets: nothing of it will be opened. Answers whether more may come. */
  discard(times: number): boolean {
    const nowhere = new Uint8Array(4096)
    for (let i = 0; i < times; i++) {
      const got = guard(() => moved(this.#rbio.read(nowhere), nowhere.length))
      if (typeof got !== 'number') return got.stop === 'retry'
    }
    return true
  }

  /** Settles when a call that stopped is worth another try. */
  ready(reading: boolean, writing: boolean): Promise<void> {
    const waits: Promise<void>[] = []
    if (reading && this.#rbio.ready) waits.push(this.#rbio.ready('read'))
    if (writing && this.#wbio.ready) waits.push(this.#wbio.ready('write'))
    return waits.length > 0 ? Promise.race(waits) : Promise.resolve()
  }

  end(): 'done' | Stopped {
    return guard(() => this.#wbio.end())
  }

  close(error?: Error): void {
    this.#rbio.close(error)
    if (this.#wbio !== this.#rbio) this.#wbio.close(error)
  }
}

/** A count that no BIO may answer would be asked for again and again: it counts as broken. */
function moved(answer: number | Stopped, most: number): number | Stopped {
  if (typeof answer !== 'number') return answer
  if (Number.isInteger(answer) && answer >= 1 && answer <= most) return answer
  return unlawful(`expected 1 to ${most} bytes or why there are none, got ${answer}`)
}

function unlawful(why: string): Stopped {
  return { stop: 'broken', error: new Error(`the BIO breaks its contract: ${why}`) }
}

/** A BIO that throws breaks its contract: it counts as broken. */
function guard<T>(call: () => T): T | Stopped {
  try {
    return call()
  } catch (error) {
    return { stop: 'broken', error: error instanceof Error ? error : new Error(String(error)) }
  }
}
