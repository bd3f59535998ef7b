/** Runs one schedule against one server, and says what became of it. */
import { setImmediate as turn } from 'node:timers/promises'
import { bioPair, type PairBio } from '@biopair/bio'
import { AnyServerHello, extensionTypes } from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext, type TlsAlert } from '@biopair/ssl'
import { KeyLog } from '../middle/key-log.ts'
import { Middle } from '../middle/middle.ts'
import { type Editor, messageIn, type Seen } from '../middle/seen.ts'
import { type Account, accountOf, alertIn } from './account.ts'
import type { Contender, Line } from './contender.ts'

/** What a client does; the same is done to each server. */
export type Schedule = RawSchedule | ClientSchedule

/** Bytes that a client says first, right or wrong; then it says nothing more. */
export interface RawSchedule {
  readonly hello: Uint8Array
  /** Lengths of the pieces in which they are sent; the last is whatever is left. */
  readonly cuts?: readonly number[]
}

/** A client of ours, whole: its handshake, what it sends, and how it goes. */
export interface ClientSchedule {
  /** Made anew for each run, so that a seeded `random` begins where it began. Say `ca`, or `rejectUnauthorized: false`. */
  readonly client: () => ContextOptions
  readonly servername?: string
  readonly cuts?: readonly number[]
  /** A man in the middle. Made anew for each run. */
  readonly edit?: () => Editor
  /** A text of whole lines is sent and its answer awaited. */
  readonly steps?: readonly (string | 'key update')[]
  /** `close_notify` unless said otherwise; `end` closes the carrier without it. */
  readonly ending?: 'close_notify' | 'end'
}

/** What became of a schedule at a server. */
export async function run(schedule: Schedule, server: Contender): Promise<Account> {
  const line = await server.connect()
  try {
    return await ('hello' in schedule ? raw(schedule, line) : new Client(schedule, line).run())
  } finally {
    line.close()
  }
}

async function raw({ hello, cuts }: RawSchedule, line: Line): Promise<Account> {
  const said: Seen[] = []
  const middle = new Middle({
    edit: seen => {
      if (seen.from === 'server') said.push(seen)
      return undefined
    },
  })
  await sendCut(line, hello, cuts)
  line.end()
  for (;;) {
    const came = await line.read()
    if (typeof came === 'string') {
      middle.end('server')
      const garbage = said.some(({ type }) => type === 'opaque') ? 'no TLS' : came
      return accountOf(said, { answer: garbage })
    }
    middle.pass('server', came)
    const last = said.findIndex(seen => lastWord(seen) || alertIn(seen))
    if (last >= 0) return accountOf(said.slice(0, last + 1), {})
  }
}

/** What a server says in the clear ends here: a flight of TLS 1.2, or what asks for another ClientHello. Behind a ServerHello of TLS 1.3 keys are missing. */
function lastWord(seen: Seen): boolean {
  if (seen.message === 'HelloRetryRequest' || seen.message === 'ServerHelloDone') return true
  const hello = messageIn(seen, AnyServerHello)
  return (
    hello?.extensions.some(
      ({ extension_type }) => extension_type === extensionTypes.supported_versions,
    ) ?? false
  )
}

async function sendCut(line: Line, bytes: Uint8Array, cuts: readonly number[] = []): Promise<void> {
  let at = 0
  for (const length of cuts) {
    if (at + length >= bytes.length) break
    line.write(bytes.subarray(at, at + length))
    at += length
    await turn()
  }
  line.write(bytes.subarray(at))
}

class Client {
  readonly #schedule: ClientSchedule
  readonly #line: Line
  readonly #ssl: Ssl
  readonly #far: PairBio
  readonly #middle: Middle
  readonly #said: Seen[] = []
  readonly #into = new Uint8Array(16_384)
  #outcome = 'quiet'
  #heard = ''
  /** Lines that are to come yet before the next step. */
  #awaited = 0
  #left: (string | 'key update')[]

  constructor(schedule: ClientSchedule, line: Line) {
    const { servername, edit, steps = [] } = schedule
    const client = schedule.client()
    const keys = new KeyLog()
    const [near, far] = bioPair()
    this.#schedule = schedule
    this.#line = line
    this.#far = far
    this.#left = [...steps]
    const context = new SslContext({ ...client, keylog: keys.take })
    this.#ssl = new Ssl(context, servername === undefined ? {} : { servername })
      .setBio(near)
      .setConnectState()
    const editor = edit?.()
    this.#middle = new Middle({
      keys: { client: keys },
      ...(client.crypto && { crypto: client.crypto }),
      edit: seen => {
        if (seen.from === 'server') this.#said.push(seen)
        return editor?.(seen)
      },
    })
  }

  async run(): Promise<Account> {
    while (this.#step()) {
      const sent = await this.#send()
      if (sent > 0) continue
      const came = await this.#line.read()
      if (came === 'quiet') break
      this.#give(came)
    }
    await this.#send()
    return accountOf(this.#said, { client: this.#outcome, data: this.#heard })
  }

  /** Goes on as far as it can; false once it is over. */
  #step(): boolean {
    const shaken = this.#ssl.doHandshake()
    if (shaken.status !== 'done') return this.#goesOn(shaken)
    for (;;) {
      const read = this.#ssl.read(this.#into)
      if (read.status !== 'done') {
        if (!this.#goesOn(read)) return false
        break
      }
      const text = String.fromCharCode(...this.#into.subarray(0, read.bytes))
      this.#awaited -= text.split('\n').length - 1
      this.#heard += text
    }
    return this.#awaited > 0 || this.#next()
  }

  /** The next thing to do. */
  #next(): boolean {
    const step = this.#left.shift()
    if (step === undefined) return this.#leave()
    if (step === 'key update') this.#ssl.keyUpdate(true)
    else {
      this.#awaited = step.split('\n').length - 1
      this.#ssl.write(Uint8Array.from(step, letter => letter.charCodeAt(0)))
    }
    return true
  }

  #leave(): boolean {
    if (this.#schedule.ending === 'end') {
      this.#outcome = 'left'
      return false
    }
    this.#ssl.shutdown()
    return true
  }

  #goesOn(outcome: { readonly status: string; readonly error?: Error }): boolean {
    if (outcome.status.startsWith('want_')) return true
    const { origin, alert } = (outcome.error ?? {}) as Partial<TlsAlert>
    this.#outcome = alert ? `${origin} ${alert}` : outcome.status
    return false
  }

  async #send(): Promise<number> {
    let sent = 0
    for (;;) {
      const bytes = this.#fromClient()
      if (bytes.length === 0) return sent
      sent += bytes.length
      await sendCut(this.#line, bytes, this.#schedule.cuts)
    }
  }

  #fromClient(): Uint8Array {
    this.#ssl.flush()
    const read = this.#far.read(this.#into)
    return this.#middle.pass(
      'client',
      typeof read === 'number' ? this.#into.slice(0, read) : new Uint8Array(0),
    )
  }

  /** What came, to the client; what does not fit at once in pieces, which it reads in between. */
  #give(came: Uint8Array | 'end' | 'reset'): void {
    let bytes =
      typeof came === 'string' ? this.#middle.end('server') : this.#middle.pass('server', came)
    for (let tries = 0; bytes.length > 0 && tries < 1000; tries++) {
      const took = this.#far.write(bytes)
      if (typeof took === 'number') bytes = bytes.subarray(took)
      else if (took.stop !== 'retry') return
      // A record whose key the client has only now.
      if (bytes.length > 0 || this.#middle.waiting('server')) {
        this.#ssl.doHandshake()
        if (bytes.length === 0) bytes = this.#middle.pass('server')
      }
    }
    if (this.#middle.waiting('server')) {
      this.#ssl.doHandshake()
      const late = this.#middle.pass('server')
      if (late.length > 0) this.#far.write(late)
    }
    if (came === 'end') this.#far.end()
    if (came === 'reset') this.#far.close(new Error('reset'))
  }
}
