/** Drives an `Ssl` over a socket: calls that stop are called again when the socket is ready for them. */
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { SocketBio } from '@biopair/bio'
import type { HandshakeOutcome, Ssl, Stop, Suspended, Waiting } from '@biopair/ssl'

/** A TLS connection over a socket that it has taken over. */
export interface Link {
  readonly ssl: Ssl
  readonly socket: Socket
  readonly bio: SocketBio
}

/** Gives the socket to the connection. Bounded: 64 KiB each way, then the socket is paused or we are. */
export function link(ssl: Ssl, socket: Socket): Link {
  const bio = new SocketBio(socket)
  ssl.setBio(bio)
  return { ssl, socket, bio }
}

/** Repeats a call until its outcome is one that waiting does not change. */
export async function settled<O extends { readonly status: string }>(
  ssl: Ssl,
  call: () => O,
): Promise<Exclude<O, Waiting | Suspended>> {
  for (;;) {
    const outcome = call()
    if (!outcome.status.startsWith('want_')) return outcome as Exclude<O, Waiting | Suspended>
    await ssl.ready(outcome)
  }
}

/** Shakes hands. */
export function handshake({ ssl }: Link): Promise<Exclude<HandshakeOutcome, Waiting | Suspended>> {
  return settled(ssl, () => ssl.doHandshake())
}

/** How the peer's side ended. */
export type End = Exclude<Stop, Waiting | Suspended>

/**
 * Hands over what comes, and waits for whoever takes it, until the peer's side has ended or `take` answers `enough`. `look` is called
 * after every read, for what has come beside data.
 */
export async function receive(
  { ssl }: Link,
  take: (bytes: Uint8Array) => Promise<'enough' | undefined>,
  look: () => void = () => {},
): Promise<End | 'enough'> {
  const into = new Uint8Array(16384)
  const read = () => {
    const outcome = ssl.read(into)
    look()
    return outcome
  }
  for (;;) {
    const outcome = await settled(ssl, read)
    if (outcome.status !== 'done') return outcome
    if ((await take(into.slice(0, outcome.bytes))) === 'enough') return 'enough'
  }
}

/** Sends all of it, as fast as the peer takes it; what ended the connection if that came first. */
export async function send({ ssl }: Link, bytes: Uint8Array): Promise<'sent' | End> {
  for (let sent = 0; sent < bytes.length; ) {
    const outcome = await settled(ssl, () => ssl.write(bytes.subarray(sent)))
    if (outcome.status !== 'done') return outcome
    sent += outcome.bytes
  }
  return 'sent'
}

/** A limit on how long a connection may take: its socket is destroyed when it has passed, so that every call ends. */
export class Deadline {
  readonly #socket: Socket
  readonly #milliseconds: number
  #timer: NodeJS.Timeout | undefined
  #passed = false

  constructor(socket: Socket, seconds: number) {
    this.#socket = socket
    this.#milliseconds = seconds * 1000
  }

  get passed(): boolean {
    return this.#passed
  }

  /** Starts it, or starts it anew. */
  start(milliseconds = this.#milliseconds): void {
    this.stop()
    this.#timer = setTimeout(() => {
      this.#passed = true
      this.#socket.destroy()
    }, milliseconds)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/**
 * Ends a connection: what is queued (an alert, a close_notify) goes out, then our side of the carrier ends; what the peer still
 * sends is read away for a moment, since closing a socket with unread bytes can destroy what was sent before.
 */
export async function hangUp({ ssl, socket, bio }: Link, seconds: number): Promise<void> {
  const limit = new Deadline(socket, seconds)
  limit.start()
  while (!socket.destroyed) {
    ssl.flush()
    const flushed = bio.flush()
    if (ssl.queued === 0 || (flushed !== 'done' && flushed.stop !== 'retry')) break
    await bio.ready('write')
    // A turn of the event loop, so that the limit passes whatever the socket says.
    await turn()
  }
  bio.end()
  const scratch = new Uint8Array(16384)
  for (;;) {
    const got = bio.read(scratch)
    if (typeof got === 'number') continue
    if (got.stop !== 'retry') break
    await bio.ready('read')
  }
  limit.stop()
  ssl.close()
  socket.destroy()
}
