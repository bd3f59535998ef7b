/** Tells a connection's trace what it asked to hear, and nothing that is secret unless it asked for that as well. */
import {
  decodeMessage,
  encodeMessage,
  type Level,
  NewSessionTicket,
  NewSessionTicket12,
  type Role,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { ContextOptions } from './context-options.ts'
import type { Trace, TraceKind, TraceNews } from './trace.ts'

export class Tracer {
  readonly role: Role
  /** Whether events hold secrets. */
  readonly secrets: boolean
  readonly #trace: Trace
  readonly #kinds: readonly TraceKind[] | undefined
  readonly #whole: boolean
  readonly #connection: number
  readonly #now: () => number
  /** The last keys' epochs. */
  readonly #epochs = { read: 0, write: 0 }

  constructor(
    trace: Trace,
    { traceEvents, traceSecrets }: ContextOptions,
    stamp: { readonly role: Role; readonly connection: number; readonly now: () => number },
  ) {
    this.#trace = trace
    this.#kinds = traceEvents
    this.secrets = traceSecrets === true
    this.#whole = traceSecrets !== undefined && traceSecrets !== false
    this.role = stamp.role
    this.#connection = stamp.connection
    this.#now = stamp.now
  }

  wants(kind: TraceKind): boolean {
    return this.#kinds === undefined || this.#kinds.includes(kind)
  }

  tell(news: TraceNews): void {
    if (!this.wants(news.event)) return
    const stamp = { connection: this.#connection, role: this.role, time: this.#now() }
    this.#trace({ ...stamp, ...(this.#whole ? news : redacted(news)) })
  }

  /** A key came into use; its secret is copied where it may be told. */
  key(direction: 'read' | 'write', level: Level, secret: Bytes): void {
    const epoch = this.#epochAt(direction, level)
    const ours = direction === 'write'
    const sender = ours === (this.role === 'client') ? 'client' : 'server'
    const name =
      level === 'application'
        ? `${sender}_application_traffic_secret_${epoch - 3}`
        : `${sender}_${level}_traffic_secret`
    this.tell({
      ...{ event: 'key', direction, level, epoch, name },
      ...(this.#tellsSecretOf('key') ? { secret: secret.slice() } : {}),
    })
  }

  /** A key of TLS 1.2 came into use (RFC 5246 §6.3). */
  key12(direction: 'read' | 'write', key: Bytes): void {
    const sender = (direction === 'write') === (this.role === 'client') ? 'client' : 'server'
    this.tell({
      ...{ event: 'key', direction, level: 'application', epoch: 1, name: `${sender}_write_key` },
      ...(this.#tellsSecretOf('key') ? { secret: key.slice() } : {}),
    })
  }

  /** A secret was derived; `keylog` makes its line. */
  derived(name: string, secret: Uint8Array, keylog?: () => string): void {
    const told = this.#tellsSecretOf('secret')
    this.tell({
      ...{ event: 'secret', name },
      ...(told ? { secret: new Uint8Array(secret) } : {}),
      ...(told && keylog ? { keylog: keylog() } : {}),
    })
  }

  #tellsSecretOf(kind: TraceKind): boolean {
    return this.secrets && this.wants(kind)
  }

  #epochAt(direction: 'read' | 'write', level: Level): number {
    const epochs = this.#epochs
    if (level === 'application') epochs[direction] = Math.max(3, epochs[direction] + 1)
    else epochs[direction] = level === 'handshake' ? 2 : 1
    return epochs[direction]
  }
}

/** A NewSessionTicket without what makes it one: zeros stand in for ticket_age_add, ticket_nonce and ticket. Everything else as it is. */
export function redacted<T extends TraceNews>(news: T): T {
  if (news.event !== 'message' || news.message[0] !== NewSessionTicket.msg_type) return news
  // It does not say its version. In TLS 1.2 it comes before there are keys, in TLS 1.3 behind the handshake.
  const without = news.level === 'initial' ? withoutTicket12 : withoutTicket
  return { ...news, message: blankUnless(news.message, without), redacted: true }
}

/** It has not been judged yet, and may be anything: then nothing is shown but its header. */
function blankUnless(message: Bytes, without: (body: Uint8Array) => Bytes): Bytes {
  try {
    return without(message.subarray(4))
  } catch {
    const blank = zeros(message)
    blank.set(message.subarray(0, 4))
    return blank
  }
}

function withoutTicket(body: Uint8Array): Bytes {
  const said = decodeMessage(NewSessionTicket, body)
  return encodeMessage(NewSessionTicket, {
    ...said,
    ticket_age_add: 0,
    ticket_nonce: zeros(said.ticket_nonce),
    ticket: zeros(said.ticket),
  })
}

function withoutTicket12(body: Uint8Array): Bytes {
  const said = decodeMessage(NewSessionTicket12, body)
  return encodeMessage(NewSessionTicket12, { ...said, ticket: zeros(said.ticket) })
}

function zeros(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes.length)
}
