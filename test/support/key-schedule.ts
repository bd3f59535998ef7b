/** The key schedule of RFC 9846 section 7 a second time, over node:crypto and in one piece: the oracle for ours. */
import { createHash, createHmac } from 'node:crypto'

export type Bytes = Uint8Array<ArrayBuffer>
export type HashName = 'sha256' | 'sha384'

/** Hash of the parts, one after the other. */
export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Bytes {
  const running = createHash(hash)
  for (const part of parts) running.update(part)
  return new Uint8Array(running.digest())
}

export function hmac(hash: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  const running = createHmac(hash, key)
  for (const part of parts) running.update(part)
  return new Uint8Array(running.digest())
}

/** HKDF-Expand-Label (RFC 9846 §7.1). */
export function expandLabel(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  ])
  let output = Buffer.alloc(0)
  let block: Uint8Array = new Uint8Array(0)
  for (let counter = 1; output.length < length; counter++) {
    block = hmac(hash, secret, block, info, Uint8Array.of(counter))
    output = Buffer.concat([output, block])
  }
  return new Uint8Array(output.subarray(0, length))
}

const none = new Uint8Array(0)

/** Derive-Secret, given Transcript-Hash(Messages). */
export function deriveSecret(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  transcript: Uint8Array,
): Bytes {
  return expandLabel(hash, secret, label, transcript, digest(hash).length)
}

/** The column of the diagram: Early Secret, Handshake Secret, Main Secret. */
export function stages(hash: HashName, shared: Uint8Array, psk?: Uint8Array) {
  const zeros = new Uint8Array(digest(hash).length)
  const empty = digest(hash)
  const early = hmac(hash, zeros, psk ?? zeros)
  const handshake = hmac(hash, deriveSecret(hash, early, 'derived', empty), shared)
  const main = hmac(hash, deriveSecret(hash, handshake, 'derived', empty), zeros)
  return { early, handshake, main }
}

/** A PskBinderEntry (RFC 9846 §4.3.11.2), given Transcript-Hash of the truncated ClientHello. */
export function binderOf(
  hash: HashName,
  psk: Uint8Array,
  label: string,
  transcript: Uint8Array,
): Bytes {
  const { early } = stages(hash, psk, psk)
  return verifyData(hash, deriveSecret(hash, early, label, digest(hash)), transcript)
}

/** verify_data (RFC 9846 §4.5.3). */
export function verifyData(hash: HashName, base: Uint8Array, transcript: Uint8Array): Bytes {
  return hmac(hash, expandLabel(hash, base, 'finished', none, base.length), transcript)
}

/** application_traffic_secret_N+1 (RFC 9846 §7.2). */
export function updated(hash: HashName, secret: Uint8Array): Bytes {
  return expandLabel(hash, secret, 'traffic upd', none, secret.length)
}

/** TLS-Exporter (RFC 9846 §7.5). */
export function exporter(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const derived = deriveSecret(hash, secret, label, digest(hash))
  return expandLabel(hash, derived, 'exporter', digest(hash, context), length)
}
