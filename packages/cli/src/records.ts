/** Files that are written while connections run: the key log and the session. Both hold secrets, so only we may read them. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { type Session, sessionToBytes } from '@biopair/ssl'
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

/** Writes a session, as `sessionToBytes` has it; a later one takes its place. */
export function writeSession(path: string, session: Session): void {
  writeFileSync(path, sessionToBytes(session), { mode: 0o600 })
}
