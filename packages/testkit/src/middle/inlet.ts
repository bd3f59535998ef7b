/** What one end sends, as records in the clear: framing, epochs, and the keys that open them. */
import type { Bytes } from '@biopair/crypto'
import { ClientHello, EndOfEarlyData, Finished, KeyUpdate, ServerHello } from '@biopair/handshake'
import { type ContentTypeName, contentTypeName, headerLength, parseHeader } from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import type { EpochName, From } from './seen.ts'
import type { Reading, View } from './view.ts'

/** A record, opened where that was possible. */
export interface SeenRecord {
  readonly type: ContentTypeName | 'opaque'
  readonly content: Bytes
  readonly padding: number
  readonly epoch: EpochName
  readonly generation: number
  /** Its number under its key. */
  readonly sequence: number
  readonly version: number
  /** As it stands on the carrier. */
  readonly raw: Bytes
}

/** RFC 5246 §6.2.3: nothing is longer in any version. */
const longestBody = 2 ** 14 + 2048
const nothing: Bytes = new Uint8Array(0)

export class Inlet {
  /** What this end seals with now. */
  epoch: EpochName = 'clear'
  generation = 0
  /** Nothing is understood any more: bytes go by as they come. */
  blind = false
  readonly #from: From
  readonly #view: View
  /** Storage that doubles, and what of it has come and is still here. */
  #storage: Bytes = nothing
  #start = 0
  #end = 0
  #sequence = 0
  #readings: readonly Reading[] | undefined

  constructor(from: From, view: View) {
    this.#from = from
    this.#view = view
  }

  /** Bytes that have come and are part of no record yet. */
  get held(): number {
    return this.#end - this.#start
  }

  get #buffer(): Bytes {
    return this.#storage.subarray(this.#start, this.#end)
  }

  push(bytes: Uint8Array): void {
    const { held } = this
    if (this.#end + bytes.length > this.#storage.length) {
      const grown = new Uint8Array(Math.max(2 * held, held + bytes.length))
      grown.set(this.#buffer)
      this.#storage = grown
      this.#start = 0
      this.#end = held
    }
    this.#storage.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The next record; `wait` where a key is missing that may come yet. At the end nothing is waited for. */
  next(ended: boolean): SeenRecord | 'wait' | undefined {
    if (this.#buffer.length === 0) return undefined
    if (this.blind) return this.#opaque(this.#buffer.length)
    if (this.#buffer.length < headerLength)
      return ended ? this.#opaque(this.#buffer.length) : undefined
    const { type, legacy_record_version, length } = parseHeader(this.#buffer)
    const whole = headerLength + length
    if (
      contentTypeName(type) === undefined ||
      legacy_record_version >> 8 !== 3 ||
      length > longestBody
    ) {
      this.blind = true
      return this.#opaque(this.#buffer.length)
    }
    if (this.#buffer.length < whole) return ended ? this.#opaque(this.#buffer.length) : undefined
    const hidden = type === 23 || (this.epoch === 'protected' && type !== 20)
    return hidden ? this.#hidden(whole, ended) : this.#clear(whole)
  }

  /** This end has sent a message, which may have changed its keys. */
  sent(message: Uint8Array, epoch: EpochName): void {
    this.#view.hear(message)
    const [type] = message
    if (epoch === 'protected') return
    if (type === Finished.msg_type && this.#view.version === '1.3') this.#move('application')
    if (type === EndOfEarlyData.msg_type) this.#move('handshake')
    if (type === KeyUpdate.msg_type && epoch === 'application')
      this.#move('application', this.generation + 1)
    if (type === ClientHello.msg_type || type === ServerHello.msg_type) this.#move('clear')
  }

  #move(epoch: EpochName, generation = 0): void {
    this.epoch = epoch
    this.generation = generation
    this.#sequence = 0
    this.#readings = undefined
  }

  #opaque(length: number): SeenRecord {
    const raw = this.#consume(length)
    return this.#record('opaque', raw, raw, 0, this.epoch)
  }

  #clear(length: number): SeenRecord {
    const raw = this.#consume(length)
    const type = contentTypeName(raw[0] as number) as ContentTypeName
    // RFC 5246 §7.1: what follows is sealed. In TLS 1.3 it says nothing.
    if (type === 'change_cipher_spec' && this.#view.version === '1.2') this.#move('protected')
    return this.#record(type, raw.subarray(headerLength), raw, 0, 'clear')
  }

  #hidden(length: number, ended: boolean): SeenRecord | 'wait' {
    const raw = this.#buffer.subarray(0, length)
    let missing: EpochName | undefined
    for (const epoch of this.#epochs()) {
      const readings = this.#readingsOf(epoch)
      missing = readings ? undefined : epoch
      for (const [index, reading] of readings?.entries() ?? []) {
        const opened = open(reading, raw)
        if (opened === undefined) continue
        if (epoch === 'early') this.#view.chooseEarly(index)
        if (epoch !== this.epoch) this.#move(epoch)
        this.#readings = [reading]
        const { type, content, padding } = opened
        const record = this.#record(type, content, this.#consume(length), padding, epoch)
        this.#sequence++
        return record
      }
    }
    if (missing && this.#view.keys && !this.#view.foreign && !ended) return 'wait'
    // Later keys cannot be known without what is in here.
    if (missing) this.blind = true
    return this.#opaque(length)
  }

  #readingsOf(epoch: EpochName): readonly Reading[] | undefined {
    if (epoch !== this.epoch) return this.#view.reading(this.#from, epoch, 0)
    this.#readings ??= this.#view.reading(this.#from, epoch, this.generation)
    return this.#readings
  }

  /** What an end may have sealed with, now or next. */
  #epochs(): readonly EpochName[] {
    if (this.epoch === 'early') return ['early', 'handshake']
    if (this.epoch !== 'clear') return [this.epoch]
    if (this.#view.version === '1.2') return []
    return this.#from === 'client' && this.#view.early ? ['early', 'handshake'] : ['handshake']
  }

  #record(
    type: ContentTypeName | 'opaque',
    content: Bytes,
    raw: Bytes,
    padding: number,
    epoch: EpochName,
  ): SeenRecord {
    const version = ((raw[1] ?? 3) << 8) | (raw[2] ?? 3)
    const { generation } = this
    return { type, content, padding, epoch, generation, sequence: this.#sequence, version, raw }
  }

  #consume(length: number): Bytes {
    const bytes = this.#buffer.slice(0, length)
    this.#start += length
    return bytes
  }
}

/** Undefined where the key is another, or what is sealed is no content of a type that we know. */
function open(
  reading: Reading,
  raw: Bytes,
): { type: ContentTypeName; content: Bytes; padding: number } | undefined {
  const body = raw.subarray(headerLength)
  const into = new Uint8Array((body.length + 3) & ~3)
  try {
    const { type, length } = reading.open(raw.subarray(0, headerLength), body, into)
    const name = contentTypeName(type)
    if (name === undefined) return undefined
    const padding = body.length - reading.overhead - length
    return { type: name, content: into.slice(0, length), padding }
  } catch (error) {
    if (error instanceof TlsAlert) return undefined
    throw error
  }
}
