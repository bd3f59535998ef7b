/** Carriers of packets, as BLE's characteristics are: no write is longer than a packet, and a record can be one. */
import { nodeCrypto } from '@biopair/crypto-node'
import { accept, connect } from '@biopair/web'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'
import { memoryFunctions } from './support/fakes.ts'

const { root, pem, keyPem } = chainFor('p256')

/** What is put around the content of a record: header, type and tag (RFC 9846 §5.2). */
const around = 5 + 1 + 16
const smallest = 64

interface Packets {
  readonly packet: number
  readonly length: number
  readonly sized: boolean
}

/** Sends so many bytes from the server, echoed by the client, in packets; answers what both wrote after the handshake, and the longest of before. */
async function converse({ packet, length, sized }: Packets) {
  const { near, far } = memoryFunctions()
  const written: Uint8Array[] = []
  const answered: Uint8Array[] = []
  const watched = ({ read, write, close, abort }: typeof near, list: Uint8Array[]) => ({
    ...{ read, close, abort },
    write: (bytes: Uint8Array) => {
      list.push(bytes.slice())
      return write(bytes)
    },
  })
  const both = {
    crypto: nodeCrypto,
    bufferSize: packet,
    ...(sized ? { recordSizing: { small: packet - around, after: 2 ** 30 } } : {}),
  }
  const server = accept(watched(far, written), { ...both, cert: pem, key: keyPem, numTickets: 0 })
  const client = connect(watched(near, answered), {
    ...both,
    ca: root.pem,
    servername: 'server.example',
  })
  await Promise.all([client.opened, server.opened])
  const before = [...written.splice(0), ...answered.splice(0)]
  const shaken = Math.max(...before.map(bytes => bytes.length))
  const data = Uint8Array.from({ length }, (_, at) => at * 7)
  const sending = (async () => {
    const writer = server.writable.getWriter()
    await writer.write(data)
    await writer.close()
  })()
  const echoing = client.readable.pipeTo(client.writable)
  const heard: Uint8Array[] = []
  for await (const bytes of server.readable) heard.push(bytes)
  await Promise.all([sending, echoing, client.closed, server.closed])
  return { shaken, written, answered, same: Buffer.concat(heard).equals(data) }
}

test('with bufferSize, no write is longer than a packet of 20 to 244 bytes, in the handshake and after it, both ways', async t => {
  t.timeout(150_000)
  const some = fc.record({
    packet: fc.integer({ min: 20, max: 244 }),
    length: fc.integer({ min: 1, max: 3000 }),
    sized: fc.constant(false),
  })
  await fc.assert(
    fc.asyncProperty(some, async packets => {
      const { shaken, written, answered, same } = await converse(packets)
      t.true(same)
      t.true(shaken <= packets.packet, `${shaken} in the handshake`)
      for (const { length } of [...written, ...answered])
        t.true(length <= packets.packet, `${length}`)
    }),
    { numRuns: 12, examples: [[{ packet: 20, length: 3000, sized: false }]] },
  )
})

test('with recordSizing besides, every full packet of a long write is one whole record: it can be read when it comes', async t => {
  t.timeout(150_000)
  const some = fc.record({
    packet: fc.integer({ min: smallest + around, max: 244 }),
    length: fc.integer({ min: 1, max: 3000 }),
    sized: fc.constant(true),
  })
  await fc.assert(
    fc.asyncProperty(some, async packets => {
      const { written, same } = await converse(packets)
      t.true(same)
      const whole = Math.floor(packets.length / (packets.packet - around))
      for (const bytes of written.slice(0, whole)) {
        t.is(bytes.length, packets.packet)
        t.is(bytes[0], 23)
        t.is(Buffer.from(bytes).readUInt16BE(3), bytes.length - 5)
      }
      // What is left, and close_notify.
      t.true(written.length > whole && written.length <= whole + 2, `${written.length}`)
    }),
    { numRuns: 12, examples: [[{ packet: 244, length: 3000, sized: true }]] },
  )
})
