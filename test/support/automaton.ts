/** Programs over an `Ssl`, and a session's two ends as a play that the kit searches. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { Ssl } from '@biopair/ssl'
import type { Actor, CountingHalf, Play } from '@biopair/testkit'
import { endsOf, type Session } from './session.ts'

/** A program over an `Ssl`: the same calls in each step. Answers whether it is done; a failure is thrown. */
export type Program = (ssl: Ssl) => boolean

/** Calls `doHandshake` and nothing else. */
export const handshakeOnly: Program = ssl => reached(ssl.doHandshake().status)

/** A client sends a record of early data first; a server reads it, or shakes hands and nothing else. */
export function withEarlyData(server: 'read' | 'unread'): Program {
  const begun = new WeakSet<Ssl>()
  return ssl => {
    if (ssl.role === 'server') {
      if (server === 'read') ssl.readEarly(new Uint8Array(100))
    } else if (!begun.has(ssl)) {
      const { status } = ssl.writeEarly(new Uint8Array(20))
      if (status !== 'done') throw new Error(`early data was not taken: ${status}`)
      begun.add(ssl)
    }
    return reached(ssl.doHandshake().status)
  }
}

/** Shakes hands, says goodbye, and waits for the peer's. */
export const wholeSession: Program = ssl => {
  if (!reached(ssl.doHandshake().status)) return false
  const first = ssl.shutdown().status
  return reached(first === 'sent' ? ssl.shutdown().status : first)
}

/** Both ends of a session, each stepped by one program; the same in every run with one seed. */
export function playOf(session: Session, program: Program): Play {
  return (link, seed) => {
    const { client, server } = endsOf(session, {
      crypto: nodeCrypto,
      random: { client: seed.random('client'), server: seed.random('server') },
      more: { now: () => Date.UTC(2026, 6, 1) },
    })
    return {
      client: new Stepped(client, link.near, program),
      server: new Stepped(server, link.far, program),
    }
  }
}

class Stepped implements Actor {
  readonly #ssl: Ssl
  readonly #program: Program
  done = false

  constructor(ssl: Ssl, half: CountingHalf, program: Program) {
    this.#ssl = ssl.setBio(half)
    this.#program = program
  }

  get waits(): string {
    return `${this.#ssl.state}, ${this.#ssl.queued} queued`
  }

  step(): void {
    this.done = this.#program(this.#ssl)
  }
}

function reached(status: string): boolean {
  if (status === 'failed' || status === 'truncated' || status === 'closed')
    throw new Error(`the end is ${status}`)
  return status === 'done'
}
