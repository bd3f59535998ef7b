/** The timeline: one section for each step in which something was said or heard, and one line for all the steps between. */
import type { PairBio } from '@biopair/bio'
import type { TraceEvent } from '@biopair/ssl'
import type { Told } from './messages.ts'

export type Side = 'client' | 'server'

const width = 100

export class Timeline {
  readonly #print: (line: string) => void
  readonly #halves: Readonly<Record<Side, PairBio>>
  readonly #taken: () => number
  readonly #tell: (message: Uint8Array) => Told
  #lines: string[] = []
  #steps = 0
  #quiet = 0
  #before = 0

  /** @param taken how many bytes both rings have taken, ever */
  constructor(
    halves: Readonly<Record<Side, PairBio>>,
    taken: () => number,
    print: (line: string) => void,
    tell: (message: Uint8Array) => Told,
  ) {
    this.#tell = tell
    this.#halves = halves
    this.#taken = taken
    this.#print = print
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps
  }

  /** A part of the story. */
  chapter(title: string): void {
    this.#skipped(this.#taken() - this.#before)
    this.#print('')
    this.#print(`${title} ${'='.repeat(width - title.length - 1)}`)
  }

  /** Runs one step of a side, and prints what happened in it. */
  step<T>(side: Side, work: () => T): T {
    if (this.#quiet === 0) this.#before = this.#taken()
    const skipped = this.#taken() - this.#before
    const result = work()
    this.#steps++
    if (this.#lines.length === 0) {
      this.#quiet++
      return result
    }
    this.#skipped(skipped)
    this.#print(rule(`step ${this.#steps}: ${side}`))
    for (const line of this.#lines) this.#print(line)
    this.#print(`  ring        ${this.#rings()}`)
    this.#lines = []
    return result
  }

  /** Notes something for the step that is under way. */
  note(label: string, words: string): void {
    this.#lines.push(`  ${label.padEnd(12)}${words}`)
  }

  /** Notes what a connection tells. */
  event(event: TraceEvent): void {
    switch (event.event) {
      case 'record':
        this.note(
          event.direction === 'write' ? 'sends' : 'reads',
          `${event.type} record, ${event.length} bytes, ${event.protected ? 'encrypted' : 'in the clear'}`,
        )
        break
      case 'message':
        this.#message(event.message, event.direction)
        break
      case 'alert':
        this.note(event.direction === 'write' ? 'says' : 'hears', `alert ${event.alert}`)
        break
      case 'state':
        this.note('state', event.state)
        break
      case 'key':
        this.note('keys', `${event.direction}s with ${event.level} keys from here`)
        break
    }
  }

  #message(message: Uint8Array, direction: 'read' | 'write'): void {
    const { name, fields } = this.#tell(message)
    this.note(direction === 'write' ? 'says' : 'hears', `${name}, ${message.length} bytes`)
    // The fields are shown where the message is sent.
    if (direction === 'read') return
    for (const [field, words] of fields)
      for (const [i, line] of wrapped(words, width - 30).entries())
        this.note('', `  ${(i === 0 ? field : '').padEnd(14)}${line}`)
  }

  /** One line for the steps in which nothing was said, and the bytes that they moved. */
  #skipped(bytes: number): void {
    if (this.#quiet > 0 && bytes > 0)
      this.#print(rule(`${this.#quiet} steps more, ${bytes} bytes into the rings`))
    this.#quiet = 0
  }

  #rings(): string {
    const { client, server } = this.#halves
    return `client to server ${client.wpending} of ${client.size} bytes, server to client ${server.wpending} of ${server.size}`
  }
}

function rule(title: string): string {
  return `-- ${title} ${'-'.repeat(Math.max(0, width - title.length - 4))}`
}

/** Words over as many lines as they need. */
export function wrapped(words: string, length: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > length) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
