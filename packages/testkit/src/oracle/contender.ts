/** A server that a schedule is run against: ours, or somebody else's in a child process. */
import type { Bytes } from '@biopair/crypto'

/** One connection to it. */
export interface Line {
  write(bytes: Uint8Array): void
  /** Half-close. */
  end(): void
  /** What comes next; `quiet` where nothing does although the connection stands, `reset` where it broke and was not ended. */
  read(): Promise<Bytes | 'end' | 'reset' | 'quiet'>
  close(): void
}

/** It sends back each line that it reads with its letters in the other order, as `openssl s_server -rev` does. */
export interface Contender {
  readonly name: string
  connect(): Promise<Line>
  stop(): void
}

/** What each of them is configured with, so that they could answer alike. */
export interface ContenderOptions {
  /** PEM: leaf first, and its key. */
  readonly cert: string
  readonly key: string
  /** ALPN, most preferred first. */
  readonly protocols?: readonly string[]
  /** The lowest version: TLS 1.3 unless said otherwise. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Milliseconds until a child process that says no port counts as one that hangs: 20 000. */
  readonly longestStart?: number
  /** Milliseconds of silence on a connection to a child process that count as an answer: 3000. */
  readonly longestSilence?: number
}

/** The letters of a line in the other order. */
export function reversed(line: Uint8Array): Bytes {
  return line.slice().reverse() as Bytes
}
