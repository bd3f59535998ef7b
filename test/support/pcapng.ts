/** A reader of captures, by the book: every length, checksum and sequence number has to be right. */
import assert from 'node:assert/strict'

export interface Packet {
  /** The block that it stands in. */
  readonly block: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly from: 'client' | 'server'
  readonly clientPort: number
  readonly serverPort: number
  readonly flags: number
  readonly data: Buffer
}

export class Capture {
  readonly packets: Packet[] = []
  /** Lines of key logs, and the blocks that they stand in. */
  readonly keys: { readonly block: number; readonly line: string }[] = []
  /** What each connection said, as hex. */
  readonly streams: { client: string; server: string }[] = []

  /** @param written as they were handed out; together they are the file */
  constructor(written: readonly Uint8Array[]) {
    const file = Buffer.concat(written)
    const blocks: { type: number; body: Buffer }[] = []
    for (let at = 0; at < file.length; ) {
      const length = file.readUInt32LE(at + 4)
      assert.equal(length % 4, 0)
      assert.equal(file.readUInt32LE(at + length - 4), length)
      blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) })
      at += length
    }
    assert.equal(blocks.length, written.length)
    const [section, first] = blocks
    assert.equal(section?.type, 0x0a0d0d0a)
    assert.equal(section?.body.readUInt32LE(0), 0x1a2b3c4d)
    assert.equal(section?.body.readUInt16LE(4), 1)
    assert.equal(section?.body.readUInt16LE(6), 0)
    assert.equal(first?.type, 1)
    assert.equal(first?.body.readUInt16LE(0), 101)
    const flows = new Map<number, Flow>()
    for (const [block, { type, body }] of blocks.entries()) {
      if (block < 2) continue
      if (type === 10) {
        assert.equal(body.readUInt32LE(0), 0x544c534b)
        const text = body.subarray(8, 8 + body.readUInt32LE(4)).toString('latin1')
        assert.match(text, /^\w+ [0-9a-f]{64} [0-9a-f]{64,96}\n$/)
        this.keys.push({ block, line: text.trim() })
        continue
      }
      assert.equal(type, 6)
      const packet = packetOf(block, body)
      this.packets.push(packet)
      let flow = flows.get(packet.clientPort)
      if (!flow) {
        flow = new Flow()
        flows.set(packet.clientPort, flow)
        this.streams.push(flow.said)
      }
      flow.take(packet, body.subarray(20))
    }
  }

  /** The block of a key, by its label. */
  keyAt(label: string): number {
    return this.keys.find(({ line }) => line.startsWith(`${label} `))?.block ?? Number.NaN
  }

  /** The records of a side: their type, and the block that their last byte stands in. */
  recordEnds(side: 'client' | 'server'): { type: number; block: number }[] {
    const found: { type: number; block: number }[] = []
    let rest = Buffer.alloc(0)
    for (const { from, data, block } of this.packets) {
      if (from !== side) continue
      rest = Buffer.concat([rest, data])
      for (;;) {
        const length = rest.length < 5 ? Number.POSITIVE_INFINITY : 5 + rest.readUInt16BE(3)
        if (rest.length < length) break
        found.push({ type: rest[0] ?? 0, block })
        rest = rest.subarray(length)
      }
    }
    return found
  }
}

/** Both sequence numbers of a connection. */
class Flow {
  readonly said = { client: '', server: '' }
  readonly #next = { client: 0, server: 0 }
  readonly #ended = { client: false, server: false }
  #packets = 0

  take({ from, flags, data }: Packet, packet: Buffer): void {
    const to = from === 'client' ? 'server' : 'client'
    // SYN, SYN and ACK, ACK; then data with PSH and ACK, or FIN and ACK.
    const expected = [0x02, 0x12, 0x10][this.#packets++]
    if (expected === undefined) assert.ok(flags === 0x18 || flags === 0x11)
    else assert.equal(flags, expected)
    assert.equal(packet.readUInt32BE(24), this.#next[from])
    assert.equal(packet.readUInt32BE(28), flags & 0x10 ? this.#next[to] : 0)
    assert.equal(this.#ended[from], false)
    assert.equal(flags === 0x18, data.length > 0)
    this.#next[from] += data.length + Number((flags & 0x03) !== 0)
    this.#ended[from] = (flags & 0x01) !== 0
    this.said[from] += data.toString('hex')
  }
}

function packetOf(block: number, body: Buffer): Packet {
  assert.equal(body.readUInt32LE(0), 0)
  const length = body.readUInt32LE(12)
  assert.equal(body.readUInt32LE(16), length)
  const packet = body.subarray(20, 20 + length)
  assert.equal(packet[0], 0x45)
  assert.equal(packet.readUInt16BE(2), length)
  assert.equal(packet[9], 6)
  assert.equal(sum(packet.subarray(0, 20)), 0xffff)
  const pseudo = Buffer.from([
    ...packet.subarray(12, 20),
    0,
    6,
    (length - 20) >> 8,
    (length - 20) & 0xff,
  ])
  assert.equal(sum(Buffer.concat([pseudo, packet.subarray(20)])), 0xffff)
  const from = packet[15] === 1 ? 'client' : 'server'
  const [source, target] = [packet.readUInt16BE(20), packet.readUInt16BE(22)]
  return {
    block,
    time: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
    from,
    clientPort: from === 'client' ? source : target,
    serverPort: from === 'client' ? target : source,
    flags: packet[33] ?? 0,
    data: packet.subarray(40),
  }
}

/** RFC 1071, a byte at a time. */
function sum(bytes: Uint8Array): number {
  let total = 0
  for (const [at, byte] of bytes.entries()) total += at % 2 === 0 ? byte * 256 : byte
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000)
  return total
}
