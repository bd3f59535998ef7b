/** Two TLS sockets over a pair of streams, or over TCP; and what tests wait for. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectNet, createServer, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type TlsCarrier,
  type TlsClientOptions,
  type TlsServerOptions,
  TlsSocket,
} from '@biopair/node/tls'
import type { ExecutionContext } from 'ava'
import { chainFor } from '../../../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')

/** Whom to believe, and fast. */
export const believes = {
  ca: root.pem,
  servername: 'server.example',
  groups: 'x25519',
  crypto: nodeCrypto,
} as const satisfies TlsClientOptions

export const identity = { cert: pem, key: keyPem } as const

export interface Ends {
  readonly client: TlsSocket
  readonly server: TlsSocket
}

/** Both over streams that are there; destroyed with the test. */
export function over(
  t: ExecutionContext,
  [near, far]: readonly [TlsCarrier, TlsCarrier],
  more: { readonly client?: TlsClientOptions; readonly server?: TlsServerOptions } = {},
): Ends {
  const client = new TlsSocket(near, { ...believes, ...more.client })
  const server = new TlsSocket(far, { ...identity, ...more.server, isServer: true })
  for (const end of [client, server]) {
    t.teardown(() => end.destroy())
  }
  return { client, server }
}

/** Both secure. */
export async function secured(ends: Ends): Promise<Ends> {
  await Promise.all([once(ends.client, 'secureConnect'), once(ends.server, 'secure')])
  return ends
}

/** Two sockets on loopback, or on a Unix socket. */
export async function sockets(
  t: ExecutionContext,
  path?: string,
): Promise<readonly [Socket, Socket]> {
  const listener = createServer({ allowHalfOpen: true })
  if (path === undefined) listener.listen(0, '127.0.0.1')
  else listener.listen(path)
  await once(listener, 'listening')
  const near =
    path === undefined ? connectNet((listener.address() as AddressInfo).port) : connectNet(path)
  const [[far]] = (await Promise.all([once(listener, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ]
  listener.close()
  t.teardown(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far]
}

export function pairOfStreams(): readonly [Duplex, Duplex] {
  const [near, far] = duplexPair()
  return [near as Duplex, far as Duplex]
}

/** All that a stream gives, to its end; it stays open for writing, which `for await` does not leave. */
export async function text(stream: Duplex): Promise<string> {
  const parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  await once(stream, 'end')
  return Buffer.concat(parts).toString('latin1')
}

/** The error that a stream emits. */
export async function failure(stream: Duplex): Promise<Error & { code?: string }> {
  const [error] = (await once(stream, 'error', { signal: AbortSignal.timeout(60_000) }).catch(
    (why: unknown) => [why],
  )) as [Error]
  return error
}

/** Keeps the process alive for a test in which nothing but a deadline of ours would: those keep none. */
export function awake(t: ExecutionContext): void {
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
}
