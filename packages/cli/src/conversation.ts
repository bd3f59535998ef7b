/** A conversation: what is typed goes to the peer, what the peer says is printed, until one of both has said goodbye. */
import { setTimeout } from 'node:timers/promises'
import { Deadline, type End, type Link, receive, send, settled } from './drive.ts'
import type { Keyboard, Typed } from './terminal.ts'

/** Milliseconds of silence on stdin that end our side once the peer has ended its own. */
const idleTime = 300

export interface Talking {
  readonly link: Link
  readonly keyboard: Keyboard
  /** When this connection may have the keyboard. */
  readonly turn: Promise<unknown>
  /** Seconds that the peer may be silent after our goodbye. */
  readonly timeout: number
  /** What the end of stdin means, once for all or by what was typed before. */
  readonly atEnd: (typed: boolean) => 'goodbye' | 'go on'
  /** Takes what the peer says. */
  readonly print: (bytes: Uint8Array) => Promise<void>
  /** A letter that is none of ours: whether the connection goes on. */
  readonly command: (letter: string) => Promise<'go on' | 'quit'>
  /** Called after every read. */
  readonly look?: () => void
}

export class Conversation {
  readonly #talking: Talking
  readonly #deadline: Deadline
  #over: () => void = () => {}
  readonly #whenOver = new Promise<undefined>(resolve => {
    this.#over = () => resolve(undefined)
  })
  #peerEnded: () => void = () => {}
  readonly #whenPeerEnded = new Promise<'ended'>(resolve => {
    this.#peerEnded = () => resolve('ended')
  })
  #said: 'nothing' | 'goodbye' | 'quit' = 'nothing'
  #heard = false
  /** What kept the last piece from being sent. */
  #unsent: End | undefined

  constructor(talking: Talking) {
    this.#talking = talking
    this.#deadline = new Deadline(talking.link.socket, talking.timeout)
  }

  /** Talks until the peer's side has ended: undefined if that was in order, else what happened. */
  async run(): Promise<End | undefined> {
    const { link, print, look } = this.#talking
    const typing = this.#type()
    const take = async (bytes: Uint8Array) => {
      if (this.#said === 'quit') return undefined
      this.#heard = true
      if (this.#said === 'goodbye') this.#deadline.start()
      await print(bytes)
      return undefined
    }
    try {
      const end = await receive(link, take, look)
      if (end !== 'enough' && end.status !== 'closed') return this.#inOrder(end) ? undefined : end
      // A close_notify ends the peer's side alone: what stdin has at hand is still sent, and then our own goodbye.
      this.#peerEnded()
      this.#deadline.start()
      await typing
      if (this.#unsent) return this.#unsent
      if (this.#said === 'nothing') await this.#goodbye('goodbye', this.#talking.timeout)
      return undefined
    } finally {
      this.#over()
      this.#deadline.stop()
      await typing
    }
  }

  /** Says goodbye, and waits no longer than a moment for the peer's. */
  async quit(): Promise<void> {
    await this.#goodbye('quit', 1)
    if (this.#talking.link.ssl.sentShutdown) this.#talking.link.bio.end()
  }

  /** After our goodbye many a peer just ends the carrier, or says nothing: that cuts nothing off, if nothing had come. */
  #inOrder({ status }: End): boolean {
    if (this.#said === 'quit') return true
    if (this.#said !== 'goodbye' || this.#heard) return false
    return status === 'truncated' || this.#deadline.passed
  }

  async #goodbye(how: 'goodbye' | 'quit', seconds: number): Promise<void> {
    const { ssl, socket } = this.#talking.link
    this.#said = how
    this.#deadline.start(Math.min(seconds, this.#talking.timeout) * 1000)
    if (socket.destroyed) return
    await settled(ssl, () => ssl.shutdown())
  }

  async #type(): Promise<void> {
    const { keyboard, turn } = this.#talking
    const begun = await Promise.race([turn, this.#whenOver, this.#whenPeerEnded])
    if (begun === 'ended') return
    let ended = false
    for (let typed = false; this.#said === 'nothing'; typed = true) {
      const other = ended ? setTimeout(idleTime) : this.#whenPeerEnded
      const next = await Promise.race([keyboard.peek(), this.#whenOver, other])
      if (next === undefined || this.#said !== 'nothing') return
      if (next === 'ended') {
        ended = true
        continue
      }
      if ('end' in next) {
        if (this.#talking.atEnd(typed) === 'goodbye')
          await this.#goodbye('goodbye', this.#talking.timeout)
        return
      }
      keyboard.take()
      // A peer that has ended its side may have stopped reading too: each piece has to go in time.
      if (ended) this.#deadline.start()
      if (!(await this.#act(next))) return
    }
  }

  async #act(typed: Exclude<Typed, { readonly end: true }>): Promise<boolean> {
    const { link, command } = this.#talking
    if ('data' in typed) {
      const sent = await send(link, typed.data)
      if (sent !== 'sent') this.#unsent = sent
      return sent === 'sent'
    }
    switch (typed.command) {
      case 'K':
      case 'k': {
        const { ssl } = link
        // TLS 1.2 keeps its keys.
        if (ssl.version === 'TLSv1.2') return true
        const done = await settled(ssl, () => ssl.keyUpdate(typed.command === 'K'))
        return done.status === 'done'
      }
      default:
        if ((await command(typed.command)) === 'go on') return true
        await this.quit()
        return false
    }
  }
}
