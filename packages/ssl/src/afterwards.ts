/** What goes on after the handshake, beside data: tickets and keys that are owed, commands, authentications that may have to wait. */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type Aside,
  type Command,
  type Connected,
  type Edit,
  isAnswer,
  type JoinedMessage,
  order,
  receive,
} from '@biopair/handshake'
import type { RecordWriter } from '@biopair/record'
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
  readonly connected: (connection: Connected) => readonly Command[]
  /** What to order behind the first data then. */
  readonly firstWrite: (connection: Connected) => readonly Command[]
}

/** What a NewSessionTicket has beside the ticket, and its records' headers and tags with room to spare. */
const ticketRoom = 1024

export class Afterwards {
  readonly #parts: AfterwardsParts
  readonly asides: Asides
  #connected: Connected | undefined
  /** Tickets wait for a call that writes: over a BIO that waits for room they would hold up any other. */
  #ticketsOwed = false
  #wrote = false

  constructor(parts: AfterwardsParts) {
    this.#parts = parts
    this.asides = new Asides(parts.answers)
  }

  /** The peer's Finished is verified: what was agreed on, and how far it has come since. */
  get connected(): Connected | undefined {
    return this.#connected
  }

  /** The handshake is over. */
  begin(connected: Connected): void {
    this.#connected = connected
    this.#ticketsOwed = true
  }

  /** For a connection that was moved here; `wrote`: it has written data, and issued what waited for that. */
  goOn(connected: Connected, wrote: boolean): void {
    this.#connected = connected
    this.#wrote = wrote
  }

  /** Whether data was written, and tickets that wait for it were issued. */
  get wrote(): boolean {
    return this.#wrote
  }

  /** Whether tickets or a KeyUpdate are to go out once nothing waits before them. */
  get owes(): boolean {
    return this.#connected !== undefined && (this.#ticketsOwed || this.#connected.owesUpdate)
  }

  /** Gives what is owed: however many updates were asked for meanwhile, one answers them (RFC 9846 §4.7.3). */
  settle(): undefined {
    this.issueOwed()
    this.order({ command: 'settle' })
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
    this.#issue(this.#parts.firstWrite(this.#connected as Connected))
  }

  /** Before application data: the update that is owed, and one where the key has sealed all it may (RFC 9846 §5.5). */
  rekey(): undefined {
    if (this.#connected?.owesUpdate) this.order({ command: 'settle' })
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
    return this.#connected !== undefined && isAnswer(this.#connected, msg_type)
  }

  /** A post-handshake message has come. */
  receive(message: JoinedMessage): undefined {
    this.#connected = receive(this.#connected as Connected, message, this.#around)
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
