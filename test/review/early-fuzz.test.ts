/** Flights with early data that are changed on the way: a clean end, a truncation or an alert comes of it, and nothing else. */
import { bioPair, type PairBio } from '@biopair/bio'
import { type ContextOptions, Ssl, type SslContext } from '@biopair/ssl'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { Dice } from '../support/dice.ts'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'
import { takes } from './early-ends.ts'

const early = 0x45
const late = 0x4c

/** A way in one direction, on which records are changed. */
class Way {
  readonly #from: PairBio
  readonly #to: PairBio
  readonly #dice: Dice
  #left: number
  #held: Uint8Array = new Uint8Array(0)
  #records: Uint8Array[] = []
  #over = false

  constructor(from: PairBio, to: PairBio, dice: Dice, changes: number) {
    this.#from = from
    this.#to = to
    this.#dice = dice
    this.#left = changes
  }

  move(): void {
    const into = new Uint8Array(40_000)
    const count = this.#from.read(into)
    if (typeof count === 'number')
      this.#held = Uint8Array.from([...this.#held, ...into.subarray(0, count)])
    for (;;) {
      const length = 5 + (((this.#held[3] ?? 0) << 8) | (this.#held[4] ?? 0))
      if (this.#held.length < 5 || this.#held.length < length) break
      this.#records.push(...this.#changed(this.#held.slice(0, length)))
      this.#held = this.#held.slice(length)
    }
    while (!this.#over && this.#records.length > 0) {
      const [first] = this.#records as [Uint8Array]
      const taken = this.#to.write(first)
      if (typeof taken !== 'number') break
      if (taken < first.length) this.#records[0] = first.subarray(taken)
      else this.#records.shift()
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (!this.#over) this.#to.end()
    this.#over = true
  }

  #changed(record: Uint8Array): Uint8Array[] {
    const dice = this.#dice
    if (this.#left === 0 || !dice.one(4)) return [record]
    this.#left--
    const other = record.slice()
    switch (dice.below(9)) {
      case 0:
        other[dice.below(other.length)] = dice.below(256)
        return [other]
      case 1:
        return []
      case 2:
        return [record, record]
      case 3: {
        const before = this.#records.pop()
        return before ? [record, before] : [record]
      }
      case 4:
        this.end()
        return []
      case 5:
        return [Uint8Array.of(23, 3, 3, 0, 30, ...dice.bytes(30)), record]
      case 6:
        return [Uint8Array.of(20, 3, 3, 0, 1, 1), record]
      case 7:
        return [Uint8Array.of(21, 3, 3, 0, 2, dice.from(1, 2), dice.pick([0, 10, 40, 90])), record]
      default:
        return [record.subarray(0, dice.below(record.length)), record]
    }
  }
}

const servers: readonly ContextOptions[] = [
  {},
  { earlyDataCallback: () => false },
  { groups: 'P-256' },
  { cookie: 'always' },
  { maxEarlyData: 0 },
  { ticketPolicy: 'never' },
  { pskModes: ['psk_ke'] },
  { recordSizeLimit: 100 },
]

/** What an end comes to. */
function ended(t: { true(ok: boolean, why: string): unknown }, end: Ssl, why: string): void {
  const into = new Uint8Array(5000)
  for (let i = 0; i < 1000; i++) {
    const outcome = end.read(into)
    if (outcome.status === 'done') {
      t.true(!into.subarray(0, outcome.bytes).includes(early), `${why}: early data in read`)
      continue
    }
    t.true(['failed', 'closed', 'truncated'].includes(outcome.status), `${why}: ${outcome.status}`)
    if (outcome.status === 'failed') {
      const { error } = outcome
      t.true(
        error instanceof TlsAlert &&
          (error.alert !== 'internal_error' || error.origin === 'received'),
        `${why}: ${error}`,
      )
    }
    return
  }
  t.true(false, `${why}: no end`)
}

test('whatever is changed on the way, both ends end, by an alert that names it; early data stays what was sent, in its order', async t => {
  const client = clientContext({ groups: 'x25519:P-256', pskModes: ['psk_ke', 'psk_dhe_ke'] })
  const contexts: {
    readonly server: SslContext
    readonly session: Awaited<ReturnType<typeof sessionOf>>
  }[] = []
  for (const options of servers) {
    const { replayStore: _, ...own } = takes
    const base = { ...own, replayStore: { claim: () => true } }
    contexts.push({
      server: serverContext({ ...base, ...options }),
      session: await sessionOf(client, serverContext(base)),
    })
  }
  const seen: Record<string, number> = {}
  for (let seed = 1; seed <= 300; seed++) {
    const dice = new Dice(seed)
    const { server: context, session } = dice.pick(contexts)
    const [a, b] = bioPair()
    const [c, d] = bioPair()
    const near = new Ssl(client, { servername: 'server.example', session, reuseSession: true })
      .setBio(a)
      .setConnectState()
    const far = new Ssl(context).setBio(d).setAcceptState()
    const ways = [new Way(b, c, dice, dice.below(4)), new Way(c, b, dice, dice.below(3))]
    const why = `seed ${seed}`
    let sent = 0
    let got = 0
    let app = 0
    const into = new Uint8Array(5000)
    for (let round = 0; round < 30; round++) {
      const outcome = near.writeEarly(new Uint8Array(dice.from(1, 3000)).fill(early))
      if (outcome.status === 'done') sent += outcome.bytes
      for (const way of ways) way.move()
      const read = far.readEarly(into)
      if (read.status === 'done') {
        t.true(into.subarray(0, read.bytes).every(byte => byte === early))
        got += read.bytes
      }
      if (round > 3) {
        if (
          near.doHandshake().status === 'done' &&
          near.write(Uint8Array.of(late)).status === 'done'
        )
          app++
        far.doHandshake()
      }
      for (const way of ways) way.move()
    }
    for (const way of ways) way.end()
    for (;;) {
      const read = far.readEarly(into)
      if (read.status !== 'done') break
      got += read.bytes
    }
    t.true(got <= sent, `${why}: ${got} of ${sent}`)
    if (near.earlyData === 'accepted' && near.connected && far.connected) t.is(got, sent, why)
    const rejected = near.rejectedEarlyData()
    if (rejected) t.is(rejected.bytes.length, sent, why)
    ended(t, near, `${why}, client`)
    ended(t, far, `${why}, server`)
    const kind = `${near.earlyData} ${far.earlyData} ${near.connected} ${far.connected} ${app > 0}`
    seen[kind] = (seen[kind] ?? 0) + 1
  }
  t.log(JSON.stringify(seen, undefined, 1))
  t.true(Object.keys(seen).length > 6)
})
