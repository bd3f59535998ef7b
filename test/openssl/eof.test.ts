/** Row S6: the carrier ends at every byte of a recorded session; that is a clean end behind close_notify, and nowhere else. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  BIO_new_bio_pair,
  BIO_shutdown_wr,
  BIO_write,
  ERR_get_error_all,
  type SSL,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set1_groups_list,
  SSL_do_handshake,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_get_error,
  SSL_get_shutdown,
  SSL_new,
  SSL_RECEIVED_SHUTDOWN,
  SSL_read,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  SSL_shutdown,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { memoCrypto } from '../support/memo-crypto.ts'
import { RewindableRandom } from '../support/rewindable-random.ts'
import {
  clientContext,
  counted,
  drained,
  ringSizes,
  serverContext,
  type Version,
  versions,
} from './support/tls.ts'

const data = counted(30)

/** Two ends that can be made again and again, and are the same each time. */
function session(version: Version) {
  const surroundings = (seed: string) => {
    const random = new RewindableRandom(seed)
    return {
      random,
      given: {
        crypto: memoCrypto(nodeCrypto, random),
        random: random.draw,
        now: () => Date.UTC(2026, 0),
        ticketKeys: new Uint8Array(48),
      },
    }
  }
  const ours = { client: surroundings('client'), server: surroundings('server') }
  const contexts = {
    client: clientContext(version, ours.client.given),
    server: serverContext(version, ours.server.given),
  }
  SSL_CTX_set1_groups_list(contexts.client, 'X25519')
  SSL_CTX_set_num_tickets(contexts.server, 1)
  /** An end over rings: what it writes has room for all, what it reads comes in pieces of `size`. */
  const make = (role: 'client' | 'server', size: number) => {
    ours[role].random.rewind()
    const ssl = SSL_new(contexts[role])
    const [near, wire] = BIO_new_bio_pair(17_408, size)
    SSL_set_bio(ssl, near, near)
    if (role === 'server') SSL_set_accept_state(ssl)
    else {
      SSL_set_connect_state(ssl)
      SSL_set1_host(ssl, 'server.example')
    }
    return { ssl, wire }
  }
  const said: Record<'client' | 'server', number[]> = { client: [], server: [] }
  const ends = { client: make('client', 17_408), server: make('server', 17_408) }
  const carry = (from: 'client' | 'server', to: 'client' | 'server') => {
    const bytes = drained(ends[from].wire)
    said[from].push(...bytes)
    BIO_write(ends[to].wire, bytes)
  }
  for (let i = 0; i < 3; i++)
    for (const [from, to] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      SSL_do_handshake(ends[from].ssl)
      carry(from, to)
    }
  for (const [from, to] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    SSL_write(ends[from].ssl, data)
    SSL_shutdown(ends[from].ssl)
    carry(from, to)
  }
  return {
    make,
    said: { client: Uint8Array.from(said.client), server: Uint8Array.from(said.server) },
  }
}

/** Reads until it ends; what was read, the last result, and what SSL_get_error says of it. */
function heard(ssl: SSL, feed: () => boolean): { got: number[]; ret: number; error: number } {
  const got: number[] = []
  const buffer = new Uint8Array(100)
  for (;;) {
    const ret = SSL_read(ssl, buffer)
    if (ret > 0) {
      got.push(...buffer.subarray(0, ret))
      continue
    }
    const error = SSL_get_error(ssl, ret)
    const waits = error === SSL_ERROR_WANT_READ || error === SSL_ERROR_WANT_WRITE
    if (!waits) return { got, ret, error }
    if (!feed()) throw new Error('it waits behind the end')
  }
}

/** Where records end, and the bytes around. */
function edges(bytes: Uint8Array): Set<number> {
  const found = new Set<number>()
  for (let at = 0; at < bytes.length; ) {
    const next = at + 5 + (((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number))
    for (const offset of [at, at + 1, at + 4, at + 5, at + 6, next - 1, next]) found.add(offset)
    at = next
  }
  return found
}

for (const version of versions) {
  const { make, said } = session(version)
  for (const [role, peer] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const)
    for (const size of ringSizes) {
      const bytes = said[peer]
      // Every byte where it costs little; else every edge of a record, and some between.
      const all = Array.from({ length: bytes.length + 1 }, (_, offset) => offset)
      const near = edges(bytes)
      const offsets =
        size >= 100 ? all : all.filter(offset => near.has(offset) || offset % 97 === 0)
      test(`S6: for a ${role} the end is clean behind close_notify alone, at ${offsets.length} of ${all.length} offsets (${version.name}, rings of ${size})`, t => {
        let clean = 0
        for (const offset of offsets) {
          const { ssl, wire } = make(role, size)
          let at = 0
          let shut = false
          const feed = () => {
            if (shut) return false
            at += Math.max(BIO_write(wire, bytes.subarray(at, Math.min(at + size, offset))), 0)
            if (at === offset) {
              BIO_shutdown_wr(wire)
              shut = true
            }
            return true
          }
          const { got, ret, error } = heard(ssl, feed)
          const whole = offset === bytes.length
          if (whole) clean++
          const cut = `${offset} of ${bytes.length}`
          if (error !== (whole ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_SSL)) t.fail(`${cut}: ${error}`)
          if (ret !== (whole ? 0 : -1)) t.fail(`${cut}: ${ret}`)
          const why = ERR_get_error_all(ssl)?.reason
          if (!whole && why !== 'UNEXPECTED_EOF_WHILE_READING') t.fail(`${cut}: ${why}`)
          if (SSL_get_shutdown(ssl) !== (whole ? SSL_RECEIVED_SHUTDOWN : 0)) t.fail(cut)
          // All of a record, or nothing of it.
          if (got.length !== 0 && got.length !== data.length) t.fail(`${cut}: ${got.length} bytes`)
          if (whole) t.deepEqual(Uint8Array.from(got), data)
        }
        t.is(clean, 1)
      })
    }
}
