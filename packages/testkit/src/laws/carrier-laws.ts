/** `carrierLaws`: what every asynchronous carrier has to keep, by itself and with TLS over it, whatever it carries bytes with. */
import {
  type ByteCarrier,
  type ClientOptions,
  type ServerOptions,
  SslStream,
  sslFor,
  type Timers,
} from '@biopair/ssl/stream'
import { anyOrder, type CarrierLawOptions, keepAnyOrder, withPair } from './carrier-order.ts'
import type { CarrierPair } from './carrier-pair.ts'
import {
  failed,
  givingUp,
  length,
  mutable,
  name,
  pieces,
  readAll,
  reason,
  same,
  settled,
  take,
  takeAll,
  timersHere,
  waitingWith,
  writeAll,
} from './carrier-tools.ts'
import { expect, type Law } from './law.ts'

/** Whom to believe and who to be. */
export interface CarrierIdentity {
  readonly client: ClientOptions
  readonly server: ServerOptions
}

/**
 * The laws, for any runner: `for (const { title, keep } of carrierLaws(make, identity)) test(title, keep)`. Each makes one new pair. The client has
 * to believe the server when it asks for `server.example` (or for `identity.client.servername`), and not for `x.test`. `timers` are the platform's.
 */
export function carrierLaws(
  make: () => CarrierPair | Promise<CarrierPair>,
  identity: CarrierIdentity,
  timers: Timers = timersHere(),
  options: CarrierLawOptions = {},
): readonly Law[] {
  const { within, quiet } = waitingWith(timers)
  const servername = 'server.example'
  const law = (title: string, keep: (pair: CarrierPair) => Promise<void>): Law => ({
    title,
    keep: () => withPair(make, timers, title, keep),
  })
  const ends = ({ near, far }: CarrierPair, more: Partial<CarrierIdentity> = {}) => ({
    client: over(timers, 'client', near, { servername, ...identity.client, ...more.client }),
    server: over(timers, 'server', far, { ...identity.server, ...more.server }),
  })
  return [
    { title: anyOrder, keep: () => keepAnyOrder(make, timers, options) },
    law(
      'what one side writes, the other reads: all of it, in order, both ways at once',
      async ({ near, far }) => {
        const [there, back] = [pieces(1), pieces(2)]
        await within(
          Promise.all([
            writeAll(near, there),
            writeAll(far, back),
            same(take(far, length(there)), there),
            same(take(near, length(back)), back),
          ]),
        )
      },
    ),
    law(
      'what is at hand, and what is waited for, are the same bytes in the same order',
      async ({ near, far }) => {
        const said = pieces(7)
        const writing = async () => {
          for (const piece of said) {
            const bytes = piece.slice()
            if (!near.writeNow?.(bytes)) await near.write(bytes)
          }
        }
        const reading = async () => {
          const heard: Uint8Array[] = []
          for (let left = length(said); left > 0; ) {
            const bytes = far.readNow?.() ?? (await far.read())
            if (bytes === null) break
            heard.push(bytes.slice())
            left -= bytes.length
          }
          return heard
        }
        const heard = within(reading())
        await within(writing())
        await same(heard, said)
        await within(near.close())
        const end = far.readNow?.()
        expect(end === undefined || end === null, 'nothing but an end at hand')
        expect((end ?? (await within(far.read()))) === null, 'the end once it was closed')
      },
    ),
    law('a side that is closed gives all that was written, then an end', async ({ near, far }) => {
      const said = pieces(3)
      const heard = within(takeAll(far))
      await within(writeAll(near, said))
      await within(near.close())
      await same(heard, said)
      await within(far.close())
    }),
    law('a side that gives up ends the other one, with an error where it can tell', async pair => {
      const { near, far, tells = true } = pair
      const heard = settled(within(far.read()))
      near.abort(new Error('enough'))
      const { status } = await heard
      expect(!tells || status === 'rejected', 'the other side to hear of an error')
    }),
    law('a call never runs what waits for another one', async ({ near, far }) => {
      const order: string[] = []
      const heard = within(far.read()).then(() => order.push('read'))
      const said = within(near.write(Uint8Array.of(1))).then(() => order.push('written'))
      order.push('returned')
      await Promise.all([heard, said])
      expect(order[0] === 'returned', `the call to return first, got ${order}`)
    }),
    law('writes wait while nothing is taken: no more is held than was said', async pair => {
      const { near, far, bound, stall } = pair
      stall?.()
      const piece = 8192
      let taken = 0
      const writing = async () => {
        for (;;) {
          const bytes = new Uint8Array(piece)
          if (!near.writeNow?.(bytes)) await near.write(bytes)
          taken += piece
          if (taken > 64 * bound) return
        }
      }
      const all = settled(writing())
      await quiet(() => taken)
      expect(
        taken <= bound + piece,
        `no more than ${bound} bytes and one write of ${piece} to be taken, got ${taken}`,
      )
      near.abort(new Error('enough'))
      far.abort(new Error('enough'))
      await within(all)
    }),
    law(
      'TLS over it carries both ways at once, and half-close leaves the other way open',
      async pair => {
        const { client, server } = ends(pair)
        const [there, back] = [pieces(4), pieces(5)]
        await within(Promise.all([client.opened, server.opened]))
        const answer = async () => {
          await same(within(readAll(server)), there)
          for (const piece of back) await server.write(piece)
          await server.end()
        }
        const ask = async () => {
          for (const piece of there) await client.write(piece)
          await client.end()
          await same(within(readAll(client)), back)
        }
        await within(Promise.all([answer(), ask()]))
        await within(Promise.all([client.closed, server.closed]))
        expect((await client.read()) === null, 'a clean end to stay one')
      },
    ),
    law('TLS over it says which alert ended the handshake, on both sides', async pair => {
      const { client, server } = ends(pair, {
        client: { ...identity.client, servername: 'x.test' },
      })
      const [ours, theirs] = await within(
        Promise.all([reason(client.opened), reason(server.opened)]),
      )
      expect(name(ours) === 'bad_certificate sent', `our own alert, got ${name(ours)}`)
      expect(name(theirs) === 'bad_certificate received', `the peer's alert, got ${name(theirs)}`)
      for (const end of [client, server]) {
        await within(settled(end.closed))
        await failed(end.read())
        await failed(end.write(Uint8Array.of(1)))
      }
    }),
    law('a carrier that ends without close_notify has cut what TLS carried', async pair => {
      const { near, muted, mute } = mutable(pair.near)
      const { client, server } = ends({ ...pair, near: muted })
      await within(Promise.all([client.opened, server.opened]))
      await within(client.write(Uint8Array.of(1, 2, 3)))
      const first = await within(server.read())
      expect(first?.length === 3, 'what came before to be read')
      mute()
      await within(near.close())
      const error = await within(reason(server.read()))
      const { code } = error as { code?: unknown }
      expect(
        code === 'ERR_TRUNCATED' || code === 'ERR_CARRIER_BROKEN',
        `the server to read of a cut, got ${error}`,
      )
      await failed(within(server.closed))
      await failed(within(server.write(Uint8Array.of(1))))
      client.abort()
    }),
    ...(['before', 'during', 'after'] as const).map(when =>
      law(
        `giving up ${when} the handshake ends everything that waits, on both sides`,
        async pair => {
          const controller = givingUp()
          const enough = new Error('enough')
          if (when === 'before') controller.abort(enough)
          const signal = controller.signal
          const { client, server } = ends(pair, { client: { ...identity.client, signal } })
          if (when === 'after') await within(Promise.all([client.opened, server.opened]))
          const waiting: Promise<unknown>[] = [
            client.read(),
            client.closed,
            ...(when === 'after' ? [] : [client.opened]),
          ]
          const there: Promise<unknown>[] = [server.read(), server.closed]
          controller.abort(enough)
          for (const each of waiting)
            expect(
              (await within(reason(each))) === enough,
              'a rejection with the reason of the signal',
            )
          for (const each of there) await failed(within(each))
          await failed(client.write(Uint8Array.of(1)))
        },
      ),
    ),
    law(
      'nothing is delivered after close, and what was written before still arrives',
      async pair => {
        const { client, server } = ends(pair)
        await within(Promise.all([client.opened, server.opened]))
        const said = pieces(6)
        const heard = within(readAll(server))
        for (const piece of said) await within(client.write(piece))
        const waiting = reason(client.read())
        const closing = client.close()
        void settled(server.write(new Uint8Array(1000)))
        const { code } = (await within(waiting)) as { code?: unknown }
        expect(code === 'ERR_CLOSED', `a reader that waited to hear ERR_CLOSED, got ${code}`)
        await same(heard, said)
        await within(closing)
        await failed(client.read())
        await failed(client.write(Uint8Array.of(1)))
        await within(settled(server.close()))
      },
    ),
    law('both sides may close at the same moment', async pair => {
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      await within(Promise.all([client.write(Uint8Array.of(1)), server.read()]))
      // Nothing is said for a while, so that both begin with the same step.
      await quiet(() => client.buffered.writing + server.buffered.writing)
      await within(Promise.all([client.close(), server.close()]))
    }),
    law('TLS over it holds no more than its bounds while nobody reads', async pair => {
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      pair.stall?.()
      let taken = 0
      const most = 4 * (pair.bound + 4 * 65_536)
      const writing = async () => {
        for (; taken < most; taken += 8192) await client.write(new Uint8Array(8192))
      }
      const all = settled(writing())
      await quiet(() => taken)
      const bound = pair.bound + 65_536 * 3 + 16_384 * 4
      expect(taken <= bound, `at most ${bound} bytes to be accepted, got ${taken}`)
      expect(
        client.buffered.writing <= 65_536 * 2,
        `a writer to hold two buffers at most, got ${client.buffered.writing} bytes`,
      )
      expect(
        server.buffered.reading <= 65_536 + 16_384 * 2,
        `a reader to hold a buffer and two records at most, got ${server.buffered.reading} bytes`,
      )
      client.abort()
      server.abort()
      await within(all)
    }),
    law('what breaks below reaches reader and writer, with its cause', async pair => {
      if (!pair.cut) return
      const { client, server } = ends(pair)
      await within(Promise.all([client.opened, server.opened]))
      const waiting = [client.read(), server.read(), client.closed, server.closed]
      const cut = new Error('cut')
      pair.cut(cut)
      for (const each of waiting) {
        const error = (await within(reason(each))) as { code?: unknown; cause?: unknown }
        expect(error.code === 'ERR_CARRIER_BROKEN', `a broken carrier, got ${error}`)
        expect(error.cause === cut, `its cause, got ${error.cause}`)
      }
      await failed(client.write(Uint8Array.of(1)))
      await failed(server.write(Uint8Array.of(1)))
    }),
  ]
}

function over(
  timers: Timers,
  role: 'client',
  carrier: ByteCarrier,
  options: ClientOptions,
): SslStream
function over(
  timers: Timers,
  role: 'server',
  carrier: ByteCarrier,
  options: ServerOptions,
): SslStream
function over(
  timers: Timers,
  role: 'client' | 'server',
  carrier: ByteCarrier,
  options: object,
): SslStream {
  const { ssl, stream } = sslFor(role as 'client', options)
  return new SslStream(ssl, () => carrier, stream, timers)
}
