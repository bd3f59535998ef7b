/** Handshakes inside the packets of other protocols. */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Framing, TlsSocket } from '@biopair/node/tls'
import test from 'ava'
import fc from 'fast-check'
import { believes, failure, identity, pairOfStreams, text } from './support/ends.ts'

const prelogin = 0x12

/** MS-TDS 2.2.3: type, status, length with the header, and four bytes more. The handshake is in PRELOGIN packets, at most 4096 bytes long. */
const tds: Framing = {
  encode(bytes) {
    const packets: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 4088) {
      const payload = bytes.subarray(at, at + 4088)
      const last = at + 4088 >= bytes.length ? 1 : 0
      const header = Buffer.from([prelogin, last, 0, 0, 0, 0, packets.length & 0xff, 0])
      header.writeUInt16BE(payload.length + 8, 2)
      packets.push(Buffer.concat([header, payload]))
    }
    return packets
  },
  decode(bytes) {
    const [type] = bytes
    if (type === 20 || type === 21 || type === 23) return 'raw'
    if (type !== prelogin) throw new Error(`no packet of TDS: type ${type}`)
    if (bytes.length < 8) return undefined
    const length = Buffer.from(bytes).readUInt16BE(2)
    return bytes.length < length ? undefined : { payload: bytes.subarray(8, length), length }
  },
  maxPacket: 4096,
}

/** EAP-TLS fragments (RFC 5216 §3.1, the data of EAP alone): flags L and M, a length in the first, 100 bytes each. */
const eap: Framing = {
  encode(bytes) {
    const packets: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 100) {
      const more = at + 100 < bytes.length
      const first = at === 0
      const head = Buffer.alloc(first ? 7 : 3)
      const data = bytes.subarray(at, at + 100)
      head.writeUInt16BE(head.length + data.length)
      head[2] = (first ? 0x80 : 0) | (more ? 0x40 : 0)
      if (first) head.writeUInt32BE(bytes.length, 3)
      packets.push(Buffer.concat([head, data]))
    }
    return packets
  },
  decode(bytes) {
    if (bytes[0] === 23 || bytes[0] === 21) return 'raw'
    if (bytes.length < 3) return undefined
    const length = Buffer.from(bytes).readUInt16BE(0)
    if (bytes.length < length) return undefined
    return { payload: bytes.subarray((bytes[2] as number) & 0x80 ? 7 : 3, length), length }
  },
}

/** Bytes that went through, cut anew at random. */
function watched(stream: Duplex): { bytes: Buffer[] } {
  const seen = { bytes: [] as Buffer[] }
  const write = stream.write.bind(stream) as (chunk: Buffer) => boolean
  stream.write = ((chunk: Buffer) => {
    seen.bytes.push(Buffer.from(chunk))
    return write(chunk)
  }) as typeof stream.write
  return seen
}

for (const [name, framing, wraps] of [
  ['#9: TDS PRELOGIN packets', tds, (first: number) => first === prelogin],
  ['EAP-TLS fragments', eap, (first: number) => first === 0],
] as const)
  test(`${name} hold the handshake, and nothing else: data goes in bare records, both ways`, async t => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.integer({ min: 1, max: 40_000 }), async (early, size) => {
        const [near, far] = pairOfStreams()
        const sent = [watched(near), watched(far)]
        const client = new TlsSocket(near, { ...believes, framing })
        const server = new TlsSocket(far, {
          ...{ ...identity, framing, isServer: true, numTickets: 0 },
        })
        const words = 'x'.repeat(size)
        const heard = text(server)
        if (early) client.write(words)
        await Promise.all([once(client, 'secureConnect'), once(server, 'secure')])
        if (!early) client.write(words)
        client.end()
        server.end('answer')
        t.is(await text(client), 'answer')
        t.is(await heard, words)
        for (const { bytes } of sent) {
          const kinds = bytes.map(packet => wraps(packet[0] as number))
          const bare = kinds.indexOf(false)
          t.true(bare > 0)
          t.true(kinds.slice(bare).every(kind => !kind))
          t.true(bytes.slice(bare).every(record => record[0] === 23))
        }
      }),
      { numRuns: 20 },
    )
  })

test('a framing that goes wrong ends the connection: a packet that is none, one that is too long, one that never ends', async t => {
  const wrong: readonly [string, Buffer, RegExp][] = [
    ['none', Buffer.from('HTTP/1.1 400'), /no packet of TDS/],
    [
      'too long',
      Buffer.concat([Buffer.from([prelogin, 1, 0xff, 0xff]), Buffer.alloc(5000)]),
      /more than 4096/,
    ],
  ]
  for (const [what, bytes, message] of wrong) {
    const [near, far] = pairOfStreams()
    const client = new TlsSocket(near, { ...believes, framing: tds })
    far.write(bytes)
    t.regex((await failure(client)).message, message, what)
  }
  const [near, far] = pairOfStreams()
  const client = new TlsSocket(near, { ...believes, framing: tds })
  far.end(Buffer.from([prelogin, 1, 0, 100]))
  t.is((await failure(client)).code, 'ERR_FRAMING')
})
