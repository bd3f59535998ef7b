/** Bytes between the BIOs and the record layer: the only place where they move. */
import { type Bio, broken, lends, type SelectableBio, type Stopped, selectable } from '@biopair/bio'
import type { Opened, RecordReader, RecordWriter } from '@biopair/record'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'
import { Readiness } from './readiness.ts'
import type { Tracer } from './tracer.ts'

const nothing: Bytes = new Uint8Array(0)

export class Carrier {
  readonly #rbio: Bio
  readonly #wbio: Bio
  readonly #reader: RecordReader
  readonly #writer: RecordWriter
  /** Bytes given to the BIO since it was last flushed. */
  #unflushed = false
  #moved = 0
  readonly #readiness = new Readiness()
  readonly #trace: Tracer | undefined
  /** What the trace threw in the middle of a move, which has to come to its end first. */
  #thrown: { readonly error: unknown } | undefined
  #rethrown = false

  constructor(
    rbio: Bio,
    wbio: Bio,
    reader: RecordReader,
    writer: RecordWriter,
    trace: Tracer | undefined,
  ) {
    this.#rbio = rbio
    this.#wbio = wbio
    this.#trace = trace?.wants('bio') ? trace : undefined
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

  /** The BIO to select on where reads and writes wait; undefined where they do not, or can only wait each for themselves. */
  get selectable(): SelectableBio | undefined {
    if (!this.waitsToRead) return undefined
    const bio = selectable(this.#rbio)
    return bio?.blocking && bio === selectable(this.#wbio) ? bio : undefined
  }

  /** Whether a read waits until bytes come. */
  get waitsToRead(): boolean {
    return this.#rbio.blocking ?? false
  }

  /** Whether a write waits until there is room. */
  get waitsToWrite(): boolean {
    return this.#wbio.blocking ?? false
  }

  /** Whether a read answers at once; undefined where the BIO does not say. */
  get readsAtOnce(): boolean | undefined {
    const { pending, eof } = this.#rbio
    if (pending === undefined) return eof || undefined
    return pending > 0 || eof
  }

  #fill(): Stopped | undefined {
    if (lends(this.#rbio)) {
      const bio = this.#rbio
      const run = guard(() => bio.run())
      if ('stop' in run) return this.#told('read', run)
      if (run.length === 0)
        return broken(new RangeError('expected the BIO to lend a run or to say why not, got none'))
      const taken = this.#reader.offer(run)
      this.#moved += taken
      this.#tell('read', run.subarray(0, taken))
      return guard((): undefined => {
        bio.consume(taken)
      })
    }
    const room = this.#reader.room()
    const got = counted(room.length, () => this.#rbio.read(room))
    if (typeof got !== 'number') return this.#told('read', got)
    this.#tell('read', room.subarray(0, got))
    this.#reader.filled(got)
    this.#moved += got
    return undefined
  }

  /** Offers what is queued to the BIO, and flushes once everything was taken. */
  push(): 'done' | Stopped {
    while (this.#writer.queue > 0) {
      const pending = this.#writer.pending()
      const took = counted(pending.length, () => this.#wbio.write(pending))
      if (typeof took !== 'number') return this.#told('write', took)
      this.#tell('write', pending.subarray(0, took))
      this.#writer.sent(took)
      this.#moved += took
      this.#unflushed = true
    }
    if (!this.#unflushed) return 'done'
    const flushed = guard(() => this.#wbio.flush())
    if (flushed !== 'done') return this.#told('flush', flushed)
    this.#tell('flush')
    this.#unflushed = false
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
        const length = this.#writer.sealInto('application_data', bytes, room)
        if (length > 0) {
          this.#tell('write', room.subarray(0, length))
          bio.commit(length)
          this.#moved += length
          this.#unflushed = true
          return
        }
      }
    }
    this.#writer.write('application_data', bytes)
  }

  /** Reads up to `times` and forgets: nothing of it will be opened. Never waits. Answers whether more may come. */
  discard(times: number): boolean {
    const nowhere = new Uint8Array(4096)
    for (let i = 0; i < times; i++) {
      if (this.waitsToRead && !this.readsAtOnce) return true
      const got = counted(nowhere.length, () => this.#rbio.read(nowhere))
      if (typeof got !== 'number') return this.#told('read', got).stop === 'retry'
      this.#tell('read', nowhere.subarray(0, got))
      this.#moved += got
    }
    return true
  }

  /** Bytes moved in all, both ways, those discarded too. */
  get moved(): number {
    return this.#moved
  }

  /** Settles when a call that stopped is worth another try, or when one of `others` has. TypeError where the BIO has no `ready`. */
  ready(reading: boolean, writing: boolean, others: readonly Promise<void>[] = []): Promise<void> {
    const waits = [...others]
    if (reading) waits.push(readiness(this.#rbio, 'read'))
    if (writing) waits.push(readiness(this.#wbio, 'write'))
    return this.#readiness.any(waits)
  }

  /** Whether what was closed still drives something out. */
  lingers(): boolean {
    const flushed = guard(() => this.#wbio.flush())
    return flushed !== 'done' && flushed.stop === 'retry'
  }

  close(error?: Error): void {
    this.#tell('close')
    guard(() => this.#rbio.close(error))
    if (this.#wbio !== this.#rbio) guard(() => this.#wbio.close(error))
  }

  /** Whether the trace threw, and nobody was told yet. */
  get interrupted(): boolean {
    return this.#thrown !== undefined && !this.#rethrown
  }

  /** Throws what the trace threw, once. It is told nothing more of the carrier. */
  rethrow(): undefined {
    if (!this.interrupted) return
    this.#rethrown = true
    throw this.#thrown?.error
  }

  #told(call: 'read' | 'write' | 'flush', stopped: Stopped): Stopped {
    this.#tell(call, nothing, stopped.stop)
    return stopped
  }

  #tell(
    call: 'read' | 'write' | 'flush' | 'close',
    bytes: Uint8Array = nothing,
    outcome: 'done' | Stopped['stop'] = 'done',
  ): void {
    if (!this.#trace || this.#thrown) return
    try {
      this.#trace.tell({ event: 'bio', call, outcome, bytes: new Uint8Array(bytes) })
    } catch (error) {
      this.#thrown = { error }
    }
  }
}

/** A BIO that cannot be waited for would be asked again without end. */
function readiness(bio: Bio, on: 'read' | 'write'): Promise<void> {
  if (bio.ready) return bio.ready(on)
  throw misuse(
    'ERR_INVALID_ARG_TYPE',
    `expected a BIO with ready(), to wait until it can ${on}; use pump for one without`,
  )
}

/** A BIO that throws breaks its contract: it counts as broken. */
function guard<T>(call: () => T): T | Stopped {
  try {
    return call()
  } catch (error) {
    return broken(error instanceof Error ? error : new Error(String(error)))
  }
}

/** So does one that moves more than there is; or nothing without saying why, which could mean "not yet" as well as "never again". */
function counted(most: number, call: () => number | Stopped): number | Stopped {
  const count = guard(call)
  if (typeof count !== 'number') return count
  if (Number.isInteger(count) && count > 0 && count <= most) return count
  return broken(
    new RangeError(`expected the BIO to move 1 to ${most} bytes or to say why not, got ${count}`),
  )
}
