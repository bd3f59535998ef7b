/** What goes on to the other end: as it came where nothing has changed, else sealed anew under the number that is due. */
import type { Bytes } from '@biopair/crypto'
import { KeyUpdate } from '@biopair/handshake'
import {
  ContentType,
  type ContentTypeName,
  headerLength,
  maxPlaintext,
  printHeader,
} from '@biopair/record'
import { joinedBytes } from '../joined-bytes.ts'
import type { EpochName, From } from './seen.ts'
import type { View, Writing } from './view.ts'

/** Something to send. */
export interface Outgoing {
  readonly type: ContentTypeName | 'opaque'
  readonly content: Bytes
  readonly padding: number
  /** The epoch of the end that it came from. */
  readonly epoch: EpochName
  readonly version: number
  /** The messages that end in it. */
  readonly messages: readonly Bytes[]
  /** The record that holds just this, as it came. */
  readonly came?: { readonly raw: Bytes; readonly generation: number; readonly sequence: number }
}

/** What both directions know together. */
export interface Both {
  /** The ends no longer agree on what has been said, so that their keys differ. */
  diverged: boolean
}

const ranks: Readonly<Record<EpochName, number>> = {
  clear: 0,
  early: 1,
  protected: 1,
  handshake: 2,
  application: 3,
}

export class Outlet {
  readonly #from: From
  readonly #sender: View
  readonly #receiver: View
  readonly #both: Both
  readonly #waiting: Outgoing[] = []
  #epoch: EpochName = 'clear'
  #generation = 0
  /** Records that the receiver has opened under its key, or is about to. */
  #count = 0
  #key: Writing | undefined

  constructor(from: From, sender: View, receiver: View, both: Both) {
    this.#from = from
    this.#sender = sender
    this.#receiver = receiver
    this.#both = both
  }

  /** Whether something cannot go for want of a key. */
  get blocked(): boolean {
    return this.#waiting.length > 0
  }

  /** Bytes that wait for a key. */
  get held(): number {
    return this.#waiting.reduce((sum, { content }) => sum + content.length, 0)
  }

  push(outgoing: readonly Outgoing[]): void {
    for (const one of outgoing) this.#waiting.push(one)
  }

  /** What can go now. At the end, what cannot be sealed goes as it came. */
  take(ended: boolean): Bytes {
    const ready: Bytes[] = []
    try {
      for (const one of this.#waiting) {
        const bytes =
          this.#bytesOf(one) ?? (ended ? (one.came?.raw ?? new Uint8Array(0)) : undefined)
        if (bytes === undefined) break
        ready.push(bytes)
      }
    } finally {
      this.#waiting.splice(0, ready.length)
    }
    return joinedBytes(ready)
  }

  #bytesOf(outgoing: Outgoing): Bytes | undefined {
    const { type, content, epoch, version, messages, came } = outgoing
    if (type === 'opaque') return content
    if (epoch === 'clear' || type === 'change_cipher_spec') {
      for (const message of messages) this.#receiver.hear(message)
      return came?.raw ?? plainRecords(type, version, content)
    }
    if (ranks[epoch] > ranks[this.#epoch]) this.#enter(epoch, 0)
    const sealed = this.#sealed(outgoing)
    if (sealed && this.#epoch === 'application' && messages.some(updatesKey))
      this.#enter('application', this.#generation + 1)
    return sealed
  }

  #enter(epoch: EpochName, generation: number): void {
    this.#epoch = epoch
    this.#generation = generation
    this.#count = 0
    this.#key = undefined
  }

  #sealed({ type, content, padding, epoch, came }: Outgoing): Bytes | undefined {
    const view = this.#view()
    if (
      came?.sequence === this.#count &&
      came.generation === this.#generation &&
      epoch === this.#epoch &&
      view === this.#sender
    ) {
      this.#count++
      this.#key = undefined
      return came.raw
    }
    const first = { high: Math.floor(this.#count / 2 ** 32), low: this.#count >>> 0 }
    this.#key ??= view.writing(this.#from, this.#epoch, this.#generation, first)
    if (this.#key === undefined) return undefined
    const records: Bytes[] = []
    for (const part of parts(content)) {
      records.push(sealRecord(this.#key, type as ContentTypeName, part, padding))
      this.#count++
    }
    return joinedBytes(records)
  }

  /** Whose keys to seal with: the receiver's own where they differ and its key log is at hand. */
  #view(): View {
    const { keys } = this.#receiver
    const own = keys !== undefined && keys !== this.#sender.keys
    // Early data is sealed before the receiver has said anything.
    return this.#both.diverged && own && this.#epoch !== 'early' ? this.#receiver : this.#sender
  }
}

/** Whether a message is a KeyUpdate. */
export function updatesKey(message: Uint8Array): boolean {
  return message[0] === KeyUpdate.msg_type
}

function parts(content: Bytes): Bytes[] {
  const cut: Bytes[] = []
  let at = 0
  do {
    cut.push(content.subarray(at, at + maxPlaintext))
    at += maxPlaintext
  } while (at < content.length)
  return cut
}

function plainRecords(type: ContentTypeName, version: number, content: Bytes): Bytes {
  return joinedBytes(
    parts(content).map(part => {
      const record = new Uint8Array(headerLength + part.length)
      printHeader(record, 0, ContentType[type], version, part.length)
      record.set(part, headerLength)
      return record
    }),
  )
}

function sealRecord(key: Writing, type: ContentTypeName, content: Bytes, wanted: number): Bytes {
  const padding =
    key.hides === 'content_and_type' ? Math.min(wanted, maxPlaintext - content.length) : 0
  const length = content.length + padding + key.overhead
  const record = new Uint8Array(headerLength + length)
  const work = new Uint8Array((length + 3) & ~3)
  key.seal(ContentType[type], 0x0303, content, padding, work, record, 0)
  return record
}
