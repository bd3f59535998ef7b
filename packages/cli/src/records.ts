/** Files that are written while connections run: the key log, the capture and the session. All hold secrets, so only we may read them. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { type ContextOptions, type Session, sessionToBytes } from '@biopair/ssl'
import type { ClientFlags, ServerFlags } from './arguments.ts'
import { Capture } from './capture.ts'
import { messageOf } from './failure.ts'
import { UsageError } from './usage-error.ts'

/** The key log of RFC 9850: a line at a time, appended, so that several programs may share it. */
export class Keylog {
  readonly #file: number

  constructor(path: string) {
    try {
      this.#file = openSync(path, 'a', 0o600)
    } catch (error) {
      throw new UsageError(`-keylogfile: ${messageOf(error)}`)
    }
  }

  write(line: string): void {
    writeSync(this.#file, `${line}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The key log and the capture of a program, where they were asked for. */
export class Records {
  readonly #keylog: Keylog | undefined
  readonly #capture: Capture | undefined

  /** @param serverPort the port that stands in a capture */
  constructor({ keylogfile, pcapng }: ClientFlags | ServerFlags, serverPort: number) {
    this.#keylog = keylogfile === undefined ? undefined : new Keylog(keylogfile)
    this.#capture = pcapng === undefined ? undefined : new Capture(pcapng, serverPort)
  }

  /** Options of a context; `traced` is what prints, and `connection` the number of its connection where it has one alone. */
  options(traced: ContextOptions, connection?: number): ContextOptions {
    const keylog = this.#keylog
    return {
      ...(this.#capture ? this.#capture.beside(traced, connection) : traced),
      ...(keylog ? { keylog: line => keylog.write(line) } : {}),
    }
  }

  close(): void {
    this.#keylog?.close()
    this.#capture?.close()
  }
}

/** Writes a session, as `sessionToBytes` has it; a later one takes its place. */
export function writeSession(path: string, session: Session): void {
  writeFileSync(path, sessionToBytes(session), { mode: 0o600 })
}
