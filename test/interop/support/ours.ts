/** Our end of a connection over a socket, driven with `ready`. */
import { on, once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SocketBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, Ssl, SslContext, type TraceEvent } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'

export { freePort } from '../../support/free-port.ts'

export interface Outcome {
  readonly status: string
}

/** One connection of ours. */
export class Ours {
  ssl: Ssl
  readonly events: readonly TraceEvent[]
  readonly keylog: readonly string[]

  constructor(
    t: ExecutionContext,
    socket: net.Socket,
    role: 'client' | 'server',
    options: ContextOptions,
    servername = 'server.example',
    session?: Session,
  ) {
    const events: TraceEvent[] = []
    const keylog: string[] = []
    const context = new SslContext({
      crypto: nodeCrypto,
      trace: event => events.push(event),
      keylog: line => keylog.push(line),
      ...options,
    })
    this.events = events
    this.keylog = keylog
    this.ssl = new Ssl(context, role === 'client' ? { servername, session } : {})
    this.ssl.setBio(new SocketBio(socket))
    if (role === 'client') this.ssl.setConnectState()
    else this.ssl.setAcceptState()
    t.teardown(() => socket.destroy())
  }

  /** The first outcome that is not about waiting. */
  async settled<O extends Outcome>(call: (ssl: Ssl) => O): Promise<O> {
    for (;;) {
      const outcome = call(this.ssl)
      if (!outcome.status.startsWith('want_')) return outcome
      await this.ssl.ready(outcome)
    }
  }

  /** Shakes hands; throws where that fails. */
  async shake(): Promise<this> {
    const outcome = await this.settled(ssl => ssl.doHandshake())
    if (outcome.status === 'done') return this
    throw outcome.status === 'failed' ? outcome.error : new Error(outcome.status)
  }

  /** Goes on as an imported connection of another context. */
  async move(options: ContextOptions = {}): Promise<void> {
    const key = new Uint8Array(32).fill(5)
    const { rbio } = this.ssl
    const outcome = await this.settled(ssl => ssl.exportConnection(key))
    if (outcome.status !== 'done' || !rbio) throw new Error(`export: ${outcome.status}`)
    const context = new SslContext({ crypto: nodeCrypto, ...options })
    this.ssl = Ssl.importConnection(context, outcome.bytes, key).setBio(rbio)
  }

  /** Sends all of it. */
  async write(bytes: Uint8Array | string): Promise<void> {
    const all = Buffer.from(bytes)
    for (let sent = 0; sent < all.length; ) {
      const outcome = await this.settled(ssl => ssl.write(all.subarray(sent)))
      if (outcome.status !== 'done') throw new Error(`write: ${outcome.status}`)
      sent += 'bytes' in outcome ? outcome.bytes : 0
    }
  }

  /** Reads until so many bytes have come; throws at an end before. */
  async read(count: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (let got = 0; got < count; ) {
      const into = Buffer.alloc(Math.min(16384, count - got))
      const outcome = await this.settled(ssl => ssl.read(into))
      if (outcome.status !== 'done')
        throw outcome.status === 'failed' ? outcome.error : new Error(`read: ${outcome.status}`)
      const bytes = 'bytes' in outcome ? outcome.bytes : 0
      chunks.push(into.subarray(0, bytes))
      got += bytes
    }
    return Buffer.concat(chunks)
  }

  /** Reads a line, its end included. */
  async line(): Promise<string> {
    let text = ''
    while (!text.endsWith('\n')) text += (await this.read(1)).toString('latin1')
    return text
  }

  /** How the peer's side ended: everything before is read away. */
  async ending(): Promise<Outcome> {
    const into = Buffer.alloc(16384)
    for (;;) {
      const outcome = await this.settled(ssl => ssl.read(into))
      if (outcome.status !== 'done') return outcome
    }
  }

  /** Says close_notify; answers how the peer's side ended. */
  async goodbye(): Promise<Outcome> {
    await this.settled(ssl => ssl.shutdown())
    const end = await this.ending()
    this.ssl.close()
    return end
  }

  /** Changes of keys for application data, in a direction, the first included. */
  keys(direction: 'read' | 'write'): number {
    return this.events.filter(
      event =>
        event.event === 'key' && event.direction === direction && event.level === 'application',
    ).length
  }

  /** Waits, while somebody reads, until so many keys have been in use. */
  async changed(direction: 'read' | 'write', keys: number): Promise<void> {
    while (this.keys(direction) < keys) await sleep(2)
  }
}

/** Connects our client to a port of this machine. */
export async function connectTo(
  t: ExecutionContext,
  port: number,
  options: ContextOptions,
  servername?: string,
  session?: Session,
): Promise<Ours> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return new Ours(t, socket, 'client', options, servername, session)
}

/** Listens on a free port; `accepted` is our end of the first connection, not yet shaken. */
export async function listen(
  t: ExecutionContext,
  options: ContextOptions,
): Promise<{ port: number; accepted: Promise<Ours> }> {
  const { port, accepted } = await listenOften(t, options)
  return { port, accepted: accepted() }
}

/** Listens on a free port; each `accepted` is our end of the next connection, not yet shaken. They do not share a context. */
export async function listenOften(
  t: ExecutionContext,
  options: ContextOptions,
): Promise<{ port: number; accepted: () => Promise<Ours> }> {
  const server = net.createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connections = on(server, 'connection')
  t.teardown(() => server.close())
  const accepted = async () => {
    const { value } = await connections.next()
    return new Ours(t, (value as [net.Socket])[0], 'server', options)
  }
  return { port: (server.address() as net.AddressInfo).port, accepted }
}

/** Connects as soon as somebody listens there, within half a minute. */
export async function connectOnce(
  t: ExecutionContext,
  port: number,
  options: ContextOptions,
): Promise<Ours> {
  for (let tries = 0; ; tries++) {
    try {
      return await connectTo(t, port, options)
    } catch (error) {
      if (tries === 600) throw error
      await sleep(50)
    }
  }
}
