/** Joins handshake fragments, however they are cut, to messages (RFC 9846 section 5.1). */
import { wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { messageHeaderLength, messageName } from './messages/index.ts'

/** A message as it came. Both arrays are views: see `Joiner.next` for how long they hold. */
export interface JoinedMessage {
  readonly msg_type: number
  /** The message without its header. */
  readonly body: Uint8Array
  /** The message with its header, as the transcript wants it. */
  readonly raw: Uint8Array
}

export interface JoinerOptions {
  /** The longest body that a message of this type may have, in bytes; 0 for one that never has a body. */
  readonly maxMessage: (msg_type: number) => number
  /** The most bytes to hold at once, whatever they are; 2^20 where it is not given. */
  readonly maxTotal?: number
}

const nothing: Bytes = new Uint8Array(0)

/**
 * Fragments in, messages out. A message that lies in one fragment is handed on as a view of that fragment;
 * one that was cut is joined in storage that grows with the bytes that came, never with the length that was
 * announced, and that is let go when the message is handed on.
 */
export class Joiner {
  readonly #maxMessage: (msg_type: number) => number
  readonly #maxTotal: number
  /** The beginning of a message that was cut. */
  #held: Bytes = nothing
  #heldLength = 0
  /** What follows it: the last fragment, the caller's, or ours once two of them had to be put together. */
  #fragment: Uint8Array = nothing
  #at = 0
  #end = 0
  #ours = false

  constructor(options: JoinerOptions) {
    this.#maxMessage = options.maxMessage
    this.#maxTotal = options.maxTotal ?? 2 ** 20
  }

  /** Whether any byte is waiting: of an unfinished message, or of a message that `next` would hand on. */
  get partial(): boolean {
    return this.#heldLength > 0 || this.#at < this.#end
  }

  /**
   * Takes the next fragment. It is not copied yet: it must stay as it is until `next` answers undefined, or `keep`
   * was called.
   * @throws TlsAlert `illegal_parameter` (EXCESSIVE_MESSAGE_SIZE) where more than `maxTotal` bytes would wait
   */
  push(fragment: Uint8Array): void {
    const waiting = this.#heldLength + this.#end - this.#at
    if (waiting + fragment.length > this.#maxTotal)
      throw excessive(
        `at most ${this.#maxTotal} bytes of messages to wait`,
        waiting + fragment.length,
      )
    if (this.#at < this.#end) {
      this.#append(fragment)
      return
    }
    this.#fragment = fragment
    this.#at = 0
    this.#end = fragment.length
    this.#ours = false
  }

  /**
   * The next message, undefined where it has not come whole. Its arrays are views of the fragment or of our storage:
   * they hold until the fragment's owner reuses it, or the next `push`, `keep` or `wipe`.
   * @throws TlsAlert `illegal_parameter` (EXCESSIVE_MESSAGE_SIZE) as soon as a header announces too long a message
   */
  next(): JoinedMessage | undefined {
    if (this.#heldLength === 0) {
      const whole = this.#inFragment()
      if (whole !== undefined) return whole
    }
    if (!this.#hold(messageHeaderLength)) return undefined
    const length = this.#lengthOf(this.#held, 0)
    if (!this.#hold(length)) return undefined
    const raw = this.#held.subarray(0, length)
    this.#held = nothing
    this.#heldLength = 0
    return message(raw)
  }

  /** Copies what waits out of the last fragment, for a caller that reads on before `next` answered undefined. */
  keep(): void {
    if (this.#at < this.#end && !this.#ours) this.#append(nothing)
  }

  /** Overwrites what we hold with zeros and forgets it, and the fragment. */
  wipe(): void {
    wipe(this.#held, this.#ours ? this.#fragment : undefined)
    this.#held = nothing
    this.#heldLength = 0
    this.#fragment = nothing
    this.#at = 0
    this.#end = 0
    this.#ours = false
  }

  #inFragment(): JoinedMessage | undefined {
    if (this.#end - this.#at < messageHeaderLength) return undefined
    const length = this.#lengthOf(this.#fragment, this.#at)
    if (this.#end - this.#at < length) return undefined
    const raw = view(this.#fragment, this.#at, this.#at + length)
    this.#at += length
    if (this.#at === this.#end) this.#release()
    return message(raw)
  }

  /** Moves bytes from the fragment until `length` are held; false where they have not come yet. */
  #hold(length: number): boolean {
    const wanted = length - this.#heldLength
    const count = Math.min(wanted, this.#end - this.#at)
    if (count > 0) {
      this.#reserve(this.#heldLength + count, length)
      this.#held.set(this.#fragment.subarray(this.#at, this.#at + count), this.#heldLength)
      this.#heldLength += count
      this.#at += count
    }
    if (this.#at === this.#end) this.#release()
    return count >= wanted
  }

  /** Doubles the storage for `needed` bytes, but not beyond the message. */
  #reserve(needed: number, message: number): void {
    if (needed <= this.#held.length) return
    const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.#held.length, message)))
    grown.set(this.#held.subarray(0, this.#heldLength))
    wipe(this.#held)
    this.#held = grown
  }

  /** Puts more behind what waits, in storage of ours that doubles. */
  #append(more: Uint8Array): void {
    const waiting = this.#end - this.#at
    const needed = waiting + more.length
    if (!this.#ours || this.#end + more.length > this.#fragment.length) {
      const room = this.#ours ? Math.max(needed, 2 * waiting) : needed
      const grown = new Uint8Array(room)
      grown.set(this.#fragment.subarray(this.#at, this.#end))
      if (this.#ours) wipe(this.#fragment)
      this.#fragment = grown
      this.#ours = true
      this.#at = 0
      this.#end = waiting
    }
    this.#fragment.set(more, this.#end)
    this.#end += more.length
  }

  #release(): void {
    this.#fragment = nothing
    this.#at = 0
    this.#end = 0
    this.#ours = false
  }

  /** The length of the message whose header stands at an offset, header included. */
  #lengthOf(bytes: Uint8Array, at: number): number {
    const header = new DataView(bytes.buffer, bytes.byteOffset + at, messageHeaderLength)
    const word = header.getUint32(0)
    const msg_type = word >>> 24
    const length = word & 0xffffff
    const max = this.#maxMessage(msg_type)
    if (length > max) throw excessive(`at most ${max} bytes in ${messageName(msg_type)}`, length)
    return messageHeaderLength + length
  }
}

function message(raw: Uint8Array): JoinedMessage {
  const msg_type = new DataView(raw.buffer, raw.byteOffset).getUint8(0)
  return { msg_type, raw, body: view(raw, messageHeaderLength, raw.length) }
}

/** A plain view, also of a subclass such as Node's Buffer. */
function view(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)
}

function excessive(expected: string, came: number): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'EXCESSIVE_MESSAGE_SIZE',
    section: '5.1',
    why: `expected ${expected}, got ${came}`,
  })
}
