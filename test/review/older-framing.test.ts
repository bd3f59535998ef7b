/** A framed connection that is given up while its last packet waits, or that ends at once. */
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type Framing, TlsSocket } from '@biopair/node/tls'
import test from 'ava'
import { believes, identity, pairOfStreams } from '../node/tls/support/ends.ts'

/** Two bytes of length; what is not of a packet is marked. */
const framing: Framing = {
  encode: bytes => {
    const packet = Buffer.alloc(bytes.length + 3, 99)
    packet.writeUInt16BE(bytes.length, 1)
    packet.set(bytes, 3)
    return packet
  },
  decode: bytes => {
    if (bytes[0] !== 99) return 'raw'
    const length = bytes.length < 3 ? 65_536 : 3 + Buffer.from(bytes).readUInt16BE(1)
    return bytes.length < length ? undefined : { payload: bytes.subarray(3, length), length }
  },
}

/** The stream below, of which only the first write is ever taken. */
function stuck(below: Duplex): Duplex {
  let writes = 0
  const made: Duplex = new Duplex({
    highWaterMark: 1,
    read: () => {},
    write: (chunk, _encoding, done) => {
      if (++writes === 1) below.write(chunk, () => done())
    },
  })
  below.on('data', chunk => made.push(chunk)).on('end', () => made.push(null))
  return made
}

const immediates = () =>
  process.getActiveResourcesInfo().filter(name => name === 'Immediate').length

test.serial(
  'whoever destroys a framed connection whose last packet is not taken leaves nothing running',
  async t => {
    const [near, far] = pairOfStreams()
    const server = new TlsSocket(far, { ...identity, framing, isServer: true }).on(
      'error',
      () => {},
    )
    const client = new TlsSocket(stuck(near), { ...believes, framing }).on('error', () => {})
    await once(client, 'secureConnect')
    client.write('waits for the last packet')
    await pause(20)
    client.destroy()
    await once(client, 'close')
    server.destroy()
    let busy = 0
    for (let i = 0; i < 20; i++) {
      await pause(5)
      if (immediates() > 0) busy++
    }
    t.true(busy < 15, `${busy} of 20 times`)
  },
)

test.serial('the goodbye of a framed connection that ends at once is in no packet', async t => {
  const [near, far] = pairOfStreams()
  const packets: number[] = []
  const watched: Framing = {
    ...framing,
    encode: bytes => {
      packets.push(bytes.length)
      return framing.encode(bytes)
    },
  }
  const sent: Buffer[] = []
  const write = near.write.bind(near)
  near.write = ((chunk: Buffer, ...rest: []) => {
    sent.push(Buffer.from(chunk))
    return write(chunk, ...rest)
  }) as typeof near.write
  const server = new TlsSocket(far, { ...identity, framing, isServer: true }).resume()
  const client = new TlsSocket(near, { ...believes, framing: watched }).resume().end()
  await Promise.all([once(client, 'close'), once(server, 'end')])
  t.true(packets.length > 0)
  // An alert of TLS 1.3 under AES-GCM: header, two bytes, type and tag.
  t.deepEqual([sent.at(-1)?.[0], sent.at(-1)?.length], [23, 24])
})
