/** The keys and records of TLS 1.2 a second time, over node:crypto and in one piece: the oracle for ours (RFC 5246 sections 5, 6.2.3.3, 6.3, 8.1; RFC 7627). */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto'
import type { CipherSuite12 } from '@biopair/crypto'
import { type Bytes, digest, type HashName, hmac } from './key-schedule.ts'

/** PRF(secret, label, seed) = P_hash(secret, label + seed). */
export function prf12(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Bytes {
  const all = Buffer.concat([Buffer.from(label, 'latin1'), seed])
  const parts: Uint8Array[] = []
  let a: Uint8Array = all
  for (let made = 0; made < length; made += digest(hash).length) {
    a = hmac(hash, secret, a)
    parts.push(hmac(hash, secret, a, all))
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, length))
}

export interface Randoms12 {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

/** master_secret: of RFC 7627 with a session_hash, of RFC 5246 with randoms. */
export function masterSecret12(
  hash: HashName,
  preMaster: Uint8Array,
  seed: Randoms12 | Uint8Array,
): Bytes {
  return seed instanceof Uint8Array
    ? prf12(hash, preMaster, 'extended master secret', seed, 48)
    : prf12(hash, preMaster, 'master secret', Buffer.concat([seed.client, seed.server]), 48)
}

/** The write keys of one direction. */
export interface WriteKeys12 {
  readonly key: Bytes
  readonly iv: Bytes
}

/** The key block, whole and cut. */
export function keyBlock12(
  { hash, aead }: Pick<CipherSuite12, 'hash' | 'aead'>,
  master: Uint8Array,
  { client, server }: Randoms12,
): { readonly block: Bytes; readonly client: WriteKeys12; readonly server: WriteKeys12 } {
  const key = aead === 'aes-128-gcm' ? 16 : 32
  const iv = aead === 'chacha20-poly1305' ? 12 : 4
  const seed = Buffer.concat([server, client])
  const block = prf12(hash as HashName, master, 'key expansion', seed, 2 * (key + iv))
  const part = (from: number, length: number) => block.slice(from, from + length)
  return {
    block,
    client: { key: part(0, key), iv: part(2 * key, iv) },
    server: { key: part(key, key), iv: part(2 * key + iv, iv) },
  }
}

/** verify_data over everything that was said. */
export function verifyData12(
  hash: HashName,
  master: Uint8Array,
  role: 'client' | 'server',
  transcriptHash: Uint8Array,
): Bytes {
  return prf12(hash, master, `${role} finished`, transcriptHash, 12)
}

/** seq_num, type, version, length of the content. */
function additional(number: number, type: number, length: number): Buffer {
  const bytes = Buffer.alloc(13)
  bytes.writeBigUInt64BE(BigInt(number))
  bytes.set([type, 3, 3, length >> 8, length & 0xff], 8)
  return bytes
}

/** A nonce: the key block's bytes and the record's, or the key block's with the number in them. */
function nonceOf({ iv }: WriteKeys12, number: number, explicit: Uint8Array): Buffer {
  if (iv.length < 12) return Buffer.concat([iv, explicit])
  const nonce = Buffer.from(iv)
  const counter = Buffer.alloc(12)
  counter.writeBigUInt64BE(BigInt(number), 4)
  return Buffer.from(nonce.map((byte, i) => byte ^ (counter[i] as number)))
}

/** node:crypto has the same names, and one shape for all of them. */
const cipherOf = ({ aead }: Pick<CipherSuite12, 'aead'>) => aead as CipherGCMTypes

/** Opens a protected record, header and all; throws where it does not open. */
export function open12(
  suite: Pick<CipherSuite12, 'aead'>,
  keys: WriteKeys12,
  number: number,
  record: Uint8Array,
): Bytes {
  const body = Buffer.from(record.subarray(5))
  const explicit = keys.iv.length < 12 ? 8 : 0
  const length = body.length - explicit - 16
  const nonce = nonceOf(keys, number, body.subarray(0, explicit))
  const cipher = createDecipheriv(cipherOf(suite), keys.key, nonce, { authTagLength: 16 })
  cipher.setAAD(additional(number, record[0] as number, length))
  cipher.setAuthTag(body.subarray(explicit + length))
  const content = cipher.update(body.subarray(explicit, explicit + length))
  cipher.final()
  return new Uint8Array(content)
}

/** Seals one: the explicit nonce is as given, or the number. */
export function seal12(
  suite: Pick<CipherSuite12, 'aead'>,
  keys: WriteKeys12,
  number: number,
  type: number,
  content: Uint8Array,
  explicit?: Uint8Array,
): Bytes {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(number))
  const shown = keys.iv.length < 12 ? (explicit ?? counter) : new Uint8Array(0)
  const nonce = nonceOf(keys, number, shown)
  const cipher = createCipheriv(cipherOf(suite), keys.key, nonce, { authTagLength: 16 })
  cipher.setAAD(additional(number, type, content.length))
  const hidden = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  const length = shown.length + hidden.length
  return new Uint8Array(
    Buffer.concat([Uint8Array.of(type, 3, 3, length >> 8, length & 0xff), shown, hidden]),
  )
}
