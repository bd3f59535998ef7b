/** The peer's CRYPTO bytes, level by level, as messages (RFC 9001 §4.1.3). */
import { type JoinedMessage, Joiner, ProtocolViolation } from '@biopair/handshake'
import type { Limits } from '../limits.ts'
import { misuse } from '../misuse.ts'
import type { CryptoLevel } from './events.ts'
import { CryptoBufferExceeded } from './outcome.ts'

const order = { initial: 0, handshake: 1, application: 2 } as const satisfies Record<
  CryptoLevel,
  number
>

export class CryptoInput {
  readonly #joiner: Joiner
  readonly #most: number
  /** Copies of what has come, which the joiner gets one by one: what it handed on last stays as it is until it is asked for more. */
  #pieces: Uint8Array[] = []
  #waiting = 0
  /** The level that the peer's next message travels at. */
  level: CryptoLevel = 'initial'

  constructor({ maxMessage, maxHandshakeBuffer }: Limits) {
    this.#joiner = new Joiner({ maxMessage, maxTotal: maxHandshakeBuffer })
    this.#most = maxHandshakeBuffer
  }

  /** TypeError for a level that is none, or one whose keys have not been handed out, and for anything but bytes. */
  check(level: CryptoLevel, bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array))
      throw misuse('ERR_INVALID_ARG_TYPE', 'provide: expected bytes')
    if (!Object.hasOwn(order, level))
      throw misuse('ERR_INVALID_ARG_VALUE', `level: expected ${Object.keys(order).join(', ')}`)
    if (order[level] > order[this.level])
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `provide: expected bytes of level ${this.level}, got some of ${level}, whose secret was not handed out`,
      )
  }

  /** Takes in the next bytes of a level. ProtocolViolation for a level that is through, CryptoBufferExceeded where more would wait than may. */
  add(level: CryptoLevel, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (level !== this.level) throw excess(`${bytes.length} more bytes at level ${level}`)
    if (this.#waiting + bytes.length > this.#most)
      throw new CryptoBufferExceeded('illegal_parameter', {
        reason: 'EXCESSIVE_MESSAGE_SIZE',
        section: 'RFC 9000 7.5',
        why: `expected at most ${this.#most} bytes to wait, got ${this.#waiting + bytes.length}`,
      })
    this.#waiting += bytes.length
    this.#pieces.push(Uint8Array.from(bytes))
  }

  /** The next whole message; its arrays hold until the next is asked for. */
  next(): JoinedMessage | undefined {
    let message = this.#joiner.next()
    while (!message) {
      const piece = this.#pieces.shift()
      if (!piece) return undefined
      this.#joiner.push(piece)
      message = this.#joiner.next()
    }
    this.#waiting -= message.raw.length
    return message
  }

  /** Turns to another level. ProtocolViolation where anything of the one before is left. */
  raise(level: CryptoLevel): void {
    if (this.#waiting > 0) throw excess(`${this.#waiting} bytes left at level ${this.level}`)
    this.level = level
  }

  wipe(): void {
    this.#joiner.wipe()
    for (const piece of this.#pieces) piece.fill(0)
    this.#pieces = []
    this.#waiting = 0
  }
}

function excess(what: string): ProtocolViolation {
  return new ProtocolViolation('unexpected_message', {
    reason: 'EXCESS_HANDSHAKE_DATA',
    section: 'RFC 9001 4.1.3',
    why: `expected the message before a key change to be the last of its level, got ${what}`,
  })
}
