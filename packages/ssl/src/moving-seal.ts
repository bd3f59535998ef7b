/** An export: a connection's bytes sealed under a key of the application's, with a name of its own by which it is claimed. */
import { ascii, type CryptoProvider, concat, equal, wipe } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Moving } from './moving-common.ts'
import { readMoving, writeMoving } from './moving-state.ts'

/*
 *     struct {
 *         opaque format[8] = "biopair" 0x02;
 *         opaque id[32];
 *         opaque sealed[];
 *     }
 *
 * sealed is AES-256-GCM with a nonce of zeros, under HMAC-SHA-256(the application's key, label || id): a key for this export alone. What
 * stands before it is the additional data.
 */
const format = concat(ascii('biopair'), Uint8Array.of(2))
const label = ascii('biopair exported connection')
const idLength = 32
const headerLength = format.length + idLength
const nonce = new Uint8Array(12)

/** An export that was opened. */
export interface OpenedExport {
  /** Hexadecimal; another one for each export. */
  readonly id: string
  readonly moving: Moving
}

/** Seals. `id` is 32 random bytes, and goes once. */
export function sealExport(
  moving: Moving,
  key: Uint8Array,
  id: Uint8Array,
  crypto: CryptoProvider,
): Bytes {
  const header = concat(format, id)
  const aead = exportKey(key, id, crypto)
  const state = writeMoving(moving)
  const sealed = new Uint8Array(state.length + crypto.aeads['aes-256-gcm'].tagLength)
  const work = new Uint8Array((sealed.length + 3) & ~3)
  work.set(state)
  aead.seal(nonce, header, work, state.length, sealed)
  aead.wipe()
  wipe(work, state)
  return concat(header, sealed)
}

/** Opens; undefined for what was not sealed under this key, was changed, or says what we never write. */
export function openExport(
  bytes: Uint8Array,
  key: Uint8Array,
  crypto: CryptoProvider,
): OpenedExport | undefined {
  const { tagLength } = crypto.aeads['aes-256-gcm']
  if (bytes.length < headerLength + tagLength) return undefined
  const header = Uint8Array.from(bytes.subarray(0, headerLength))
  if (!equal(header.subarray(0, format.length), format)) return undefined
  const sealed = bytes.subarray(headerLength)
  const id = header.subarray(format.length)
  const aead = exportKey(key, id, crypto)
  const into = new Uint8Array((sealed.length + 3) & ~3)
  const opened = aead.open(nonce, header, sealed, into)
  aead.wipe()
  const moving = opened ? read(into.subarray(0, sealed.length - tagLength), crypto) : undefined
  wipe(into)
  return moving && { id: hex(id), moving }
}

function exportKey(key: Uint8Array, id: Uint8Array, crypto: CryptoProvider) {
  const hmac = crypto.hashes.sha256.hmac(key)
  const own = hmac.mac(label, id)
  hmac.wipe()
  const aead = crypto.aeads['aes-256-gcm'].key(own)
  wipe(own)
  return aead
}

function read(state: Uint8Array, crypto: CryptoProvider): Moving | undefined {
  try {
    return readMoving(state, crypto)
  } catch {
    return undefined
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
