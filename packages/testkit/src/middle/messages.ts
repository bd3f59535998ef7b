/** Handshake messages out of the records that they come in, each byte looked at and moved a bounded number of times. */
import type { Bytes } from '@biopair/crypto'
import { messageHeaderLength } from '@biopair/handshake'

export class Messages {
  #storage: Bytes = new Uint8Array(0)
  #length = 0
  /** Where the last message begins that is not whole. */
  #open = 0
  #whole: Bytes[] = []

  /** Bytes that have come and were not taken. */
  get length(): number {
    return this.#length
  }

  push(content: Uint8Array): void {
    const length = this.#length + content.length
    if (length > this.#storage.length) {
      const grown = new Uint8Array(Math.max(2 * this.#storage.length, length))
      grown.set(this.#storage.subarray(0, this.#length))
      this.#storage = grown
    }
    this.#storage.set(content, this.#length)
    this.#length = length
    const view = new DataView(this.#storage.buffer)
    while (this.#length - this.#open >= messageHeaderLength) {
      const end = this.#open + messageHeaderLength + (view.getUint32(this.#open) & 0xffffff)
      if (end > this.#length) break
      this.#whole.push(this.#storage.slice(this.#open, end))
      this.#open = end
    }
  }

  /** All messages, and none of them is held any longer; undefined while the last is not whole. */
  take(): readonly Bytes[] | undefined {
    if (this.#open < this.#length) return undefined
    const whole = this.#whole
    this.clear()
    return whole
  }

  clear(): void {
    this.#storage = new Uint8Array(0)
    this.#length = 0
    this.#open = 0
    this.#whole = []
  }
}

/** The messages that these bytes are; undefined while the last is not whole. */
export function messagesIn(bytes: Uint8Array): readonly Bytes[] | undefined {
  const messages = new Messages()
  messages.push(bytes)
  return messages.take()
}
