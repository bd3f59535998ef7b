/** Two streams joined in memory, one of which breaks at its first, second, third ... step. */
import { Duplex } from 'node:stream'

/** What can happen to a stream below a connection. */
export const breaks = {
  'is destroyed without a word': (stream: Duplex) => void stream.destroy(),
  'says error, and nothing else': (stream: Duplex, why: Error) => void stream.emit('error', why),
  'is destroyed with an error, and says it twice more': (stream: Duplex, why: Error) => {
    stream.destroy(why)
    setImmediate(() => {
      stream.emit('error', why)
      setImmediate(() => stream.emit('error', why))
    })
  },
} as const

export type Break = keyof typeof breaks

/** One end; the other hears of its death as of a reset. */
class Side extends Duplex {
  other: Side | undefined
  step: (what: string) => void = () => {}
  /** The other one has room for what was written. */
  taken: (() => void) | undefined

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 16_384 })
  }

  override _read(): void {
    this.step('read')
    const { other } = this
    const taken = other?.taken
    if (!other || !taken) return
    other.taken = undefined
    process.nextTick(taken)
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.step('write')
    const given = () => {
      this.step('written')
      done()
    }
    process.nextTick(() => {
      if (this.other?.destroyed) return given()
      if (this.other?.push(chunk)) return given()
      this.taken = given
    })
  }

  override _final(done: () => void): void {
    this.step('end')
    process.nextTick(() => {
      this.step('ended')
      if (!this.other?.destroyed) this.other?.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { other } = this
    process.nextTick(() => {
      if (!other || other.destroyed || (other.readableEnded && other.writableFinished)) return
      other.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    })
    done(error)
  }
}

/** The near end calls `step` at each of its steps, with what it is about to do. */
export function steppingPair(step: (what: string) => void): readonly [Duplex, Duplex] {
  const [near, far] = [new Side(), new Side()]
  near.other = far
  far.other = near
  for (const event of ['readable', 'end', 'finish', 'close']) near.on(event, () => step(event))
  near.step = step
  return [near, far]
}
