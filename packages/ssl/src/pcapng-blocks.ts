/** The blocks of a pcapng file (draft-ietf-opsawg-pcapng §4), little-endian. */
import { ascii } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'

/** Section Header Block (§4.1): version 1.0, of a length that is not said. */
export function sectionHeader(): Bytes {
  const body = new DataView(new ArrayBuffer(16))
  body.setUint32(0, 0x1a2b3c4d, true)
  body.setUint16(4, 1, true)
  body.setUint32(8, 0xffffffff, true)
  body.setUint32(12, 0xffffffff, true)
  return block(0x0a0d0d0a, new Uint8Array(body.buffer))
}

/** Interface Description Block (§4.2): LINKTYPE_RAW, whole packets, times in microseconds (the default). */
export function interfaceDescription(): Bytes {
  const body = new DataView(new ArrayBuffer(8))
  body.setUint16(0, 101, true)
  return block(1, new Uint8Array(body.buffer))
}

/** Decryption Secrets Block (§4.7): lines of a key log. */
export function secrets(lines: string): Bytes {
  const body = new DataView(new ArrayBuffer(8))
  body.setUint32(0, 0x544c534b, true)
  body.setUint32(4, lines.length, true)
  return block(10, new Uint8Array(body.buffer), ascii(lines))
}

/** Enhanced Packet Block (§4.3) of the first interface. @param time milliseconds since 1970 */
export function enhancedPacket(time: number, packet: Uint8Array): Bytes {
  const microseconds = Math.round(time * 1000)
  const body = new DataView(new ArrayBuffer(20))
  body.setUint32(4, Math.floor(microseconds / 2 ** 32), true)
  body.setUint32(8, microseconds % 2 ** 32, true)
  body.setUint32(12, packet.length, true)
  body.setUint32(16, packet.length, true)
  return block(6, new Uint8Array(body.buffer), packet)
}

/** Type, length, body, padding to 32 bits, length (§3.1). */
function block(type: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const padded = length + (-length & 3)
  const whole = new Uint8Array(padded + 12)
  const view = new DataView(whole.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, whole.length, true)
  view.setUint32(8 + padded, whole.length, true)
  let at = 8
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
