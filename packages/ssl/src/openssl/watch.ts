/** What a connection's trace is to C: calls of the information and the message callback, in their order. */
import { ContentType, type ContentTypeName } from '@biopair/record'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Stop } from '../outcome.ts'
import type { TraceEvent } from '../trace.ts'
import { TLS1_2_VERSION, TLS1_3_VERSION } from './constants.ts'
import {
  SSL_CB_EXIT,
  SSL_CB_HANDSHAKE_DONE,
  SSL_CB_HANDSHAKE_START,
  SSL_CB_LOOP,
  SSL_CB_READ_ALERT,
  SSL_CB_WRITE_ALERT,
  SSL_ST_ACCEPT,
  SSL_ST_CONNECT,
} from './info.ts'
import {
  SSL3_RT_ALERT,
  SSL3_RT_CHANGE_CIPHER_SPEC,
  SSL3_RT_HANDSHAKE,
  SSL3_RT_HEADER,
  SSL3_RT_INNER_CONTENT_TYPE,
} from './msg.ts'
import type { SSL } from './ssl.ts'

type Event<K extends TraceEvent['event']> = Extract<TraceEvent, { readonly event: K }>

/** SSL_state_string(3)'s letters of a message that was read or written, by its number (RFC 9846 §4, RFC 5246 §7.4). */
const letters: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'client write': {
    ...{ 1: 'TWCH', 5: 'TWEOED', 11: 'TWCC', 15: 'TWCV', 16: 'TWCKE', 20: 'TWFIN', 24: 'TWCKU' },
  },
  'client read': {
    ...{ 0: 'TRREQ', 2: 'TRSH', 4: 'TRST', 8: 'TREE', 11: 'TRSC', 12: 'TRSKE', 13: 'TRCR' },
    ...{ 14: 'TRSD', 15: 'TRSCV', 20: 'TRFIN', 22: 'TRCS', 24: 'TRSKU' },
  },
  'server write': {
    ...{ 2: 'TWSH', 4: 'TWST', 8: 'TWEE', 11: 'TWSC', 12: 'TWSKE', 13: 'TWCR', 14: 'TWSD' },
    ...{ 15: 'TWSCV', 20: 'TWFIN', 22: 'TWCS', 24: 'TWSKU' },
  },
  'server read': {
    ...{ 1: 'TRCH', 5: 'TWEOED', 11: 'TRCC', 15: 'TRCV', 16: 'TRCKE', 20: 'TRFIN', 24: 'TRCKU' },
  },
}

/** Messages that one run of OpenSSL's state machine takes together behind a handshake: an authentication's, and the tickets that it ends with. */
const together: Readonly<Record<string, readonly string[]>> = {
  'read 13': ['write 11'],
  'write 11': ['write 15', 'write 20'],
  'write 15': ['write 20'],
  'read 11': ['read 15', 'read 20'],
  'read 15': ['read 20'],
  'read 20': ['write 4'],
  'write 4': ['write 4'],
}

/** One handshake's and what follows it. */
export class Watch {
  readonly #ssl: SSL
  #stage: 'before' | 'shaking' | 'done' | 'over' = 'before'
  /** An EXIT is owed: of the handshake, or of a message that came after it. */
  #open: 'handshake' | 'message' | undefined
  /** The peer's Finished is verified, and a client's own flight may not be out yet. */
  #connected = false
  /** Messages of ours that stand in no record yet, and how much of the first one does. */
  #unsent: Bytes[] = []
  #sent = 0
  /** Within a call, what was read or written last. */
  letters: string | undefined
  /** What was read or written last once a call is over, where the connection's own state does not say. */
  #left: string | undefined
  /** The last message behind the handshake: `read 13`. */
  #last = ''
  /** SSL_CTX_set_info_callback(3): a handshake that pauses for early data is DONE, and STARTs when it goes on. */
  #pause: 'due' | 'on' | 'over' = 'due'
  /** The call that is under way is about early data: it does not make a handshake go on that has paused for it. */
  early = false
  /** What a callback threw, as the alert that ends the connection. */
  thrown: TlsAlert | undefined

  constructor(ssl: SSL) {
    this.#ssl = ssl
  }

  /** Something happened. Throws, once, the alert that what a callback threw comes to: where that goes unheard, it is in `thrown` still. */
  take(event: TraceEvent): void {
    const before = this.thrown
    this.#took(event)
    if (this.thrown && !before) throw this.thrown
  }

  #took(event: TraceEvent): void {
    // A manual page knows nothing of these.
    if (event.event === 'bio' || event.event === 'secret') return
    if (this.#stage === 'before') {
      this.#stage = 'shaking'
      this.#open = 'handshake'
      this.#inform(SSL_CB_HANDSHAKE_START, 1)
    }
    if (!this.early) this.#goOn()
    if (event.event === 'state') this.#entered(event.state)
    else if (event.event === 'message') this.#message(event)
    else if (event.event === 'record') this.#record(event)
    else if (event.event === 'alert') this.#alert(event)
  }

  /** A call is over: what it answers, how it stopped if it did, and whether our flight is out. */
  leave(ret: number, stop: Stop['status'] | undefined, delivered: boolean): void {
    const shaking = this.#stage === 'shaking'
    const ended = stop === 'failed' || (shaking && (stop === 'closed' || stop === 'truncated'))
    if (!ended) {
      if (!this.early) this.#goOn()
      this.#asked()
    }
    if (shaking && this.#connected && delivered && !ended) this.#finish()
    // A server that has no early data to read has paused all the same.
    else if (shaking && ret > 0 && this.#ssl.role === 'server') this.#stop()
    // Each call that comes back from a handshake says so, also where nothing happened.
    else if (shaking && stop && this.#pause !== 'on') this.#open = 'handshake'
    if (this.#stage !== 'shaking' || ret <= 0)
      this.#exit(this.#stage === 'done' && !ended ? 1 : ret === 0 ? 0 : -1)
    if (ended) this.#stage = 'over'
    // In TLS 1.2 it stays what was read or written last: nothing is read before it is due.
    if (!this.#older || this.#connected) this.letters = this.#left
  }

  /** The handshake pauses for early data, once. */
  #stop(): void {
    if (this.#pause !== 'due') return
    this.#pause = 'on'
    if (this.letters !== 'TED') this.#loop('TED')
    this.#left = 'TED'
    this.#inform(SSL_CB_HANDSHAKE_DONE, 1)
    this.#inform(this.#role | SSL_CB_EXIT, 1)
    this.#open = undefined
  }

  /** It goes on, if it has paused. */
  #goOn(): void {
    if (this.#pause !== 'on') return
    this.#pause = 'over'
    this.#open = 'handshake'
    this.#inform(SSL_CB_HANDSHAKE_START, 1)
    this.#loop('TED')
  }

  /** The connection has ended for what a callback threw: there is no more to say. */
  end(): void {
    this.#stage = 'over'
    this.thrown = undefined
  }

  #entered(state: string): void {
    if (state === 'CONNECTED') {
      this.#loop('SSLOK')
      this.#connected = true
      // A client is done when its own flight is out, which is what the server's answer has shown of the server's.
      if (this.#ssl.role === 'server' && !this.#older) this.#finish()
    } else if (this.letters === 'TWFIN' && !this.#older) this.#loop('TED')
    if (state === 'WAIT_EOED') this.#stop()
  }

  /** A server whose HelloRetryRequest is out waits as one whose flight is. */
  #asked(): void {
    if (this.#stage === 'shaking' && this.letters === 'TWSH') this.#loop('TED')
  }

  #message(event: Event<'message'>): void {
    if (this.#connected) {
      if (this.#stage === 'shaking') this.#finish()
      const what = `${event.direction} ${event.message[0]}`
      const goesOn = this.#open === 'message' && together[this.#last]?.includes(what)
      if ((this.#open === 'message' || event.direction === 'read') && !goesOn) this.#exit(1)
      this.#open ??= 'message'
      this.#last = what
    }
    if (event.direction === 'read') {
      this.#goOn()
      this.#asked()
      // EndOfEarlyData may be all that a call reads.
      this.#left = event.message[0] === 5 ? 'TWEOED' : undefined
    }
    // The record layer takes change_cipher_spec in, and says nothing: a Finished never comes without.
    if (this.#older && event.direction === 'read' && event.message[0] === 20) this.#loop('TRCCS')
    this.#loop(letters[`${this.#ssl.role} ${event.direction}`]?.[event.message[0] ?? 0])
    if (event.direction === 'write') this.#unsent.push(event.message)
    else this.#tell(event, this.#version, SSL3_RT_HANDSHAKE, event.message)
  }

  #record(event: Event<'record'>): void {
    const { header, type, length } = event
    const early = type === 'application_data' && event.direction === 'write' && !this.#connected
    if (early && this.#ssl.role === 'client') this.#stop()
    const version = ((header[1] as number) << 8) | (header[2] as number)
    this.#tell(event, version, SSL3_RT_HEADER, header)
    if (event.protected && !this.#older)
      this.#tell(event, TLS1_3_VERSION, SSL3_RT_INNER_CONTENT_TYPE, Uint8Array.of(idOf(type)))
    if (event.direction === 'read') return
    if (type === 'change_cipher_spec') {
      if (this.#older) this.#loop('TWCCS')
      this.#tell(event, this.#version, SSL3_RT_CHANGE_CIPHER_SPEC, Uint8Array.of(1))
    }
    if (type !== 'handshake') return
    // A message is told once its last byte stands in a record, behind that record's header.
    this.#sent += length
    for (
      let first = this.#unsent[0];
      first && first.length <= this.#sent;
      first = this.#unsent[0]
    ) {
      this.#unsent.shift()
      this.#sent -= first.length
      this.#tell(event, this.#version, SSL3_RT_HANDSHAKE, first)
    }
  }

  #alert(event: Event<'alert'>): void {
    const { direction, level, description } = event
    this.#tell(event, this.#version, SSL3_RT_ALERT, Uint8Array.of(level, description))
    const where = direction === 'read' ? SSL_CB_READ_ALERT : SSL_CB_WRITE_ALERT
    this.#inform(where, (level << 8) | description)
  }

  #loop(next: string | undefined): void {
    this.#inform(this.#role | SSL_CB_LOOP, 1)
    this.letters = next
  }

  #finish(): void {
    this.#stage = 'done'
    this.#open = 'handshake'
    this.#inform(SSL_CB_HANDSHAKE_DONE, 1)
  }

  #exit(ret: number): void {
    if (!this.#open) return
    this.#open = undefined
    // Of a message behind the handshake, its own state is left as well.
    if (this.#stage === 'done' && this.letters !== undefined && this.letters !== 'SSLOK')
      this.#loop('SSLOK')
    if (this.#stage === 'done') this.letters = 'SSLOK'
    this.#inform(this.#role | SSL_CB_EXIT, ret)
  }

  /** Whether this is known to be TLS 1.2. */
  get #older(): boolean {
    return this.#ssl.native?.version === 'TLSv1.2'
  }

  get #version(): number {
    return this.#older ? TLS1_2_VERSION : TLS1_3_VERSION
  }

  get #role(): number {
    return this.#ssl.role === 'server' ? SSL_ST_ACCEPT : SSL_ST_CONNECT
  }

  #inform(where: number, ret: number): void {
    this.#call(() => this.#ssl.info?.(this.#ssl, where, ret))
  }

  #tell(
    { direction }: { readonly direction: 'read' | 'write' },
    version: number,
    type: number,
    bytes: Bytes,
  ): void {
    const { message, messageArg } = this.#ssl
    if (!message) return
    const write = direction === 'write' ? 1 : 0
    this.#call(() => message(write, version, type, bytes.slice(), this.#ssl, messageArg))
  }

  #call(callback: () => void): void {
    if (this.thrown) return
    try {
      callback()
    } catch (error) {
      this.thrown = callbackFailed(error)
    }
  }
}

function idOf(type: ContentTypeName): number {
  return ContentType[type]
}

function callbackFailed(error: unknown): TlsAlert {
  if (error instanceof TlsAlert && error.origin === 'sent') return error
  return new TlsAlert('internal_error', {
    reason: 'CALLBACK_FAILED',
    section: '6.2',
    why: `a callback failed: ${error instanceof Error ? error.message : String(error)}`,
    cause: error,
  })
}
