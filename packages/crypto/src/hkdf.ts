/** HKDF (RFC 5869) and HKDF-Expand-Label (RFC 9846 §7.1). */
import { ascii, type Bytes, wipe } from './bytes.ts'
import type { CipherSuite } from './cipher-suites.ts'
import type { Hash, Hmac } from './provider.ts'

/** A secret that traffic keys come from, and the suite that says how. Whoever is handed one wipes it. */
export interface TrafficSecret {
  readonly suite: CipherSuite
  readonly secret: Bytes
}

/** HKDF-Extract. An absent salt is a string of Hash.length zeros. */
export function hkdfExtract(
  hash: Hash,
  salt: Uint8Array | undefined,
  keyMaterial: Uint8Array,
): Bytes {
  const hmac = hash.hmac(salt ?? new Uint8Array(hash.length))
  const secret = hmac.mac(keyMaterial)
  hmac.wipe()
  return secret
}

/** HKDF-Expand with an HMAC that was keyed once. `length` up to 255 times Hash.length, else RangeError. */
export function hkdfExpand(hash: Hash, secret: Hmac, info: Uint8Array, length: number): Bytes {
  if (length > 255 * hash.length)
    throw new RangeError(
      `HKDF-Expand gives at most ${255 * hash.length} bytes; ${length} were asked for`,
    )
  if (length <= hash.length) return firstBytes(secret.mac(info, Uint8Array.of(1)), length)
  const output = new Uint8Array(length)
  let block: Uint8Array = new Uint8Array(0)
  for (let at = 0, counter = 1; at < length; at += hash.length, counter++) {
    const next = secret.mac(block, info, Uint8Array.of(counter))
    wipe(block)
    block = next
    output.set(block.subarray(0, length - at), at)
  }
  wipe(block)
  return output
}

/** The first bytes of a block, which is wiped where they are not all of it. */
function firstBytes(block: Bytes, length: number): Bytes {
  if (length === block.length) return block
  const short = block.slice(0, length)
  wipe(block)
  return short
}

const tls13 = ascii('tls13 ')

/**
 * HKDF-Expand-Label. RangeError for a label, a context or a length that the structure has no room for.
 *
 *     struct {
 *         uint16 length = Length;
 *         opaque label<7..255> = "tls13 " + Label;
 *         opaque context<0..255> = Context;
 *     } HkdfLabel;
 */
export function hkdfExpandLabel(
  hash: Hash,
  secret: Hmac,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const labelLength = 6 + label.length
  if (labelLength > 255)
    throw new RangeError(`a label has at most 249 bytes; ${label.length} were given`)
  if (context.length > 255)
    throw new RangeError(`a context has at most 255 bytes; ${context.length} were given`)
  // One byte more: the counter of HKDF-Expand's first block, so that one block is one call.
  const block = new Uint8Array(4 + labelLength + context.length + 1)
  const info = block.subarray(0, -1)
  info[0] = length >> 8
  info[1] = length
  info[2] = labelLength
  info.set(tls13, 3)
  for (let i = 0; i < label.length; i++) info[9 + i] = label.charCodeAt(i)
  info[3 + labelLength] = context.length
  info.set(context, 4 + labelLength)
  if (length > hash.length) return hkdfExpand(hash, secret, info, length)
  block[info.length] = 1
  return firstBytes(secret.mac(block), length)
}
