/** One connection of s_server, from its handshake to its end. It never throws: its failure is one line on stderr. */
import type { Socket } from 'node:net'
import type { Ssl } from '@biopair/ssl'
import { exportLength, type ServerFlags } from './arguments.ts'
import { Conversation } from './conversation.ts'
import {
  Deadline,
  type End,
  handshake,
  hangUp,
  type Link,
  link,
  receive,
  send,
  settled,
} from './drive.ts'
import { printEarly } from './early.ts'
import { failureLine, messageOf } from './failure.ts'
import { Inquiry } from './inquiry.ts'
import { briefReport, keyingMaterial, serverReport, verifyLines } from './report.ts'
import { Reverser } from './reverse.ts'
import type { Speaker } from './speaker.ts'
import { type Keyboard, put, type Terminal } from './terminal.ts'
import { Request, response } from './www.ts'

export interface ServingParts {
  readonly ssl: (name: string) => Ssl
  readonly socket: Socket
  /** `7 from 127.0.0.1:40000`. */
  readonly name: string
  readonly flags: ServerFlags
  readonly terminal: Terminal
  readonly speaker: Speaker
  readonly keyboard: Keyboard
  /** When this connection may have the keyboard. */
  readonly turn: Promise<unknown>
  /** Seconds. */
  readonly timeout: number
  /** Ends the server. */
  readonly quit: () => void
}

export interface Serving {
  readonly parts: ServingParts
  /** Settles when the connection is gone; never rejects. */
  readonly over: Promise<void>
  /** Says goodbye. */
  quit(): void
}

/** Serves a connection. */
export function serve(parts: ServingParts): Serving {
  const server = new OneConnection(parts)
  return { parts, over: server.run(), quit: () => server.quit() }
}

class OneConnection {
  readonly #parts: ServingParts
  readonly #link: Link
  #conversation: Conversation | undefined

  constructor(parts: ServingParts) {
    this.#parts = parts
    this.#link = link(parts.ssl(parts.name), parts.socket)
  }

  quit(): void {
    if (this.#conversation) this.#conversation.quit().catch(() => this.#parts.socket.destroy())
    else this.#parts.socket.destroy()
  }

  async run(): Promise<void> {
    const { speaker, name } = this.#parts
    try {
      const failure = await this.#serve()
      if (failure !== undefined) speaker.error(`biopair s_server: connection ${name}: ${failure}`)
      speaker.tell([`${failure === undefined ? 'closed' : 'failed'}: connection ${name}`])
      await hangUp(this.#link, 1)
    } catch (error) {
      speaker.error(`biopair s_server: connection ${name}: ${messageOf(error)}`)
      this.#parts.socket.destroy()
    }
  }

  /** What went wrong, if anything did. */
  async #serve(): Promise<string | undefined> {
    const { ssl, socket } = this.#link
    const { speaker, flags, name, timeout } = this.#parts
    const deadline = new Deadline(socket, timeout)
    deadline.start()
    try {
      const shaken = await this.#shake()
      if (deadline.passed) return `handshake timed out in ${ssl.state} after ${timeout} s`
      if (shaken.status !== 'done') return failureLine(shaken, ssl.state)
      speaker.verified(verifyLines(ssl), ssl.authorized)
      speaker.brief(briefReport(ssl))
      speaker.tell(serverReport(ssl, name))
      speaker.tell(keyingMaterial(ssl, flags.keymatexport, exportLength(flags)))
      if (flags.www) {
        deadline.start()
        const end = await this.#answer()
        if (deadline.passed) return `no request after ${timeout} s`
        return end && failureLine(end, ssl.state)
      }
      deadline.stop()
      const end = flags.rev ? await this.#reverse() : await this.#talk()
      return end && failureLine(end, ssl.state)
    } finally {
      deadline.stop()
    }
  }

  /** -early_data comes before the end of the handshake. */
  async #shake(): Promise<End | { readonly status: 'done' }> {
    const { speaker, flags, terminal } = this.#parts
    if (flags.early_data) {
      const end = await printEarly(this.#link, speaker, bytes => put(terminal.stdout, bytes))
      if (end) return end
    }
    return await handshake(this.#link)
  }

  /** -www. */
  async #answer(): Promise<End | undefined> {
    const request = new Request()
    const { name } = this.#parts
    const { ssl } = this.#link
    const end = await receive(this.#link, async bytes => {
      const answer = request.push(bytes)
      if (!answer) return undefined
      await send(this.#link, response(answer, serverReport(ssl, name)))
      return 'enough'
    })
    return await this.#goodbye(end)
  }

  /** -rev. */
  async #reverse(): Promise<End | undefined> {
    const reverser = new Reverser()
    const end = await receive(this.#link, async bytes => {
      const { answer, close } = reverser.push(bytes)
      const sent = await send(this.#link, answer)
      return close || sent !== 'sent' ? 'enough' : undefined
    })
    if (end !== 'enough' && end.status === 'closed') await send(this.#link, reverser.finish())
    return await this.#goodbye(end)
  }

  async #goodbye(end: End | 'enough'): Promise<End | undefined> {
    if (end !== 'enough' && end.status !== 'closed') return end
    const { ssl } = this.#link
    const said = await settled(ssl, () => ssl.shutdown())
    return said.status === 'failed' ? said : undefined
  }

  async #talk(): Promise<End | undefined> {
    const { keyboard, turn, timeout, terminal, quit, speaker } = this.#parts
    const inquiry = new Inquiry(this.#link.ssl, speaker)
    this.#conversation = new Conversation({
      link: this.#link,
      keyboard,
      turn,
      timeout,
      // A stdin that was empty from the beginning is nobody's: the server only listens then.
      atEnd: typed => (typed ? 'goodbye' : 'go on'),
      print: bytes => put(terminal.stdout, bytes),
      look: () => inquiry.look(),
      command: async letter => {
        if (letter === 'c') {
          await inquiry.ask()
          return 'go on'
        }
        if (letter === 'Q') quit()
        return 'quit'
      },
    })
    const end = await this.#conversation.run()
    return end ?? (await this.#goodbye('enough'))
  }
}
