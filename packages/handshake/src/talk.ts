/** Sending and receiving with the transcript: nobody can forget to hash a message, or to refuse one out of order. */
import { ascii } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { FlowConfig } from './config.ts'
import { ask, type Flow } from './flow.ts'
import { decodeMessage, encodeMessage, type MessageType, messageName } from './messages/index.ts'
import type { Level, Output } from './output.ts'
import { Transcript } from './transcript.ts'

export class Talk {
  readonly transcript: Transcript
  readonly output: Output
  /** The level that our next message travels at. */
  level: Level = 'initial'
  readonly #edit: FlowConfig['edit']
  #state: string | undefined

  constructor(output: Output, edit: FlowConfig['edit'], transcript = new Transcript()) {
    this.output = output
    this.transcript = transcript
    this.#edit = edit
  }

  /** The state of RFC 9846 appendix A. */
  get state(): string {
    return this.#state ?? 'START'
  }

  enter(state: string): void {
    if (state === this.#state) return
    this.#state = state
    this.output.learn({ fact: 'state', state })
  }

  /** A line for the key log (RFC 9850). */
  keylog(label: string, { secret }: { readonly secret: Bytes }): void {
    this.output.learn({ fact: 'keylog', label, secret })
  }

  /** Encodes, hashes and sends; answers the message as it went out. `complete` fills in what depends on the bytes before it. */
  send<T>(type: MessageType<T>, message: T, complete?: (bytes: Bytes, edited: T) => void): T {
    const edited = this.#edit ? this.#edit(type.name, message) : message
    const bytes = encodeMessage(type, edited)
    complete?.(bytes, edited)
    this.transcript.add(bytes)
    this.output.send(this.level, bytes)
    return edited
  }

  /** Waits in `state` for the one message that is permitted there. */
  *receive<T>(state: string, type: MessageType<T>): Flow<T> {
    return (yield* this.receiveOneOf(state, type)).message
  }

  /** Waits in `state` for one of the messages that are permitted there. */
  *receiveOneOf<T extends readonly unknown[]>(
    state: string,
    ...types: { [I in keyof T]: MessageType<T[I]> }
  ): Flow<{ [I in keyof T]: Received<T[I]> }[number]> {
    this.enter(state)
    const { msg_type, body, raw } = yield* ask({ want: 'message', state })
    const type = types.find(permitted => permitted.msg_type === msg_type)
    if (!type)
      throw new TlsAlert('unexpected_message', {
        reason: 'UNEXPECTED_MESSAGE',
        section: '4',
        why: `in ${state} expected ${types.map(permitted => permitted.name).join(' or ')}, got ${messageName(msg_type)}`,
      })
    const message = decodeMessage(type, body)
    this.transcript.add(raw)
    return { type, message, raw } as { [I in keyof T]: Received<T[I]> }[number]
  }
}

export interface Received<T> {
  readonly type: MessageType<T>
  readonly message: T
  /** As it came, header included: a view that holds until the next message is waited for. */
  readonly raw: Uint8Array
}

/** The bytes that a CertificateVerify signs (RFC 9846 §4.5.2). */
export function signedContent(role: 'client' | 'server', transcriptHash: Uint8Array): Bytes {
  const context = `TLS 1.3, ${role} CertificateVerify`
  const content = new Uint8Array(64 + context.length + 1 + transcriptHash.length)
  content.fill(0x20, 0, 64)
  content.set(ascii(context), 64)
  content.set(transcriptHash, 64 + context.length + 1)
  return content
}
