/** What goes on after the handshake, beside data: tickets and keys that are owed, commands, authentications that may have to wait. */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type AnyConnected,
  type Aside,
  type Command,
  type Connected,
  type Edit,
  is12,
  isAnswer,
  type JoinedMessage,
  order,
  receive,
  receive12,
} from '@biopair/handshake'
import type { RecordWriter } from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import type { Answers } from './answers.ts'
import { Asides } from './asides.ts'
import type { RecordOutput } from './record-output.ts'

export interface AfterwardsParts {
  readonly answers: Answers
  readonly crypto: CryptoProvider
  readonly edit: Edit | undefined
  readonly output: RecordOutput
  readonly writer: RecordWriter
  /** What to order once connected, and again once the client has turned out to be somebody. */
  readonly connected: (connection: AnyConnected) => readonly Command[]
  /** What to order behind the first data then. */
  readonly firstWrite: (connection: AnyConnected) => readonly Command[]
}

/** What a NewSessionTicket has beside the ticket, and its records' headers and tags with room to spare. */
const ticketRoom = 1024

export class Afterwards {
  readonly #parts: AfterwardsParts
  readonly asides: Asides
  #connected: AnyConnected | undefined
  /** Tickets wait for a call that writes: over a BIO that waits for room they would hold up any other. */
  #ticketsOwed = false
  /** TLS 1.2: the peer has asked for another handshake, and was not told that there is none. */
  #refusalOwed = false
  #wrote = false

  constructor(parts: AfterwardsParts) {
    this.#parts = parts
    this.asides = new Asides(parts.answers)
  }

  /** The peer's Finished is verified: what was agreed on, and how far it has come since. */
  get connected(): AnyConnected | undefined {
    return this.#connected
  }

  /** The handshake is over. */
  begin(connected: AnyConnected): void {
    this.#connected = connected
    this.#ticketsOwed = true
  }

  /** For a connection that was moved here; `wrote`: it has written data, and issued what waited for that. */
  goOn(connected: AnyConnected, wrote: boolean): void {
    this.#connected = connected
    this.#wrote = wrote
  }

  /** Whether data was written, and tickets that wait for it were issued. */
  get wrote(): boolean {
    return this.#wrote
  }

  /** Whether tickets, a KeyUpdate or no_renegotiation are to go out once nothing waits before them. */
  get owes(): boolean {
    const connected = this.#connected
    if (!connected) return false
    return this.#ticketsOwed || this.#refusalOwed || (!is12(connected) && connected.owesUpdate)
  }

  /** Whether no_renegotiation is owed, however often it was asked for; from here on it is not. */
  refuses(): boolean {
    const owed = this.#refusalOwed
    this.#refusalOwed = false
    return owed
  }

  /** Gives what is owed: however many updates were asked for meanwhile, one answers them (RFC 9846 §4.7.3). */
  settle(): undefined {
    this.issueOwed()
    if (this.#connected && !is12(this.#connected)) this.order({ command: 'settle' })
  }

  /** Issues the tickets that are owed. */
  issueOwed(): undefined {
    if (!this.#ticketsOwed || !this.#connected) return
    this.#ticketsOwed = false
    this.#issue(this.#parts.connected(this.#connected))
  }

  /** Data was written. */
  written(): undefined {
    if (this.#wrote) return
    this.#wrote = true
    this.#issue(this.#parts.firstWrite(this.#connected as AnyConnected))
  }

  /** Before application data: the update that is owed, and one where the key has sealed all it may (RFC 9846 §5.5). */
  rekey(): undefined {
    const connected = this.#connected
    if (connected && is12(connected)) {
      // RFC 9846 §5.5 has limits for these AEADs; TLS 1.2 has no other key to go on with.
      if (this.#parts.writer.limitReached)
        throw new TlsAlert('internal_error', {
          reason: 'SEQUENCE_CTR_WRAPPED',
          section: '5.5',
          why: 'the key has sealed all the records that it may, and TLS 1.2 has no KeyUpdate',
        })
      return
    }
    if (connected?.owesUpdate) this.order({ command: 'settle' })
    else if (this.#parts.writer.limitReached) this.order({ command: 'key_update', request: false })
  }

  /** Goes on with authentications; what they send goes out where there is `room`. */
  attend(room: () => boolean): undefined {
    this.asides.step()
    for (;;) {
      const command = this.asides.take(room())
      if (!command) return
      this.order(command)
      if (command.command === 'authenticated') this.#owe()
    }
  }

  /** Whether a message of this type is what we asked for: it is no flood. Anything else counts while we wait for it. */
  asked(msg_type: number): boolean {
    const connected = this.#connected
    return connected !== undefined && !is12(connected) && isAnswer(connected, msg_type)
  }

  /** A post-handshake message has come. */
  receive(message: JoinedMessage): void {
    const connected = this.#connected as AnyConnected
    if (is12(connected)) {
      receive12(connected, message)
      this.#refusalOwed = true
    } else this.#connected = receive(connected, message, this.#around)
  }

  order(command: Command): undefined {
    this.#connected = order(this.#connected as Connected, command, this.#around)
  }

  /** Orders tickets, as many as the queue has room for: none is worth a failure. */
  #issue(commands: readonly Command[]): undefined {
    const { writer } = this.#parts
    for (const command of commands) {
      if (command.command === 'ticket' && writer.room() < command.ticket.length + ticketRoom) return
      this.order(command)
    }
  }

  /** Tickets that were issued say nothing of who the client has turned out to be: others follow as they did after the handshake. */
  #owe(): void {
    this.#ticketsOwed = true
    this.#wrote = false
  }

  get #around() {
    const { crypto, edit, output } = this.#parts
    return { crypto, edit, output, begin: (aside: Aside) => this.asides.add(aside) }
  }
}
