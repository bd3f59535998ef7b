/** Gives an end what its input says, and holds it to the laws: whatever a peer sends leads to an alert or an end. */
import { Ssl, TlsAlert } from '@biopair/ssl'
import { Drain, Feed, LendingFeed } from './feed.ts'
import { Finding, law } from './finding.ts'
import { type Plan, planLength, planOf } from './plan.ts'
import { provenBy } from './proof.ts'
import { runQuic } from './quic-endpoint.ts'
import type { QuicEnd } from './quic-ends.ts'
import type { FuzzedEnd } from './scenarios.ts'

/** How a conversation went, as far as cuts must not change it. */
interface Course {
  readonly end: string
  readonly data: string
  /** What tells two inputs apart for a fuzzer. */
  readonly signature: string
}

type Outcome = { readonly status: string } & Readonly<Record<string, unknown>>

/** Calls and bytes that nothing but a loop or a leak goes beyond. */
const mostCalls = 4096
const mostQueued = 2 ** 18

/** Runs an input against one of the ends; answers the signature of its course. */
export function runEndpoint(among: readonly (FuzzedEnd | QuicEnd)[], data: Uint8Array): string {
  const plan = planOf(data)
  const end = among[plan.scenario % among.length]
  if (!end) throw new TypeError('expected at least one end')
  const heard = new Uint8Array(data.subarray(planLength))
  if ('quic' in end) return runQuic(end, heard, plan)
  if (!plan.compares) return `${end.name} ${converse(end, heard, plan).signature}`
  return `${end.name} ${compared(end, heard, plan)}`
}

/** What is done between two pieces comes at another time where they are others: here nothing is. */
function compared(end: FuzzedEnd, heard: Uint8Array<ArrayBuffer>, given: Plan): string {
  const plan = { ...given, ...idle }
  const course = converse(end, heard, plan)
  const piece = plan.piece === Number.POSITIVE_INFINITY ? 7 : Number.POSITIVE_INFINITY
  const other = converse(end, heard, { ...plan, piece, lends: !plan.lends })
  const cut = `in pieces of ${plan.piece} and of ${piece}`
  law(
    'cuts change nothing',
    other.end === course.end,
    () => `${cut}: ${course.end}, and ${other.end}`,
  )
  law(
    'cuts change no data',
    other.data === course.data,
    () => `${cut}: ${course.data}, and ${other.data}`,
  )
  return course.signature
}

const idle = {
  ...{ writes: false, updates: false, asksUpdates: false, requests: false, issues: false },
  ...{ shutsDown: false, exports: false },
}

function converse(end: FuzzedEnd, heard: Uint8Array<ArrayBuffer>, plan: Plan): Course {
  const feed = plan.lends ? new LendingFeed(heard) : new Feed(heard)
  const drain = new Drain(plan.drain)
  const watched = new Watched(end.make(feed, drain), feed, drain, end.habits.includes('peeks'))
  if (end.habits.includes('stateless')) watched.stateless(() => end.make(feed, drain))
  const doings = new Doings(watched, plan, end)
  // What is done before bytes have come is the same, however they are cut.
  // `stateless` has to be the first call.
  if (plan.early && !end.habits.includes('stateless')) doings.early()
  let calls = 0
  let proven = false
  const most = mostCalls + heard.length + heard.length / Math.min(plan.piece, heard.length + 1)
  let last: Outcome = { status: 'want_read' }
  for (;;) {
    law('a conversation ends', ++calls < most, () => `${calls} calls for ${heard.length} bytes`)
    drain.refill()
    last = watched.read()
    const { ssl } = watched
    if (ssl.connected && !proven) {
      proven = true
      const taken = heard.subarray(0, feed.taken)
      const { version } = ssl
      law(
        'who is connected has had a Finished',
        version !== undefined && provenBy(taken, version),
        () => `${version}: none is in ${taken.length} bytes`,
      )
    }
    if (watched.ssl.connected && doings.connected()) continue
    if (last.status === 'done' || last.status === 'want_write') continue
    if (last.status !== 'want_read') break
    if (feed.available > 0) continue
    if (feed.left > 0) feed.release(plan.piece)
    else feed.finish()
  }
  law('an end is an end', ends.has(last.status), () => `read answers ${last.status}`)
  const again = watched.read()
  law(
    'an end stays what it is',
    again.status === last.status,
    () => `${last.status}, and then ${again.status}`,
  )
  const { ssl } = watched
  const state = ssl.connected ? 'connected' : 'shaking'
  const ended = describe(last)
  drained(watched, plan)
  return {
    end: ended.why,
    data: watched.data,
    signature: `${state} ${ssl.version} ${ended.short} ${size(feed.taken)} ${size(drain.taken)}`,
  }
}

const ends: ReadonlySet<string> = new Set(['closed', 'truncated', 'failed'])

/** What an end that is over still has to say goes out. */
function drained(watched: Watched, plan: Plan): void {
  for (let calls = 0; ; calls++) {
    law('what is queued goes out', calls < mostCalls, () => 'flush does not come to its end')
    watched.drain.refill()
    const outcome = plan.closes ? watched.call('close', () => watched.ssl.close()) : watched.flush()
    if (outcome.status !== 'want_write') return
  }
}

/** An end whose every answer is looked at. */
class Watched {
  ssl: Ssl
  readonly feed: Feed
  readonly drain: Drain
  readonly #into = new Uint8Array(512)
  readonly #seen = new Uint8Array(512)
  readonly #peeks: boolean
  #fresh: (() => Ssl) | undefined
  data = ''
  failed = false

  constructor(ssl: Ssl, feed: Feed, drain: Drain, peeks: boolean) {
    this.ssl = ssl
    this.feed = feed
    this.drain = drain
    this.#peeks = peeks
  }

  /** Looks at ClientHellos until there is one to go on with; `fresh` makes the end that the next one is for. */
  stateless(fresh: () => Ssl): void {
    this.#fresh = fresh
  }

  read(): Outcome {
    if (this.#fresh) {
      const outcome = this.call('stateless', () => this.ssl.stateless())
      const { status } = outcome
      // Until it is through, `read` would go on with this end where another one is due.
      if (status.startsWith('want_')) return outcome
      if (status === 'retried') this.ssl = this.#fresh()
      else this.#fresh = undefined
      // The next call has the rest to say.
      if (status === 'retried' || status === 'done') return { status: 'want_read' }
    }
    const seen = this.#peeks ? this.call('peek', () => this.ssl.peek(this.#seen)) : undefined
    const outcome = this.call('read', () => this.ssl.read(this.#into))
    if (seen?.status === 'done') {
      const [count, peeked] = [outcome.bytes as number, seen.bytes as number]
      const same = outcome.status === 'done' && count === peeked
      law(
        'what is peeked at is read',
        same,
        () => `${peeked} bytes, and ${outcome.status} ${count}`,
      )
      const other = this.#seen.subarray(0, count).some((byte, i) => byte !== this.#into[i])
      law('what is peeked at stays what it is', !other, () => `${count} bytes`)
    }
    if (outcome.status === 'done') {
      const bytes = this.#into.subarray(0, outcome.bytes as number)
      if (this.data.length < 2000) this.data += String.fromCharCode(...bytes)
    }
    return outcome
  }

  flush(): Outcome {
    return this.call('flush', () => this.ssl.flush())
  }

  call(name: string, work: () => { readonly status: string }): Outcome {
    const before = this.feed.taken
    let outcome: Outcome
    try {
      outcome = work() as Outcome
    } catch (error) {
      throw new Finding(
        'no call throws for what a peer sent',
        `${name}: ${error instanceof Error ? error.stack : error}`,
        error,
      )
    }
    this.#judge(name, outcome, this.feed.taken - before)
    return outcome
  }

  #judge(call: string, outcome: Outcome, took: number): void {
    const { status } = outcome
    const { queued } = this.ssl
    law('what is queued is bounded', queued <= mostQueued, () => `${queued} bytes are queued`)
    if (status === 'failed') {
      this.failed = true
      const { error } = outcome
      law('a failure is an alert', error instanceof TlsAlert, () => `${call}: ${error}`)
      const alert = error as TlsAlert
      if (alert.origin === 'sent' && alert.alert === 'internal_error')
        throw new Finding('no peer can cause internal_error', String(alert.stack), alert.cause)
      return
    }
    if (status === 'want_read') {
      law(
        'who wants to read has read all there is',
        this.feed.available === 0 || took > 0,
        () => `${call} leaves ${this.feed.available} bytes`,
      )
      law('who wants to read says how much', (outcome.read as number) > 0, () => `${call} wants 0`)
      law(
        'who wants to read has nothing to write',
        outcome.write === 0,
        () => `${call} has ${outcome.write} bytes`,
      )
    } else if (status === 'want_write') {
      law('who wants to write has something to', (outcome.write as number) > 0, () => call)
      law('who wants to write finds no room', this.drain.full, () => `${call} finds room`)
    } else
      law('nobody promises anything here', !status.startsWith('want_'), () => `${call}: ${status}`)
  }
}

/** What an end does of its own, once each. */
class Doings {
  readonly #watched: Watched
  readonly #left: (() => { readonly status: string })[] = []
  readonly #role: 'client' | 'server'

  constructor(watched: Watched, plan: Plan, end: FuzzedEnd) {
    const { role } = end
    this.#watched = watched
    this.#role = role
    const later = (wanted: boolean, work: () => { readonly status: string }) => {
      if (wanted) this.#left.push(work)
    }
    const newer = () => watched.ssl.version === 'TLSv1.3'
    const open = () => !watched.ssl.sentShutdown
    const nothing = { status: 'done' }
    later(plan.writes, () => (open() ? watched.ssl.write(hello) : nothing))
    later(plan.updates, () => (open() && newer() ? watched.ssl.keyUpdate() : nothing))
    later(plan.asksUpdates, () => (open() && newer() ? watched.ssl.keyUpdate(true) : nothing))
    if (role === 'server') {
      later(plan.requests, () => (open() && newer() ? watched.ssl.requestCertificate() : nothing))
      later(plan.issues, () => (open() && newer() ? watched.ssl.newSessionTicket() : nothing))
    }
    later(plan.exports, () => {
      binding(watched.ssl, newer() ? 'tls-exporter' : 'tls-unique')
      binding(watched.ssl, 'tls-server-end-point')
      facts(watched.ssl)
      return nothing
    })
    later(end.habits.includes('moves'), () => (open() ? moved(watched, end) : nothing))
    later(plan.shutsDown, () => watched.ssl.shutdown())
  }

  /** Before anything has come. */
  early(): void {
    const { ssl } = this.#watched
    this.#watched.drain.refill()
    if (this.#role === 'client') this.#watched.call('writeEarly', () => ssl.writeEarly(hello))
    else this.#watched.call('readEarly', () => ssl.readEarly(new Uint8Array(64)))
  }

  /** Does the next thing; false once there is none, or it cannot be done yet. */
  connected(): boolean {
    if (this.#watched.failed) return false
    const next = this.#left[0]
    if (!next) return false
    this.#watched.drain.refill()
    const { status } = this.#watched.call('what an end does', next)
    if (status.startsWith('want_')) return false
    this.#left.shift()
    return true
  }
}

/** Goes on with a connection that was made bytes of, where it can be. */
function moved(watched: Watched, end: FuzzedEnd): { readonly status: string } {
  const key = new Uint8Array(32).fill(5)
  const outcome = watched.ssl.exportConnection(key)
  if (outcome.status !== 'done') return outcome
  const { feed, drain } = watched
  watched.ssl = Ssl.importConnection(end.elsewhere(), outcome.bytes, key).setBio(feed, drain)
  return { status: 'done' }
}

/** A peer may have shown nothing that one could be of. */
function binding(ssl: Ssl, type: Parameters<Ssl['channelBinding']>[0]): void {
  try {
    ssl.channelBinding(type)
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_NO_CHANNEL_BINDING') throw error
  }
}

/** Whatever an end tells about its peer. */
function facts(ssl: Ssl): void {
  for (const name of told) void ssl[name]
}

const told = Object.keys(
  Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Ssl.prototype)),
).filter(name => name !== 'constructor') as 'version'[]

const hello = new Uint8Array(48).fill(0x68)

function describe(outcome: Outcome): { readonly why: string; readonly short: string } {
  if (outcome.status !== 'failed') return { why: outcome.status, short: outcome.status }
  const { origin, alert, reason, section, state } = outcome.error as TlsAlert
  return {
    why: `${origin} ${alert} ${reason} ${section}`,
    short: `${origin} ${alert} ${reason} ${section} ${state}`,
  }
}

/** How large a number is, roughly. */
function size(count: number): number {
  return count === 0 ? 0 : 32 - Math.clz32(count)
}
