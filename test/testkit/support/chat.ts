/** A toy protocol that is not TLS: two ends send lines, confirm each, and part. Faults can be planted into it. */
import type { CountingHalf, Link } from '@biopair/testkit'

/** Faults of a chat, to see the kit find them. */
export interface ChatFaults {
  /** Reads nothing while it has something to write. */
  readonly stubborn?: boolean
  /** Forgets the rest of a write that was taken in part. */
  readonly forgets?: boolean
}

export class Chatter {
  readonly heard: string[] = []
  readonly #half: CountingHalf
  readonly #faults: ChatFaults
  #left: Uint8Array
  #partial = ''
  #open = true
  #ended = false

  constructor(half: CountingHalf, lines: readonly string[], faults: ChatFaults) {
    this.#half = half
    this.#faults = faults
    this.#left = new TextEncoder().encode(lines.map(line => `${line}\n`).join(''))
  }

  get done(): boolean {
    return this.#ended && !this.#open
  }

  get waits(): string {
    return `${this.#left.length} to say, heard ${this.heard.length} lines and "${this.#partial}"`
  }

  step(): void {
    if (this.#left.length > 0) {
      const took = this.#half.write(this.#left)
      const all = this.#faults.forgets && typeof took === 'number'
      if (typeof took === 'number') this.#left = this.#left.subarray(all ? this.#left.length : took)
      if (this.#faults.stubborn && this.#left.length > 0) return
    }
    if (this.#left.length === 0 && !this.#ended) this.#ended = this.#half.end() === 'done'
    const into = new Uint8Array(64)
    const got = this.#half.read(into)
    if (typeof got !== 'number') {
      if (got.stop !== 'retry') this.#open = false
      return
    }
    const lines = (this.#partial + new TextDecoder().decode(into.subarray(0, got))).split('\n')
    this.#partial = lines.pop() ?? ''
    this.heard.push(...lines)
  }
}

/** What each says. */
export const said = { client: ['hello', 'how are you?'], server: ['hi', 'fine'] } as const

/** A play of a chat with faults at either end. */
export function chatWith(faults: ChatFaults) {
  return function chat(link: Link) {
    const client = new Chatter(link.near, said.client, faults)
    const server = new Chatter(link.far, said.server, faults)
    return {
      client,
      server,
      check() {
        for (const [heard, lines] of [
          [client.heard, said.server],
          [server.heard, said.client],
        ] as const)
          if (heard.join() !== lines.join()) throw new Error(`expected ${lines}, heard ${heard}`)
      },
    }
  }
}

/** A chat without faults. */
export const chat = chatWith({})
/** Both ends write all that they have to say before they read. */
export const stubborn = chatWith({ stubborn: true })
/** What did not fit is lost. */
export const forgetful = chatWith({ forgets: true })
