/** Section 6: the loop that a program runs per endpoint, between its network half and a transport that is slow and takes little. */
import {
  type BIO,
  BIO_ctrl_get_read_request,
  BIO_ctrl_get_write_guarantee,
  BIO_ctrl_pending,
  BIO_nread,
  BIO_nwrite,
  BIO_nwrite0,
  BIO_read,
  BIO_shutdown_wr,
  BIO_write,
  ERR_get_error_all,
  type SSL,
  SSL_do_handshake,
  SSL_ERROR_NONE,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_free,
  SSL_get_error,
  SSL_is_init_finished,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_key_update,
  SSL_read,
  SSL_shutdown,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { counted, ringSizes, shakeWired, versions, wiredEnds } from './support/tls.ts'

/** A transport in one direction: holds so much, gives so much at a time. */
class Pipe {
  readonly #bytes: number[] = []
  readonly #room: number
  readonly #step: number
  ended = false
  constructor(room: number, step: number) {
    this.#room = room
    this.#step = step
  }
  get free(): number {
    return Math.min(this.#step, this.#room - this.#bytes.length)
  }
  get ready(): number {
    return Math.min(this.#step, this.#bytes.length)
  }
  put(bytes: Uint8Array): void {
    this.#bytes.push(...bytes)
  }
  take(count: number): Uint8Array {
    return Uint8Array.from(this.#bytes.splice(0, count))
  }
}

/** One endpoint: what it still has to do, and what it has heard. */
interface Endpoint {
  readonly ssl: SSL
  readonly network: BIO
  readonly out: Pipe
  readonly inward: Pipe
  readonly say: Uint8Array
  readonly heard: number[]
  shaken: boolean
  said: boolean
  closed: boolean
  shut: boolean
}

/** Steps 1 to 5 of the loop; how many bytes moved, and whether a call changed something. */
function round(end: Endpoint): number {
  let moved = 0
  const drain = () => {
    while (BIO_ctrl_pending(end.network) > 0 && end.out.free > 0) {
      const [count, run] = BIO_nread(end.network, end.out.free)
      end.out.put(run.slice(0, count))
      moved += count
    }
    if (end.shut && BIO_ctrl_pending(end.network) === 0) end.out.ended = true
  }
  const fill = () => {
    // The read request is a hint: what there is room for is what counts.
    const hint = BIO_ctrl_get_read_request(end.network)
    if (hint > BIO_ctrl_get_write_guarantee(end.network))
      throw new Error('more than there is room for')
    let room = BIO_ctrl_get_write_guarantee(end.network)
    while (room > 0 && end.inward.ready > 0) {
      const [run] = BIO_nwrite0(end.network)
      const bytes = end.inward.take(Math.min(run, end.inward.ready))
      const [, into] = BIO_nwrite(end.network, bytes.length)
      into.set(bytes)
      moved += bytes.length
      room -= bytes.length
    }
    if (end.inward.ended && end.inward.ready === 0) BIO_shutdown_wr(end.network)
  }
  const did = (ret: number) => {
    drain()
    fill()
    const error = SSL_get_error(end.ssl, ret)
    if (ret > 0) moved++
    else if (
      ![SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_ZERO_RETURN, SSL_ERROR_NONE].includes(
        error,
      )
    )
      throw new Error(ERR_get_error_all(end.ssl)?.reason)
    return ret
  }
  if (!end.shaken) end.shaken = did(SSL_do_handshake(end.ssl)) === 1
  if (end.shaken && !end.said) end.said = did(SSL_write(end.ssl, end.say)) === end.say.length
  const buffer = new Uint8Array(1000)
  while (!end.closed) {
    const ret = did(SSL_read(end.ssl, buffer))
    if (ret > 0) end.heard.push(...buffer.subarray(0, ret))
    else {
      end.closed = SSL_get_error(end.ssl, ret) === SSL_ERROR_ZERO_RETURN
      break
    }
  }
  if (end.said && !end.shut) {
    const ret = SSL_shutdown(end.ssl)
    end.shut = ret >= 0
    drain()
    fill()
  }
  drain()
  fill()
  return moved
}

for (const version of versions) {
  test(`6: the loop brings handshake, data both ways and both goodbyes to their end, whatever ring and transport (${version.name})`, t => {
    const size = fc.constantFrom(...ringSizes)
    const room = fc.constantFrom(1, 7, 100, 5000)
    const step = fc.constantFrom(1, 3, 64, 5000)
    fc.assert(
      fc.property(size, room, step, fc.nat(3000), fc.nat(3000), (ring, capacity, most, a, b) => {
        const ends = wiredEnds(ring, version)
        const [there, back] = [new Pipe(capacity, most), new Pipe(capacity, most)]
        const endpoint = (ssl: SSL, network: BIO, out: Pipe, inward: Pipe, length: number) => ({
          ssl,
          network,
          out,
          inward,
          say: counted(length + 1),
          heard: [],
          shaken: false,
          said: false,
          closed: false,
          shut: false,
        })
        const both: Endpoint[] = [
          endpoint(ends.client, ends.clientWire, there, back, a),
          endpoint(ends.server, ends.serverWire, back, there, b),
        ]
        let idle = 0
        // Stuck is: two rounds in which nothing moved.
        while (idle < 2) {
          let moved = 0
          for (const end of both) moved += round(end)
          idle = moved === 0 ? idle + 1 : 0
        }
        const [client, server] = both as [Endpoint, Endpoint]
        return (
          both.every(end => end.shaken && end.said && end.closed && end.shut) &&
          same(client.heard, server.say) &&
          same(server.heard, client.say)
        )
      }),
      { numRuns: 25 },
    )
    t.pass()
  })

  for (const size of ringSizes)
    test(`6: after a failure one more drain brings the alert out, before all is freed (${version.name}, rings of ${size})`, t => {
      const ends = wiredEnds(size, version)
      SSL_do_handshake(ends.server)
      const garbage = Uint8Array.of(22, 3, 3, 0, 4, 99, 0, 0, 0)
      for (let at = 0; at < garbage.length; at += size) {
        BIO_write(ends.serverWire, garbage.subarray(at, at + size))
        SSL_do_handshake(ends.server)
      }
      const alert: number[] = []
      const one = new Uint8Array(100)
      for (let i = 0; i < 20; i++) {
        const count = BIO_read(ends.serverWire, one)
        if (count > 0) alert.push(...one.subarray(0, count))
        t.is(SSL_do_handshake(ends.server), -1)
      }
      t.deepEqual(alert, [21, 3, 3, 0, 2, 2, 10])
      SSL_free(ends.server)
    })

  if (version.name === 'TLSv1.3')
    test(`6: SSL_read has something to say where the peer asked for new keys: drain after reads (${version.name})`, t => {
      const ends = wiredEnds(17_408, version)
      shakeWired(ends)
      SSL_read(ends.client, new Uint8Array(1))
      t.is(SSL_is_init_finished(ends.client), 1)
      SSL_key_update(ends.client, SSL_KEY_UPDATE_REQUESTED)
      SSL_do_handshake(ends.client)
      const update = new Uint8Array(100)
      const length = BIO_read(ends.clientWire, update)
      BIO_write(ends.serverWire, update, length)
      t.is(BIO_ctrl_pending(ends.serverWire), 0)
      t.is(SSL_read(ends.server, new Uint8Array(1)), -1)
      t.is(SSL_get_error(ends.server, -1), SSL_ERROR_WANT_READ)
      t.true(BIO_ctrl_pending(ends.serverWire) > 0)
    })
}

function same(heard: readonly number[], said: Uint8Array): boolean {
  return heard.length === said.length && said.every((byte, i) => byte === heard[i])
}
