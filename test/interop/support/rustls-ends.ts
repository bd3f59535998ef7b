/** rustls as the one end and ours as the other, what both agree on, and what they say. */
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { filesFor } from './files.ts'
import { connectTo, listen, type Ours } from './ours.ts'
import { type Facts, RustlsPeer, type Words } from './rustls.ts'

/** The certificates of both ends, unless a test has others. */
export const mine = filesFor('p256')
/** Our own. */
export const identity = { cert: mine.pem, key: mine.keyPem }
/** Those of rustls. */
export const theirs: Words = { cert: mine.certFile, key: mine.keyFile }
/** What it believes. */
export const roots: Words = { ca: mine.caFile }

/** Our client with a server of rustls. */
export async function toRustls(
  t: ExecutionContext,
  words: Words,
  options: ContextOptions = {},
): Promise<{ client: Ours; server: RustlsPeer }> {
  const server = new RustlsPeer(t, 'server', { ...theirs, ...words })
  const client = await connectTo(t, await server.port(), { ca: mine.root.pem, ...options })
  return { client, server }
}

/** A client of rustls with our server. */
export async function fromRustls(
  t: ExecutionContext,
  words: Words,
  options: ContextOptions = {},
): Promise<{ client: RustlsPeer; server: Ours }> {
  const { port, accepted } = await listen(t, { ...identity, ...options })
  const client = new RustlsPeer(t, 'client', { ...roots, ports: port, ...words })
  return { client, server: await accepted }
}

/** Both ends say the same. */
export function agree(t: ExecutionContext, { ssl }: Ours, facts: Facts): void {
  const ours = ssl.exportKeyingMaterial(32, 'EXPORTER-interop', Buffer.from('both'))
  t.deepEqual(
    [facts.suite, facts.group.toLowerCase(), facts.alpn, facts.exporter],
    [
      ssl.cipher?.name.replace('TLS_', 'TLS13_') ?? '',
      ssl.group?.toLowerCase() ?? '',
      ssl.alpnProtocol ?? '',
      hex(ours),
    ],
  )
  // Of a session that is resumed it does not say whether there was a HelloRetryRequest.
  t.is(facts.kind === 'Resumed', ssl.resumed)
  t.is(facts.kind === 'FullWithHelloRetryRequest', ssl.retried && !ssl.resumed)
}

/** A line there and back, and both ends say close_notify. */
export async function chat(t: ExecutionContext, client: Ours): Promise<void> {
  await client.write('there and back\n')
  t.is(await client.line(), 'there and back\n')
  t.is((await client.goodbye()).status, 'closed')
}

/** Answers lines until the end of the other side. */
export async function echo(t: ExecutionContext, server: Ours, lines: number): Promise<void> {
  for (; lines > 0; lines--) await server.write(await server.line())
  t.is((await server.ending()).status, 'closed')
  await server.goodbye()
}

/** Bytes as it prints them. */
export const hex = (bytes: Uint8Array | undefined): string =>
  Buffer.from(bytes ?? []).toString('hex')

/** A value that is there. */
export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is none')
  return value
}
