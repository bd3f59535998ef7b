import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import { type ByteCarrier, SslStream, sslFor } from '@biopair/ssl/stream'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
/** 8 data bits with a start and a stop bit. */
const bytesPerSecond = 9600 / 10
const began2026 = Date.UTC(2026, 0, 1)

/** A line that takes its time, on a clock that stands still while anybody has something to do. */
class SlowLine {
  now = 0
  readonly #events: { readonly at: number; readonly happen: () => void }[] = []

  /** One way: the other end has each byte when it has come over the line; one write is taken when it is out. */
  way() {
    let free = 0
    let reader: ((bytes: Uint8Array) => void) | undefined
    const come: Uint8Array[] = []
    return {
      write: (bytes: Uint8Array) =>
        new Promise<void>(resolve => {
          // A UART hands over what it has every few bytes.
          for (let at = 0; at < bytes.length; at += 16) {
            const piece = bytes.slice(at, at + 16)
            free = Math.max(free, this.now) + (1000 * piece.length) / bytesPerSecond
            this.#events.push({
              at: free,
              happen: () => {
                const waiting = reader
                reader = undefined
                if (waiting) waiting(piece)
                else come.push(piece)
              },
            })
          }
          this.#events.push({ at: free, happen: resolve })
        }),
      read: () =>
        new Promise<Uint8Array>(resolve => {
          const piece = come.shift()
          if (piece) resolve(piece)
          else reader = resolve
        }),
    }
  }

  /** Runs until a promise has settled; answers when that was. */
  async until(promise: Promise<unknown>): Promise<number> {
    let done = false
    void promise.then(() => {
      done = true
    })
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      if (done) return this.now
      this.#events.sort((a, b) => a.at - b.at)
      const next = this.#events.shift()
      if (!next) throw new Error('nothing will happen any more')
      this.now = next.at
      next.happen()
    }
  }
}

/** Milliseconds from a write of 8 KiB to its first byte and to its last at the other end. */
async function times(recordSizing: boolean): Promise<{ first: number; last: number }> {
  const line = new SlowLine()
  const [there, back] = [line.way(), line.way()]
  const carrier = (from: typeof there, to: typeof there): ByteCarrier => ({
    read: from.read,
    write: to.write,
    close: async () => {},
    abort: () => {},
  })
  const over = (role: 'client' | 'server', side: ByteCarrier, options: object) => {
    const context = new SslContext({
      ...options,
      crypto: nodeCrypto,
      now: () => began2026 + line.now,
    })
    const servername = role === 'client' ? { servername: 'server.example' } : {}
    const { ssl, stream } = sslFor(role as 'client', { context, ...servername })
    return new SslStream(ssl, () => side, stream)
  }
  const client = over('client', carrier(back, there), { ca: root.pem, groups: 'x25519' })
  const sizing = recordSizing ? { recordSizing: { small: 128, after: 100_000 } } : {}
  const server = over('server', carrier(there, back), {
    ...{ cert: pem, key: keyPem, numTickets: 0 },
    ...sizing,
  })
  await line.until(Promise.all([client.opened, server.opened]))
  const began = line.now
  const reading = (async () => {
    const size = 8192
    const { length = 0 } = (await client.read()) ?? {}
    const first = line.now - began
    for (let got = length; got < size; ) got += (await client.read())?.length ?? 0
    return first
  })()
  void server.write(new Uint8Array(8192))
  const last = (await line.until(reading)) - began
  return { first: await reading, last }
}

test('at 9600 baud the first byte comes after a sixth of a second with small records, and after eight and a half without', async t => {
  const [sized, plain] = [await times(true), await times(false)]
  t.log('with recordSizing', sized, 'without', plain)
  // A record of 128 bytes with its header, type and tag: 150 bytes of 960 a second.
  t.true(sized.first < 200, `${sized.first} ms`)
  // One of 8192 is opened when its tag is there.
  t.true(plain.first > 8500, `${plain.first} ms`)
  t.is(plain.first, plain.last)
  // What that costs in the end: 22 bytes for each 128.
  t.true(sized.last < plain.last * 1.2, `${sized.last} ms`)
})
