/** A carrier that wraps what it carries in packets, for the time of the handshake: TDS, EAP-TLS and their like. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import { coded } from './errors.ts'

/** How the packets of a protocol look. */
export interface Framing {
  /** The packets for these bytes, one behind the other or as a list. */
  encode(bytes: Uint8Array): Uint8Array | readonly Uint8Array[]
  /**
   * The first packet of what has come: what it carries, and how many bytes it is long. Undefined where it is not complete; `raw` where it is none, and
   * everything from here on is TLS's own records. Throws for what is neither.
   */
  decode(
    bytes: Uint8Array,
  ): { readonly payload: Uint8Array; readonly length: number } | 'raw' | undefined
  /** The longest packet that may come, in bytes: 65 536. */
  readonly maxPacket?: number
}

export class FramedCarrier implements ByteCarrier {
  readonly #below: ByteCarrier
  readonly #framing: Framing
  #held: Uint8Array = new Uint8Array(0)
  #readsRaw = false
  #writesRaw = false
  #waiting: (() => void)[] = []

  constructor(below: ByteCarrier, framing: Framing) {
    this.#below = below
    this.#framing = framing
  }

  /** What is written from now on goes as it is. */
  writeRaw(): void {
    this.#writesRaw = true
  }

  /** Settles when a write has ended, well or not, or none will follow. */
  wrote(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#held.length > 0) {
        const payload = this.#packet()
        if (payload) return payload
      }
      const more = await this.#below.read()
      if (more === null) {
        if (this.#held.length === 0) return null
        throw coded('ERR_FRAMING', 'the carrier ended inside a packet')
      }
      if (this.#readsRaw) return more
      this.#held = Buffer.concat([this.#held, more])
    }
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#writesRaw) return this.#below.write(bytes)
    try {
      const packets = this.#framing.encode(bytes)
      for (const packet of packets instanceof Uint8Array ? [packets] : packets)
        await this.#below.write(new Uint8Array(packet))
    } finally {
      this.#wake()
    }
  }

  close(): Promise<void> {
    this.#wake()
    return this.#below.close()
  }

  abort(reason: Error): void {
    this.#wake()
    this.#below.abort(reason)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** What the first packet carries; empty packets carry nothing to wait for. */
  #packet(): Uint8Array | undefined {
    const { maxPacket = 65_536 } = this.#framing
    for (;;) {
      const found = this.#framing.decode(this.#held)
      if (found === 'raw') {
        this.#readsRaw = true
        const held = this.#held
        this.#held = new Uint8Array(0)
        return held
      }
      if (found === undefined) {
        if (this.#held.length < maxPacket) return undefined
        throw coded('ERR_FRAMING', `a packet of more than ${maxPacket} bytes`)
      }
      const { payload, length } = found
      if (!Number.isInteger(length) || length < 1 || length > this.#held.length)
        throw coded(
          'ERR_FRAMING',
          `a packet of ${length} bytes, where ${this.#held.length} have come`,
        )
      this.#held = this.#held.subarray(length)
      if (payload.length > 0) return payload
      if (this.#held.length === 0) return undefined
    }
  }
}
