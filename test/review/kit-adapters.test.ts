/** Adapters over real things with the slip that people make: each is caught by the law that it breaks, and the one without it keeps that law. */
import { Duplex } from 'node:stream'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { bioPair } from '@biopair/bio'
import type { Bytes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ByteCarrier } from '@biopair/ssl/stream'
import { bioLaws, type CarrierPair, carrierLaws, LawBroken } from '@biopair/testkit'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { patientTimers } from '../support/patient-timers.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity = {
  client: { ca: root.pem, crypto: nodeCrypto, groups: 'x25519' },
  server: { cert: pem, key: keyPem, crypto: nodeCrypto },
}

/** A read that waits for ever is told of soon. What is waited for in milliseconds is a pause, and stays one. */
const impatient: typeof patientTimers = {
  set: (callback, milliseconds) =>
    setTimeout(callback, milliseconds < 1000 ? milliseconds : milliseconds / 20),
  clear: patientTimers.clear,
}

/** What came and was not read. */
class Arrived {
  readonly #pieces: (Uint8Array | null | Error)[] = []
  #wake = () => {}

  put(piece: Uint8Array | null | Error): void {
    this.#pieces.push(piece)
    this.#wake()
  }

  async take(): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    const [first = null] = this.#pieces
    if (first instanceof Error) throw first
    if (first !== null) this.#pieces.shift()
    return first
  }
}

/** Two streams of Node that are each other's other side. */
function duplexes(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex & { resume_?: (() => void) | undefined } => {
    const duplex: Duplex & { resume_?: (() => void) | undefined } = new Duplex({
      highWaterMark: 16_384,
      read() {
        duplex.resume_?.()
        duplex.resume_ = undefined
      },
      write(chunk, _encoding, callback) {
        const there = other() as typeof duplex
        if (there.push(chunk)) callback()
        else there.resume_ = callback
      },
      final(callback) {
        other().push(null)
        callback()
      },
    })
    return duplex
  }
  const a: Duplex = make(() => b)
  const b: Duplex = make(() => a)
  return [a, b]
}

function overDuplexes(forgets: boolean): CarrierPair {
  const streams = duplexes()
  const [near, far] = streams.map((stream): ByteCarrier => {
    const wake = new Set<() => void>()
    for (const event of ['readable', 'end', 'drain', 'close', 'error'])
      stream.on(event, () => {
        for (const each of wake) each()
      })
    const change = () =>
      new Promise<void>(resolve => {
        const done = () => {
          wake.delete(done)
          resolve()
        }
        wake.add(done)
      })
    return {
      async read() {
        for (;;) {
          const got = stream.read() as Uint8Array | null
          if (got) return got
          if (stream.readableEnded) return null
          if (stream.destroyed) throw stream.errored ?? new Error('destroyed')
          await change()
        }
      },
      async write(bytes) {
        // The slip: what `write` answers is not looked at, nor `drain` waited for.
        if (stream.write(bytes) || forgets) return
        while (stream.writableNeedDrain && !stream.destroyed) await change()
        if (stream.destroyed) throw new Error('destroyed')
      },
      async close() {
        stream.end()
        stream.resume()
      },
      abort(reason) {
        for (const each of streams) each.destroy(reason)
      },
    }
  }) as [ByteCarrier, ByteCarrier]
  return { near, far, bound: 4 * 16_384 + 3 * 8192 }
}

type PortSlip = 'nothing' | 'all of the buffer' | 'no end'

function overPorts(slip: PortSlip, text = false): CarrierPair {
  const { port1, port2 } = new MessageChannel()
  const carrier = (port: MessagePort): ByteCarrier => {
    const arrived = new Arrived()
    let taken = () => {}
    let window = 4
    port.on(
      'message',
      (message: Uint8Array | string | null | { taken: true } | { error: Error }) => {
        if (message === null || message instanceof Uint8Array) arrived.put(message)
        else if (typeof message === 'string') arrived.put(new TextEncoder().encode(message))
        else if ('error' in message) arrived.put(message.error)
        else {
          window++
          taken()
        }
      },
    )
    return {
      async read() {
        const piece = await arrived.take()
        if (piece) port.postMessage({ taken: true })
        return piece
      },
      async write(bytes: Bytes) {
        while (window === 0)
          await new Promise<void>(resolve => {
            taken = resolve
          })
        window--
        if (text) port.postMessage(new TextDecoder().decode(bytes))
        // The slip: bytes are a part of their buffer, and all of it is handed over.
        else if (slip === 'all of the buffer')
          port.postMessage(new Uint8Array(bytes.buffer), [bytes.buffer])
        else {
          const own = bytes.slice()
          port.postMessage(own, [own.buffer])
        }
      },
      async close() {
        // The slip: a port that is closed tells the other side's reader nothing by itself.
        if (slip !== 'no end') port.postMessage(null)
      },
      abort(error) {
        port.postMessage({ error })
        port.close()
      },
    }
  }
  return { near: carrier(port1), far: carrier(port2), bound: 4 * 8192 }
}

const laws = {
  waits: 'writes wait while nothing is taken: no more is held than was said',
  order: 'in any order of writes and reads, every byte arrives once and in order, then an end',
  bytes: 'what one side writes, the other reads: all of it, in order, both ways at once',
  ends: 'a side that is closed gives all that was written, then an end',
}

const slips: readonly [string, string, (wrong: boolean) => CarrierPair][] = [
  ['a Duplex whose adapter forgets drain', laws.waits, overDuplexes],
  [
    'a MessagePort whose adapter transfers all of the buffer',
    laws.order,
    wrong => overPorts(wrong ? 'all of the buffer' : 'nothing'),
  ],
  [
    'a MessagePort whose adapter forgets to say that it closes',
    laws.ends,
    wrong => overPorts(wrong ? 'no end' : 'nothing'),
  ],
  ['a WebSocket whose adapter speaks text', laws.bytes, wrong => overPorts('nothing', wrong)],
]

for (const [what, title, make] of slips)
  test(`${what} breaks the law of that`, async t => {
    const law = (wrong: boolean) =>
      carrierLaws(() => make(wrong), identity, wrong ? impatient : patientTimers, {
        seed: 1,
        runs: 5,
      }).find(each => each.title === title)
    await t.notThrowsAsync(async () => law(false)?.keep(), 'without the slip')
    const error = await t.throwsAsync(async () => law(true)?.keep(), { instanceOf: LawBroken })
    t.is(error?.law, title)
  })

test('a ready that settles at once, always, keeps its waiter busy: a law says so', async t => {
  const make = (busy: boolean) => () => {
    const [bio, other] = bioPair(20)
    if (busy) bio.ready = () => Promise.resolve()
    return { bio, other }
  }
  const title = 'where nothing has changed, ready waits: it does not settle again and again in vain'
  const law = (busy: boolean) => bioLaws(make(busy), { seed: 1 }).find(each => each.title === title)
  await t.notThrowsAsync(async () => law(false)?.keep())
  const error = await t.throwsAsync(async () => law(true)?.keep(), { instanceOf: LawBroken })
  t.deepEqual(error?.steps, ['bio read 1'])
  t.regex(error?.why ?? '', /expected ready\('read'\) to wait, and it settled 100 times/)
})
