/** A thread with one half of a shared pair: does what its script says, a line after the other, and posts what came of each. */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { BufferFilter, SharedPairBio, type SharedPairHandle, type Stopped } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, drive, Ssl, SslBio, SslContext } from '@biopair/ssl'
import { Plain } from './plain.ts'

/** What a thread is to do. Bytes are those of `pattern`, and are told by their number and digest. */
export type Line =
  | readonly ['handshake' | 'shutdown' | 'close' | 'flush' | 'ticket' | 'peek']
  | readonly ['keyUpdate', request: boolean]
  /** Over TLS. */
  | readonly ['send' | 'receive', bytes: number]
  /** Both at once, one thread, never waiting but for `ready`. */
  | readonly ['exchange', bytes: number]
  /** Straight on the BIO. */
  | readonly ['put' | 'take', bytes: number]
  | readonly ['end' | 'break' | 'closeBio']
  | readonly ['setBlocking', blocking: boolean]
  /** Stores a word of its own into the shared memory. */
  | readonly ['scribble', word: number, value: number]
  /** Milliseconds. */
  | readonly ['sleep', millis: number]

export interface ThreadData {
  readonly handle: SharedPairHandle
  readonly script: readonly Line[]
  readonly blocking: boolean
  readonly timeout?: number
  /** TLS goes over a BIO that can wait for bytes or for room and for no other thing, as a descriptor does. */
  readonly plain?: boolean
  /** What stands between TLS and the shared pair. */
  readonly below?: 'buffer' | 'TLS filter' | 'TLS in TLS'
  /** TLS is spoken where a role is given. */
  readonly role?: 'client' | 'server'
  readonly options?: ContextOptions
}

/** What came of a line, as plain data. */
export interface Came {
  readonly line: Line[0]
  readonly status: string
  readonly bytes?: number
  readonly digest?: string
  readonly reason?: string
  /** Bytes of the BIO after it. */
  readonly wpending: number
  /** Tickets that a client holds, of a session at least one. */
  readonly session?: boolean
}

const chunk = 65_536

/** Bytes that differ from one 64 KiB to the next, and are the same in every thread: of a period of 1 MiB. */
const noise = new Uint8Array(2 ** 20 + chunk)
for (let i = 0, word = 1; i < 2 ** 20; i++) {
  word = (Math.imul(word, 1_103_515_245) + 12_345) | 0
  noise[i] = word >>> 16
}
noise.copyWithin(2 ** 20, 0, chunk)
const pattern = (from: number, length: number) => {
  const at = from % 2 ** 20
  return noise.subarray(at, at + Math.min(length, chunk))
}

class Thread {
  readonly #data: ThreadData
  readonly #bio: SharedPairBio
  readonly #ssl: Ssl | undefined

  constructor(data: ThreadData) {
    this.#data = data
    const { handle, blocking, timeout, role, options } = data
    this.#bio = new SharedPairBio(handle, { blocking, ...(timeout ? { timeout } : {}) })
    if (!role) return
    const context = new SslContext({ crypto: nodeCrypto, groups: 'x25519', ...options })
    const client = { servername: 'server.example' }
    this.#ssl = new Ssl(context, role === 'client' ? client : {})
    if (data.below?.startsWith('TLS')) {
      const filter = new SslBio(this.#ssl)
      if (data.below === 'TLS in TLS') {
        const inner = new Ssl(context, role === 'client' ? client : {})
        if (role === 'client') inner.setConnectState()
        else inner.setAcceptState()
        filter.push(new SslBio(inner))
      }
      filter.push(this.#bio)
    } else {
      const carrier = data.below === 'buffer' ? new BufferFilter().push(this.#bio) : this.#bio
      this.#ssl.setBio(data.plain ? new Plain(this.#bio) : carrier)
    }
    if (role === 'client') this.#ssl.setConnectState()
    else this.#ssl.setAcceptState()
  }

  async run(): Promise<void> {
    for (const line of this.#data.script) {
      const came = await this.#do(line)
      const { status, error, bytes, digest } = came as { status: string; error?: Error } & Came
      const reason = (error as { reason?: string } | undefined)?.reason ?? codeOf(error)
      parentPort?.postMessage({
        line: line[0],
        status,
        ...(bytes === undefined ? {} : { bytes }),
        ...(digest === undefined ? {} : { digest }),
        ...(reason === undefined ? {} : { reason }),
        wpending: this.#bio.wpending,
        ...(this.#ssl?.session ? { session: true } : {}),
      } satisfies Came)
    }
  }

  get #tls(): Ssl {
    if (!this.#ssl) throw new Error('this thread speaks no TLS')
    return this.#ssl
  }

  async #do(line: Line): Promise<object> {
    const bio = this.#bio
    switch (line[0]) {
      case 'handshake':
        return this.#data.blocking
          ? this.#tls.doHandshake()
          : drive(this.#tls, () => this.#tls.doHandshake())
      case 'shutdown':
        return this.#tls.shutdown()
      case 'close':
        return this.#tls.close()
      case 'flush':
        return this.#tls.flush()
      case 'ticket':
        return this.#tls.newSessionTicket()
      case 'peek':
        return this.#tls.peek(new Uint8Array(1))
      case 'keyUpdate':
        return this.#tls.keyUpdate(line[1])
      case 'send':
        return all(line[1], at => this.#tls.write(pattern(at, line[1] - at)), true)
      case 'receive':
        return all(line[1], (_, into) => this.#tls.read(into), false)
      case 'put':
        return all(line[1], at => asOutcome(bio.write(pattern(at, line[1] - at))), true)
      case 'take':
        return all(line[1], (_, into) => asOutcome(bio.read(into)), false)
      case 'exchange':
        return this.#exchange(line[1])
      case 'end':
        return { status: bio.end() }
      case 'break':
        bio.close(Object.assign(new Error('the carrier was lost'), { code: 'ERR_LOST' }))
        return { status: 'done' }
      case 'closeBio':
        bio.close()
        return { status: 'done' }
      case 'setBlocking':
        bio.setBlocking(line[1])
        return { status: 'done' }
      case 'scribble': {
        const words = new Int32Array(this.#data.handle.memory, 0, line[1] + 1)
        Atomics.store(words, line[1], line[2])
        Atomics.notify(words, line[1])
        return { status: 'done' }
      }
      case 'sleep':
        await pause(line[1])
        return { status: 'done' }
    }
  }

  /** Writes and reads as it can; waits for whichever comes first when it can neither. */
  async #exchange(total: number): Promise<object> {
    const ssl = this.#tls
    const hash = createHash('sha256')
    const into = new Uint8Array(chunk)
    for (let sent = 0, got = 0; ; ) {
      const wrote: Moved = sent < total ? ssl.write(pattern(sent, total - sent)) : ssl.flush()
      sent += wrote.bytes ?? 0
      const read: Moved = got < total ? ssl.read(into) : { status: 'done' }
      hash.update(into.subarray(0, read.bytes ?? 0))
      got += read.bytes ?? 0
      for (const outcome of [wrote, read]) if (outcome.status === 'failed') return outcome
      if (wrote.bytes || read.bytes) continue
      if (sent === total && got === total && wrote.status === 'done')
        return { status: 'done', bytes: got, digest: hash.digest('hex') }
      const waits = [wrote, read].filter(({ status }) => status.startsWith('want_'))
      await Promise.race(waits.map(outcome => ssl.ready(outcome)))
    }
  }
}

/** What there is to say of any outcome. */
interface Moved {
  readonly status: string
  readonly bytes?: number
}

/** Repeats a call until `total` bytes have moved, or it says anything but `done`. */
function all(
  total: number,
  call: (at: number, into: Uint8Array) => Moved,
  writing: boolean,
): object {
  const hash = createHash('sha256')
  const into = new Uint8Array(Math.min(chunk, total))
  let at = 0
  while (at < total) {
    const outcome = call(at, into)
    if (outcome.status !== 'done') return { ...outcome, bytes: at, digest: hash.digest('hex') }
    const bytes = outcome.bytes as number
    hash.update((writing ? pattern(at, total - at) : into).subarray(0, bytes))
    at += bytes
  }
  return { status: 'done', bytes: at, digest: hash.digest('hex') }
}

function asOutcome(answer: number | Stopped): Moved & { error?: Error } {
  if (typeof answer === 'number') return { status: 'done', bytes: answer }
  return answer.stop === 'broken'
    ? { status: answer.stop, error: answer.error }
    : { status: answer.stop }
}

function codeOf(error: Error | undefined): string | undefined {
  return (error as { code?: string } | undefined)?.code
}

// A promise of `ready` does not keep a thread alive.
const alive = setInterval(() => undefined, 1000)
await new Thread(workerData as ThreadData).run()
clearInterval(alive)
