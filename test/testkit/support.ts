/** A client and a server with a man in the middle, for tests of what he sees and of what they make of his edits. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, type Session, Ssl, SslContext, type TlsAlert } from '@biopair/ssl'
import { type Editor, KeyLog, Middle, MiddlePump, type Seen } from '@biopair/testkit/middle'
import { clientOptions, serverOptions } from '../support/ends.ts'

export interface Tapped {
  readonly client: Ssl
  readonly server: Ssl
  readonly middle: Middle
  readonly pump: MiddlePump
  readonly seen: Seen[]
  readonly lines: string[]
}

export interface TappedOptions {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  readonly edit?: Editor
  readonly rings?: readonly [number, number]
  /** Whose key logs the middle has; each its own unless told otherwise. */
  readonly keys?: 'each' | 'client' | 'server' | 'one' | 'none'
  readonly session?: Session | undefined
  readonly maxHeld?: number
}

export const v12: ContextOptions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }

export function tapped(options: TappedOptions = {}): Tapped {
  const { rings = [], keys = 'each', edit, session } = options
  const one = new KeyLog()
  const logs = { client: new KeyLog(), server: new KeyLog() }
  const [near, left] = bioPair(...rings)
  const [right, far] = bioPair(...rings)
  const log = (of: 'client' | 'server') => ({
    keylog: (line: string) => {
      one.take(line)
      logs[of].take(line)
    },
  })
  const seen: Seen[] = []
  const lines: string[] = []
  const given = {
    each: logs,
    client: { client: logs.client },
    server: { server: logs.server },
    one,
    none: undefined,
  }[keys]
  const middle = new Middle({
    ...(given && { keys: given }),
    ...(options.maxHeld && { maxHeld: options.maxHeld }),
    crypto: nodeCrypto,
    edit: what => {
      seen.push(what)
      return edit?.(what)
    },
    trace: line => lines.push(line),
  })
  const client = new Ssl(
    new SslContext({ ...clientOptions, ...log('client'), ...options.client }),
    { servername: 'server.example', session },
  )
    .setBio(near)
    .setConnectState()
  const server = new Ssl(new SslContext({ ...serverOptions, ...log('server'), ...options.server }))
    .setBio(far)
    .setAcceptState()
  return { client, server, middle, pump: new MiddlePump(middle, left, right), seen, lines }
}

/** Steps all three until none has anything to do; answers how both handshakes stand. */
export function shaken({ client, server, pump }: Tapped): {
  readonly client: string
  readonly server: string
} {
  let answers: readonly string[] = []
  for (let quiet = 0; quiet < 3; ) {
    const steps = [client.doHandshake(), server.doHandshake()]
    answers = steps.map(step => (step.status === 'failed' ? said(step.error) : step.status))
    quiet = pump.step().moved > 0 ? 0 : quiet + 1
  }
  return { client: answers[0] as string, server: answers[1] as string }
}

/** `sent decrypt_error`, `received bad_record_mac`. */
export function said(error: Error): string {
  const { origin, alert } = error as TlsAlert
  return `${origin} ${alert}`
}

/** Sends a text, and answers what comes out at the other end. */
export function carried(tap: Tapped, from: Ssl, to: Ssl, ...texts: readonly string[]): string {
  const left = texts.map(text => new TextEncoder().encode(text))
  const into = new Uint8Array(1000)
  let heard = ''
  for (let quiet = 0; quiet < 3; ) {
    const [first] = left
    if (first && from.write(first).status === 'done') left.shift()
    const read = to.read(into)
    if (read.status === 'done') heard += Buffer.from(into.subarray(0, read.bytes)).toString()
    if (read.status === 'failed') return said(read.error)
    from.flush()
    quiet = tap.pump.step().moved > 0 || read.status === 'done' ? 0 : quiet + 1
  }
  return heard
}
