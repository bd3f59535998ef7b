/** The pseudorandom function of TLS 1.2: P_hash of RFC 5246 §5, with the hash of the cipher suite. */
import { ascii, type Bytes, concat, wipe } from './bytes.ts'
import type { Hash } from './provider.ts'

/**
 * PRF(secret, label, seed), of which there are as many bytes as are asked for. The label is ASCII.
 *
 *     P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) +
 *                            HMAC_hash(secret, A(2) + seed) + ...
 *     A(0) = seed
 *     A(i) = HMAC_hash(secret, A(i-1))
 */
export function prf(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Bytes {
  const hmac = hash.hmac(secret)
  const labelled = concat(ascii(label), seed)
  const output = new Uint8Array(length)
  let a = hmac.mac(labelled)
  for (let at = 0; at < length; at += hash.length) {
    const block = hmac.mac(a, labelled)
    output.set(block.subarray(0, length - at), at)
    wipe(block)
    const next = hmac.mac(a)
    wipe(a)
    a = next
  }
  wipe(a)
  hmac.wipe()
  return output
}
