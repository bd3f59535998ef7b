import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import { type ByteCarrier, SslStream, sslFor, type Timers } from '@biopair/ssl/stream'
import test from 'ava'
import fc from 'fast-check'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const ours = new SslContext({ ca: root.pem, crypto: nodeCrypto, groups: 'x25519' })
const theirs = new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto })

/** A carrier that takes one piece each way, and may break, end or stand still at any time. */
class Wire {
  readonly #held: [Uint8Array | null | undefined, Uint8Array | null | undefined] = [
    undefined,
    undefined,
  ]
  #failure: Error | undefined
  #wakers: (() => void)[] = []
  /** Pieces that still go through; then nothing moves. */
  left = Number.POSITIVE_INFINITY
  /** What was called after a side was let go of. */
  late = 0

  side(from: 0 | 1): ByteCarrier {
    const to = from === 0 ? 1 : 0
    let gone = false
    const check = () => {
      if (gone) this.late++
    }
    return {
      read: async () => {
        check()
        for (;;) {
          const piece = this.#held[from]
          if (piece !== undefined) {
            if (piece !== null) this.#held[from] = undefined
            this.#wake()
            return piece
          }
          if (this.#failure) throw this.#failure
          await this.#changed()
        }
      },
      write: async bytes => {
        check()
        while (this.#held[to] !== undefined || this.left <= 0) {
          if (this.#failure) throw this.#failure
          if (this.#held[to] === null) throw new Error('the other side is gone')
          await this.#changed()
        }
        this.left--
        this.#held[to] = bytes
        this.#wake()
      },
      close: async () => {
        check()
        gone = true
        while (this.#held[to] && !this.#failure) await this.#changed()
        this.#held[to] = null
        this.#wake()
      },
      abort: () => {
        gone = true
        this.#held[to] = null
        this.#wake()
      },
    }
  }

  break(): void {
    this.#failure ??= new Error('cut')
    this.#wake()
  }

  #changed(): Promise<void> {
    return new Promise(resolve => this.#wakers.push(resolve))
  }

  #wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const waker of wakers) waker()
  }
}

class Clock implements Timers {
  readonly timers = new Set<() => void>()

  set(callback: () => void): () => void {
    this.timers.add(callback)
    return callback
  }

  clear(timer: unknown): void {
    this.timers.delete(timer as () => void)
  }

  /** Every time is up. */
  ring(): void {
    for (const callback of [...this.timers]) if (this.timers.delete(callback)) callback()
  }
}

type Step =
  | { readonly what: 'write'; readonly size: number }
  | { readonly what: 'read' | 'end' | 'close' | 'abort' | 'cancel' | 'turn' | 'break' | 'stall' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('write' as const), size: fc.nat(30_000) }),
  },
  { weight: 6, arbitrary: fc.constant({ what: 'read' as const }) },
  { weight: 6, arbitrary: fc.constant({ what: 'turn' as const }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('end', 'close', 'abort', 'cancel', 'break', 'stall')
      .map(what => ({ what }) as Step),
  },
)

/** One end, what was asked of it, and what it read. */
class End {
  readonly stream: SslStream
  readonly asked: Promise<unknown>[] = []
  readonly got: number[] = []
  sent = 0
  clean = false
  #reading: Promise<void> = Promise.resolve()
  #ending = false

  constructor(stream: SslStream) {
    this.stream = stream
    this.asked.push(stream.opened, stream.closed)
  }

  write(size: number): void {
    if (this.#ending) return
    // Each byte says where it stands.
    const from = this.sent
    this.sent += size
    this.asked.push(
      this.stream.write(Uint8Array.from({ length: size }, (_, i) => (from + i) % 251)),
    )
  }

  read(): void {
    this.#reading = this.#reading.then(async () => {
      const bytes = await this.stream.read()
      if (bytes === null) this.clean = true
      else for (const byte of bytes) this.got.push(byte)
    })
    this.#reading = this.#reading.catch(() => {})
    this.asked.push(this.#reading)
  }

  end(): void {
    this.#ending = true
    this.asked.push(this.stream.end())
  }

  hearOut(): void {
    this.end()
    for (let i = 0; i < 100; i++) this.read()
  }

  close(): void {
    this.#ending = true
    this.asked.push(this.stream.close())
  }

  abort(): void {
    this.#ending = true
    this.stream.abort(new Error('enough'))
  }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('whatever both programs and the carrier do, everything that waits settles, and what was read is what was written', async t => {
  let cleanEnds = 0
  const property = fc.asyncProperty(
    fc.array(fc.tuple(fc.constantFrom(0, 1), step), { maxLength: 40 }),
    fc.boolean(),
    async (steps, politely) => {
      const wire = new Wire()
      const clock = new Clock()
      const client = sslFor('client', { context: ours, servername: 'server.example' })
      const server = sslFor('server', { context: theirs })
      const ends = [
        new End(new SslStream(client.ssl, () => wire.side(0), {}, clock)),
        new End(new SslStream(server.ssl, () => wire.side(1), {}, clock)),
      ] as const
      for (const [at, { what, ...rest }] of steps) {
        const end = ends[at as 0 | 1]
        if (what === 'write') end.write((rest as { size: number }).size)
        else if (what === 'read') end.read()
        else if (what === 'end') end.end()
        else if (what === 'close') end.close()
        else if (what === 'abort') end.abort()
        else if (what === 'cancel') end.stream.cancel()
        else if (what === 'break') wire.break()
        else if (what === 'stall') wire.left = 2
        else await turn()
      }
      // Both may say goodbye and hear each other out, as far as they still can.
      if (politely) for (const end of ends) end.hearOut()
      for (let i = 0; i < 20; i++) await turn()
      for (const end of ends) end.close()
      for (let i = 0; i < 20; i++) await turn()
      // What still waits waits for the other side, which does not come: until its time is up.
      clock.ring()
      const all = Promise.allSettled(ends.flatMap(({ asked }) => asked))
      let settled = false
      void all.then(() => {
        settled = true
      })
      for (let i = 0; i < 50 && !settled; i++) await turn()
      expect(settled, 'everything settles')
      expect(clock.timers.size === 0, 'no timer is left')
      expect(wire.late === 0, 'nothing is called of a carrier that was let go of')
      for (const [at, end] of ends.entries()) {
        const other = ends[at === 0 ? 1 : 0]
        expect(
          end.got.every((byte, i) => byte === i % 251),
          'what was read is what was written',
        )
        expect(end.got.length <= other.sent, 'and no more')
        if (!end.clean) continue
        cleanEnds++
        expect(end.got.length === other.sent, `a clean end is the end of all ${other.sent} bytes`)
      }
    },
  )
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 400 }),
    () => shortOf({ 'clean ends': cleanEnds }, ['clean ends'], 41),
  )
  t.log(`${cleanEnds} clean ends`)
  t.deepEqual(short, [])
})

function expect(truth: boolean, what: string): void {
  if (!truth) throw new Error(what)
}
