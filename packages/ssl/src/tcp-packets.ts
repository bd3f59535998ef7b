/** TCP over IPv4 around bytes that were never in a packet: sequence numbers and checksums as a reader expects them (RFC 791, RFC 9293). */
import type { Bytes } from '@biopair/wire'

type Side = 'client' | 'server'

export interface Flow {
  readonly clientPort: number
  readonly serverPort: number
}

const flags = { fin: 0x01, syn: 0x02, psh: 0x08, ack: 0x10 } as const
/** Addresses for documentation (RFC 5737). */
const addresses = { client: [192, 0, 2, 1], server: [192, 0, 2, 2] } as const
const headers = 40
/** An IPv4 packet has 65535 bytes at the most. */
const longest = 65_535 - headers

/** Both directions of one connection. */
export class Segments {
  readonly #ports: Readonly<Record<Side, number>>
  /** Sequence numbers of what each side sends next. */
  readonly #next = { client: 0, server: 0 }
  #packets = 0

  constructor({ clientPort, serverPort }: Flow) {
    this.#ports = { client: clientPort, server: serverPort }
  }

  /** Bytes of a side, in as many packets as they need. */
  data(from: Side, bytes: Uint8Array): Bytes[] {
    const packets: Bytes[] = []
    for (let at = 0; at < bytes.length; at += longest)
      packets.push(this.packet(from, flags.psh | flags.ack, bytes.subarray(at, at + longest)))
    return packets
  }

  /** One packet. SYN and FIN count as a byte. */
  packet(from: Side, bits: number, data: Uint8Array = new Uint8Array(0)): Bytes {
    const to = from === 'client' ? 'server' : 'client'
    const whole = new Uint8Array(headers + data.length)
    const view = new DataView(whole.buffer)
    view.setUint8(0, 0x45)
    view.setUint16(2, whole.length)
    view.setUint16(4, this.#packets++ & 0xffff)
    view.setUint16(6, 0x4000)
    view.setUint8(8, 64)
    view.setUint8(9, 6)
    whole.set(addresses[from], 12)
    whole.set(addresses[to], 16)
    view.setUint16(10, checksum(whole.subarray(0, 20)))

    view.setUint16(20, this.#ports[from])
    view.setUint16(22, this.#ports[to])
    view.setUint32(24, this.#next[from])
    view.setUint32(28, bits & flags.ack ? this.#next[to] : 0)
    view.setUint8(32, 0x50)
    view.setUint8(33, bits)
    view.setUint16(34, 0xffff)
    whole.set(data, headers)
    // The pseudo header: both addresses, the protocol, the length.
    view.setUint16(36, checksum(whole.subarray(12), 6 + whole.length - 20))

    const counted = data.length + Number((bits & (flags.syn | flags.fin)) !== 0)
    this.#next[from] = (this.#next[from] + counted) >>> 0
    return whole
  }
}

/** How a connection begins. */
export function handshakePackets(segments: Segments): Bytes[] {
  return [
    segments.packet('client', flags.syn),
    segments.packet('server', flags.syn | flags.ack),
    segments.packet('client', flags.ack),
  ]
}

/** How a side of it ends. */
export function fin(segments: Segments, from: Side): Bytes {
  return segments.packet(from, flags.fin | flags.ack)
}

/** RFC 1071: the complement of the one's complement sum of 16-bit words. */
function checksum(bytes: Uint8Array, more = 0): number {
  let sum = more
  for (let at = 0; at < bytes.length; at += 2)
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
