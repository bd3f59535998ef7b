/** TLS bytes over message ports: as many as the other side has given credit for, then an end or an error. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import type { Bytes } from '@biopair/wire'
import { bytesOf, whole } from '../bytes.ts'
import { CarrierGone } from '../carrier-gone.ts'
import { Inbox } from '../inbox.ts'
import { type Envelope, envelope, envelopeOf, type Frame } from './frames.ts'

/** What a port is to this carrier. */
export interface PortParts {
  /** What it is called in messages. */
  readonly name: string
  post(message: unknown, transfer: readonly ArrayBuffer[]): void
  /** Puts the listeners on; what it answers takes them off. */
  listen(message: (data: unknown) => void, failed: (why: string) => void): () => void
  /** Lets the port go, once everything was posted. */
  release(): void
}

export interface PortOptions {
  /** Bytes that the other side may send before some of them were read: 131 072. */
  readonly window?: number
}

export class PortCarrier implements ByteCarrier {
  readonly #parts: PortParts
  readonly #window: number
  readonly #inbox: Inbox
  readonly #id = crypto.getRandomValues(new Uint32Array(4)).join('-')
  readonly #stop: () => void
  /** Who the other one is. */
  #other: string | undefined
  /** Bytes that we may send. */
  #credit = 0
  /** Bytes that were read and not given as credit again. */
  #read = 0
  /** Bytes that the other one may send. */
  #granted: number
  #wake: (() => void) | undefined
  #broken: Error | undefined
  #over = false

  constructor(parts: PortParts, { window = 131_072 }: PortOptions = {}) {
    this.#parts = parts
    this.#window = window
    this.#granted = window
    this.#inbox = new Inbox(window)
    this.#stop = parts.listen(
      data => this.#heard(data),
      why => this.#break(why),
    )
    this.#say({ kind: 'open', credit: window, answer: false })
  }

  readNow(): Bytes | null | undefined {
    const bytes = this.#inbox.readNow()
    if (bytes) this.#used(bytes)
    return bytes
  }

  async read(): Promise<Bytes | null> {
    const bytes = await this.#inbox.read()
    if (bytes) this.#used(bytes)
    return bytes
  }

  #used(bytes: Bytes): undefined {
    this.#read += bytes.length
    // Not for every piece: a message costs more than its bytes.
    if (!this.#over && this.#read * 4 >= this.#window) {
      this.#granted += this.#read
      this.#say({ kind: 'credit', credit: this.#read })
      this.#read = 0
    }
  }

  writeNow(bytes: Bytes): boolean {
    if (this.#broken) throw this.#broken
    if (this.#credit < bytes.length) return false
    this.#send(bytes)
    return true
  }

  async write(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      while (this.#credit === 0 && !this.#broken) await this.#changed()
      if (this.#broken) throw this.#broken
      const piece = bytes.subarray(at, at + this.#credit)
      at += piece.length
      this.#send(piece)
    }
  }

  #send(bytes: Bytes): undefined {
    const piece = whole(bytes)
    this.#credit -= piece.length
    this.#say({ kind: 'data', bytes: piece }, [piece.buffer])
  }

  async close(): Promise<void> {
    this.#say({ kind: 'end' })
    this.#leave()
  }

  abort(reason: Error): void {
    // Its words alone: what else it says is this side's.
    this.#say({ kind: 'abort', why: reason.message })
    this.#leave()
  }

  #leave(): undefined {
    if (this.#over) return
    this.#over = true
    this.#stop()
    this.#inbox.end()
    this.#broken ??= this.#gone('was let go of')
    this.#rouse()
    this.#parts.release()
  }

  #heard(message: unknown): undefined {
    const said = envelopeOf(message)
    if (!said || said.from === this.#id) return
    if (said.to !== undefined && said.to !== this.#id) return
    // Whoever may open the channel may say this.
    if ('credit' in said && !(Number.isSafeInteger(said.credit) && said.credit >= 0))
      return this.#break('brought credit that is none')
    if (said.kind === 'open') return this.#met(said, said.credit, said.answer)
    if (said.kind === 'busy') return this.#break('is taken by two others')
    if (said.from === this.#other) this.#took(said)
  }

  #met(said: Envelope, credit: number, answer: boolean): undefined {
    if (this.#other !== undefined && this.#other !== said.from) {
      this.#parts.post(envelope({ kind: 'busy' }, this.#id, said.from), [])
      return
    }
    const known = this.#other !== undefined
    this.#other = said.from
    if (!known) this.#credit = credit
    if (!answer) this.#say({ kind: 'open', credit: this.#window, answer: true })
    this.#rouse()
  }

  #took(frame: Envelope): undefined {
    switch (frame.kind) {
      case 'data':
        return this.#came(frame.bytes)
      case 'credit':
        this.#credit += frame.credit
        return this.#rouse()
      case 'end':
        this.#inbox.end()
        this.#broken ??= this.#gone('was closed by the other side')
        return this.#rouse()
      case 'abort':
        return this.#break(`was given up by the other side: ${frame.why}`)
    }
  }

  #came(value: unknown): undefined {
    const bytes = bytesOf(value)
    if (!bytes) return this.#break('brought no bytes where bytes were expected')
    this.#granted -= bytes.length
    if (this.#granted < 0) return this.#break('brought more than there was credit for')
    this.#inbox.push(bytes as Bytes)
  }

  #break(why: string): undefined {
    const error = this.#gone(why)
    this.#inbox.fail(error)
    this.#broken ??= error
    this.#rouse()
  }

  #gone(why: string): Error {
    return new CarrierGone(`the ${this.#parts.name} ${why}`)
  }

  #say(frame: Frame, transfer: readonly ArrayBuffer[] = []): undefined {
    if (this.#over) return
    this.#parts.post(envelope(frame, this.#id, this.#other), transfer)
  }

  #changed(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  #rouse(): undefined {
    this.#wake?.()
    this.#wake = undefined
  }
}
