/** Connections through the C names: contexts with a minted chain, ends over pairs, and the versions that they are tried with. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type BIO,
  BIO_new_bio_pair,
  BIO_nread,
  BIO_nread0,
  BIO_nwrite,
  BIO_nwrite0,
  BIO_write,
  type SSL,
  SSL_accept,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_max_proto_version,
  SSL_CTX_set_min_proto_version,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_get_error,
  SSL_get_wbio,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set_tlsext_host_name,
  SSL_set1_host,
  type Surroundings,
  TLS_client_method,
  TLS_server_method,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from '@biopair/ssl/openssl'
import { chainFor } from '../../support/mint.ts'

/** Every test of a connection runs for each of these; TLS 1.2 joins with a line. */
export const versions = [
  { name: 'TLSv1.3', number: TLS1_3_VERSION },
  { name: 'TLSv1.2', number: TLS1_2_VERSION },
] as const
export type Version = (typeof versions)[number]
/** What TLS 1.2 has not, or has otherwise: whoever asks says why. */
export const only13 = ({ name }: Version): boolean => name === 'TLSv1.3'
/** What a test expects of each version. */
export const each = <T>({ name }: Version, expected: Readonly<Record<Version['name'], T>>): T =>
  expected[name]

/** The sizes of the seeds. */
export const ringSizes = [1, 5, 6, 100, 256, 17408] as const

const surroundings: Surroundings = { crypto: nodeCrypto }

/** Holds a context to one version. */
export function heldTo(version: Version, ctx: SSL_CTX): SSL_CTX {
  must(SSL_CTX_set_min_proto_version(ctx, version.number))
  must(SSL_CTX_set_max_proto_version(ctx, version.number))
  return ctx
}

export function clientContext(version: Version = versions[0], more: Surroundings = {}): SSL_CTX {
  const ctx = heldTo(version, SSL_CTX_new(TLS_client_method(), { ...surroundings, ...more }))
  must(SSL_CTX_load_verify(ctx, chainFor('p256').root.pem))
  return ctx
}

export function serverContext(version: Version = versions[0], more: Surroundings = {}): SSL_CTX {
  const { pem, keyPem } = chainFor('p256')
  const ctx = heldTo(version, SSL_CTX_new(TLS_server_method(), { ...surroundings, ...more }))
  must(SSL_CTX_use_certificate_chain(ctx, pem))
  must(SSL_CTX_use_PrivateKey(ctx, keyPem))
  return ctx
}

/** Two ends. `wire` is the client's network half where there is a wire between two pairs. */
export interface Ends {
  readonly client: SSL
  readonly server: SSL
}

/** Two ends over one pair with rings of this size. */
export function endsOver(
  size: number,
  version: Version = versions[0],
  contexts: { readonly client?: SSL_CTX; readonly server?: SSL_CTX } = {},
): Ends {
  const [near, far] = BIO_new_bio_pair(size, size)
  const client = SSL_new(contexts.client ?? clientContext(version))
  const server = SSL_new(contexts.server ?? serverContext(version))
  SSL_set_bio(client, near, near)
  SSL_set_bio(server, far, far)
  must(SSL_set1_host(client, 'server.example'))
  must(SSL_set_tlsext_host_name(client, 'server.example'))
  SSL_set_connect_state(client)
  SSL_set_accept_state(server)
  return { client, server }
}

/** Shakes hands; throws where it does not come to its end. */
export function shake({ client, server }: Ends): void {
  let [c, s] = [0, 0]
  for (let round = 0; round < 20_000 && !(c === 1 && s === 1); round++) {
    c = step(client, SSL_connect)
    s = step(server, SSL_accept)
  }
  if (!(c === 1 && s === 1)) throw new Error(`the handshake did not end: ${c}, ${s}`)
}

/** Two ends that have shaken hands, the server's tickets read. */
export function connected(size = 17408, version: Version = versions[0], contexts = {}): Ends {
  const ends = endsOver(size, version, contexts)
  shake(ends)
  return ends
}

/** One end with its network half: what goes out and comes in can be seen, kept and spoilt. */
export interface WiredEnds extends Ends {
  readonly clientWire: BIO
  readonly serverWire: BIO
}

/** Two ends, each over a pair of its own. */
export function wiredEnds(
  size = 17408,
  version: Version = versions[0],
  contexts: { readonly client?: SSL_CTX; readonly server?: SSL_CTX } = {},
): WiredEnds {
  const [near, clientWire] = BIO_new_bio_pair(size, size)
  const [far, serverWire] = BIO_new_bio_pair(size, size)
  const ends = endsOver(size, version, contexts)
  SSL_set_bio(ends.client, near, near)
  SSL_set_bio(ends.server, far, far)
  return { ...ends, clientWire, serverWire }
}

/** Shakes hands over two pairs. */
export function shakeWired(ends: WiredEnds): void {
  let [c, s] = [0, 0]
  for (let round = 0; round < 20_000; round++) {
    c = step(ends.client, SSL_connect)
    s = step(ends.server, SSL_accept)
    const moved = relay(ends.clientWire, ends.serverWire) + relay(ends.serverWire, ends.clientWire)
    if (c === 1 && s === 1 && moved === 0) return
  }
  throw new Error(`the handshake did not end: ${c}, ${s}`)
}

/** Moves what there is from one network half to another, in the storage that they lend; answers how much. */
export function relay(from: BIO, to: BIO): number {
  let moved = 0
  for (;;) {
    const [room] = BIO_nwrite0(to)
    const [there] = BIO_nread0(from)
    if (room <= 0 || there <= 0) return moved
    const [count, run] = BIO_nread(from, Math.min(room, there))
    const [, into] = BIO_nwrite(to, count)
    into.set(run)
    moved += count
  }
}

/** Everything that can be read from a network half. */
export function drained(wire: BIO): Uint8Array {
  const parts: number[] = []
  for (
    let [count, run] = BIO_nread(wire, 1 << 20);
    count > 0;
    [count, run] = BIO_nread(wire, 1 << 20)
  )
    parts.push(...run)
  return Uint8Array.from(parts)
}

/** The BIO that the other side of `ssl`'s wbio reads: writes there are what the network says. */
export function inject(wire: BIO, bytes: Uint8Array): void {
  if (BIO_write(wire, bytes) !== bytes.length) throw new Error('the ring is too small for the test')
}

export function wbio(ssl: SSL): BIO {
  return SSL_get_wbio(ssl) as BIO
}

/** Bytes that count up, so that a lost, doubled or moved one shows. */
export function counted(length: number, from = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => ((from + i) * 31 + ((from + i) >> 8)) & 0xff)
}

export function must(result: number): void {
  if (result !== 1) throw new Error(`expected 1, got ${result}`)
}

function step(ssl: SSL, call: (ssl: SSL) => number): number {
  const ret = call(ssl)
  if (ret === 1) return 1
  const error = SSL_get_error(ssl, ret)
  if (error !== SSL_ERROR_WANT_READ && error !== SSL_ERROR_WANT_WRITE)
    throw new Error(`expected a handshake that waits, got ${ret} with error ${error}`)
  return ret
}
