/** A man in the middle: sees what two ends say in the clear, given their keys, and edits it. Pure and synchronous. */
import type { Bytes, CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import type { KeyLog } from './key-log.ts'
import { Lane } from './lane.ts'
import type { Editor, From, Piece } from './seen.ts'
import { seenLines } from './trace.ts'
import { View } from './view.ts'

export interface MiddleOptions {
  /**
   * The key logs of the ends. One that both write to, or that of either alone, is enough to see everything and to edit what is behind the
   * handshake; an edit of the handshake makes the ends' keys differ, and to go on sealing for both, each has to have its own.
   */
  readonly keys?: KeyLog | { readonly client?: KeyLog; readonly server?: KeyLog }
  /** What becomes of what is seen: it goes on as it is, unless told otherwise. */
  readonly edit?: Editor
  /** Is told what passes, line by line, without secrets. */
  readonly trace?: (line: string) => void
  /** Noble unless told otherwise. */
  readonly crypto?: CryptoProvider
  /**
   * Bytes: the longest handshake message that is waited for, and the most that is kept of what was delayed. 128 KiB. Behind a longer message nothing is
   * seen of that direction; of what is delayed the oldest goes.
   */
  readonly maxHeld?: number
}

/**
 * Bytes in, bytes out: what touches no carrier can stand between sockets as well as BIOs (`MiddlePump`). A record goes on when it is whole and its key is known,
 * and a message when all of its records are there. What nobody edits goes on byte for byte as it came.
 */
export class Middle {
  readonly #lanes: Readonly<Record<From, Lane>>

  constructor(options: MiddleOptions = {}) {
    const { keys, crypto = noble, edit = () => undefined, trace, maxHeld = 2 ** 17 } = options
    const logs = keys === undefined || 'take' in keys ? { client: keys, server: keys } : keys
    const client = new View(logs.client ?? logs.server, crypto)
    const server = new View(logs.server ?? logs.client, crypto)
    const both = { diverged: false }
    const watch: ConstructorParameters<typeof Lane>[5] = (seen, became) => {
      if (trace) for (const line of seenLines(seen, became)) trace(line)
    }
    this.#lanes = {
      client: new Lane('client', client, server, both, edit, watch, maxHeld),
      server: new Lane('server', server, client, both, edit, watch, maxHeld),
    }
  }

  /** Takes what an end sent, and answers what the other is to be given now. With no bytes: what a key that came since lets go. */
  pass(from: From, bytes: Uint8Array = new Uint8Array(0)): Bytes {
    return this.#lanes[from].pass(bytes)
  }

  /** An end has sent all it will: answers what is left of it, where need be as it came. */
  end(from: From): Bytes {
    return this.#lanes[from].end()
  }

  /** Sends something as an end would, behind what has passed, when `pass` is called next. */
  send(from: From, piece: Piece): void {
    this.#lanes[from].send(piece)
  }

  /** Whether what an end sent waits for a key. */
  waiting(from: From): boolean {
    return this.#lanes[from].waiting
  }

  /** Whether so much waits for a key that nothing more of that end should be taken. */
  full(from: From): boolean {
    return this.#lanes[from].full
  }

  /** Bytes of an end that have come and have not gone. */
  held(from: From): number {
    return this.#lanes[from].held
  }
}
