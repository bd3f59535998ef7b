/** Standard input and output: data with back-pressure, and the keys that command. */
import type { Readable, Writable } from 'node:stream'

export interface Terminal {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Ends what runs: a server says goodbye to everybody, a client is cut off. */
  readonly signal?: AbortSignal
}

/** Writes, and waits until there is room for more. Rejects where the output is gone. */
export async function put(out: Writable, bytes: Uint8Array | string): Promise<void> {
  if (out.destroyed) throw out.errored ?? new Error('the output is closed')
  if (out.write(bytes)) return
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      out.off('drain', settle).off('close', settle).off('error', settle)
      if (out.destroyed) reject(out.errored ?? new Error('the output is closed'))
      else resolve()
    }
    out.on('drain', settle).on('close', settle).on('error', settle)
  })
}

/** What was typed: data, a letter that commands, or the end. */
export type Typed =
  | { readonly data: Uint8Array }
  | { readonly command: string }
  | { readonly end: true }

/** Standard input, a piece at a time; nothing is read before it is asked for. */
export class Keyboard {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #letters: string
  #queue: Typed[] = []
  #asked: Promise<void> | undefined
  #lineStart = true
  #dropping = false

  /** @param letters those that command where they start a line; the rest of such a line is dropped, as OpenSSL does. */
  constructor(stdin: Readable, letters: string) {
    this.#chunks = stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    this.#letters = letters
  }

  /** The next piece, without taking it; it stays until `take`. The end stays for ever. */
  async peek(): Promise<Typed> {
    for (;;) {
      const [first] = this.#queue
      if (first) return first
      this.#asked ??= this.#more()
      await this.#asked
    }
  }

  /** Takes what `peek` showed. */
  take(): void {
    if (this.#queue[0] && !('end' in this.#queue[0])) this.#queue.shift()
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next().catch(() => ({ done: true, value: undefined }) as const)
    this.#asked = undefined
    if (next.done) this.#queue.push({ end: true })
    else this.#split(Buffer.from(next.value))
  }

  #split(chunk: Uint8Array): void {
    if (this.#letters === '') {
      this.#queue.push({ data: chunk })
      return
    }
    let from = 0
    for (let at = 0; at < chunk.length; ) {
      const letter = String.fromCharCode(chunk[at] as number)
      if (this.#lineStart && this.#letters.includes(letter)) {
        if (at > from) this.#queue.push({ data: chunk.subarray(from, at) })
        this.#queue.push({ command: letter })
        this.#dropping = true
      }
      const newline = chunk.indexOf(0x0a, at)
      const after = newline < 0 ? chunk.length : newline + 1
      this.#lineStart = newline >= 0
      if (this.#dropping) from = after
      if (newline >= 0) this.#dropping = false
      at = after
    }
    if (from < chunk.length) this.#queue.push({ data: chunk.subarray(from) })
  }
}
