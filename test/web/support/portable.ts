/** A program for every runtime: a client and a server over a MessageChannel, with nothing but what the web has. Runs unchanged in Node, Deno, Bun and a bare context. */
import type * as Web from '@biopair/web'

export interface Material {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** What each runtime has to come to. */
export interface Talk {
  readonly cipher: string
  readonly alpn: string | undefined
  readonly authorized: boolean
  /** Bytes that the server read, and the sum of their values. */
  readonly read: number
  readonly sum: number
  readonly answer: string
  readonly refused: string
  readonly ends: readonly string[]
}

export async function talk(
  { accept, connect }: Pick<typeof Web, 'accept' | 'connect'>,
  { ca, cert, key }: Material,
): Promise<Talk> {
  const { port1, port2 } = new MessageChannel()
  const client = connect(port1, { ca, servername: 'server.example', ALPNProtocols: ['echo'] })
  const server = accept(port2, { cert, key, ALPNProtocols: ['echo'] })
  const { cipher, alpn, authorized } = await client.opened
  const asking = (async () => {
    const writer = client.writable.getWriter()
    for (let i = 0; i < 20; i++) await writer.write(new Uint8Array(10_000).fill(i))
    await writer.close()
  })()
  let [read, sum] = [0, 0]
  const reader = server.readable.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    read += value.length
    for (const byte of value) sum += byte
  }
  await asking
  const writer = server.writable.getWriter()
  await writer.write(new TextEncoder().encode('answer'))
  await writer.close()
  const { value } = await client.readable.getReader().read()
  const answer = new TextDecoder().decode(value)
  const ends = await Promise.allSettled([client.close(), server.closed])
  let refused = ''
  try {
    connect(new MessageChannel().port1, { servername: 'server.example' })
  } catch (error) {
    refused = (error as { code: string }).code
  }
  return { cipher, alpn, authorized, read, sum, answer, refused, ends: ends.map(end => end.status) }
}
