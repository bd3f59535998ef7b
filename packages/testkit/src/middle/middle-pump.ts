/** Moves bytes between two BIOs through a man in the middle, and carries their ends across. */
import type { Bio, Stopped } from '@biopair/bio'
import type { Bytes } from '@biopair/crypto'
import type { Middle } from './middle.ts'
import type { From } from './seen.ts'

const chunk = 16 * 1024

/** `client` is the BIO whose other end the client has, `server` that of the server. Never waits: call `step` whenever something may have come. */
export class MiddlePump {
  readonly #ways: readonly [Way, Way]

  constructor(middle: Middle, client: Bio, server: Bio) {
    this.#ways = [
      new Way(middle, 'client', client, server),
      new Way(middle, 'server', server, client),
    ]
  }

  /** Moves what can be moved now. Answers how many bytes were read and taken, and whether both directions have ended. */
  step(): { readonly moved: number; readonly done: boolean } {
    // What one end's bytes bring about may be the key that the other's wait for.
    const moved = this.#ways.reduce((sum, way) => sum + way.step(), 0)
    return { moved, done: this.#ways.every(way => way.over) }
  }
}

class Way {
  over = false
  readonly #middle: Middle
  readonly #from: From
  readonly #source: Bio
  readonly #target: Bio
  readonly #into = new Uint8Array(chunk)
  #left: Bytes = new Uint8Array(0)
  #ending: Extract<Stopped, { stop: 'eof' | 'broken' }> | undefined

  constructor(middle: Middle, from: From, source: Bio, target: Bio) {
    this.#middle = middle
    this.#from = from
    this.#source = source
    this.#target = target
  }

  step(): number {
    let moved = 0
    while (!this.over) {
      if (this.#left.length === 0 && !this.#ending) this.#left = this.#middle.pass(this.#from)
      const given = this.#give()
      moved += given
      if (this.over || this.#left.length > 0) break
      const taken = this.#take()
      moved += taken
      if (taken === 0 && given === 0 && this.#left.length === 0) break
    }
    return moved
  }

  /** Offers what is to go; when it has gone, the end that came behind it. */
  #give(): number {
    let given = 0
    while (this.#left.length > 0) {
      const count = this.#target.write(this.#left)
      if (typeof count !== 'number' || count === 0) {
        if (typeof count !== 'number' && count.stop !== 'retry') this.#refused(count)
        return given
      }
      this.#left = this.#left.subarray(count)
      given += count
    }
    if (given > 0) this.#target.flush()
    if (this.#ending) this.#carryEnd(this.#ending)
    return given
  }

  #take(): number {
    if (this.#ending || this.#middle.full(this.#from)) return 0
    const count = this.#source.read(this.#into)
    if (typeof count === 'number') {
      this.#left = this.#middle.pass(this.#from, this.#into.subarray(0, count))
      return count
    }
    if (count.stop !== 'retry') this.#ended(count)
    return 0
  }

  #ended(ending: Extract<Stopped, { stop: 'eof' | 'broken' }>): void {
    this.#ending = ending
    this.#left = this.#middle.end(this.#from)
    if (this.#left.length === 0) this.#carryEnd(ending)
  }

  #carryEnd(ending: Extract<Stopped, { stop: 'eof' | 'broken' }>): void {
    if (ending.stop === 'broken') this.#target.close(ending.error)
    else if (this.#target.end() !== 'done') return
    this.over = true
  }

  #refused(why: Exclude<Stopped, { stop: 'retry' }>): void {
    this.over = true
    this.#source.close(why.stop === 'broken' ? why.error : undefined)
  }
}
