/** What the tests of TLS 1.2's resumption share: the two ways, what a server of ours keeps, and a visit of our client. */
import { type ContextOptions, MemorySessionCache, type Session } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { filesFor } from './files.ts'
import { connectOnce, connectTo, type Ours } from './ours.ts'

/** How a session of TLS 1.2 is named: by the server's id, or by a ticket. */
export type Way = 'id' | 'ticket'
export const ways: readonly Way[] = ['id', 'ticket']

/** Our ends speak either version: the peer decides. */
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
export const text = 'there and back\n'

const { pem, keyPem, root } = filesFor('p256')

/** A server of ours that remembers its sessions in one way alone. */
export function serverOptions(way: Way): ContextOptions {
  const keeping =
    way === 'id'
      ? { sessionCache: new MemorySessionCache() }
      : { ticketKeys: new Uint8Array(48).fill(3) }
  return { cert: pem, key: keyPem, ...either, ...keeping }
}

/** Sends a line to a peer that echoes it; answers our end of the connection, closed. */
export async function visit(
  t: ExecutionContext,
  port: number,
  options: ContextOptions,
  session?: Session,
): Promise<Ours['ssl']> {
  const all = { ca: root.pem, cert: pem, key: keyPem, ...either, ...options }
  // A server that does not say when it listens is there after the first visit.
  const client = session
    ? await connectTo(t, port, all, undefined, session)
    : await connectOnce(t, port, all)
  await client.shake()
  await client.write(text)
  t.is(await client.line(), text)
  t.is((await client.goodbye()).status, 'closed')
  return client.ssl
}

/** Visits twice, the second time with what the first left: it is resumed, as the way says, and its server is believed. Answers the suite. */
export async function visitTwice(
  t: ExecutionContext,
  port: number,
  way: Way,
  options: ContextOptions = {},
): Promise<string | undefined> {
  const first = await visit(t, port, options)
  t.false(first.resumed)
  const { session } = first
  t.truthy(session?.tls12)
  t.is((session?.ticket.length ?? 0) > 0, way === 'ticket')
  const second = await visit(t, port, options, session)
  t.is(second.version, 'TLSv1.2')
  t.true(second.resumed && second.authorized)
  t.is(second.cipher?.name, first.cipher?.name)
  return second.cipher?.name
}

/** A peer comes back to our server: its connections are resumed as expected, and each is served once it has shaken hands. */
export async function acceptTwice(
  t: ExecutionContext,
  accepted: () => Promise<Ours>,
  serve: (server: Ours, again: boolean) => Promise<void>,
  expected: readonly [boolean, boolean] = [false, true],
): Promise<void> {
  for (const [index, resumed] of expected.entries()) {
    const server = await (await accepted()).shake()
    t.is(server.ssl.version, 'TLSv1.2')
    t.is(server.ssl.resumed, resumed)
    await serve(server, index > 0)
  }
}
