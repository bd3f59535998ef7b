/** QUIC's header protection over @noble/ciphers (RFC 9001 §5.4). */
import { ecb } from '@noble/ciphers/aes.js'
import { hchacha } from '@noble/ciphers/chacha.js'
import { ascii, type Bytes, wipe } from './bytes.ts'
import type { AeadName, HeaderMask } from './provider.ts'

/** A block of AES. */
function aes(key: Uint8Array, sample: Uint8Array): Bytes {
  return Uint8Array.from(ecb(key, { disablePadding: true }).encrypt(sample).subarray(0, 5))
}

/**
 * The first bytes of a block of ChaCha20 whose counter and nonce are the sample. By way of HChaCha20, which is such a block before the state
 * that it began with is added: the library's ChaCha20 refuses the last counter there is, and a peer could send that.
 */
function chacha(key: Uint8Array, sample: Uint8Array): Bytes {
  const sigma = ascii('expand 32-byte k')
  const words = words32(key)
  const block = new Uint32Array(8)
  hchacha(words32(sigma), words, words32(sample), block)
  const begun = new DataView(sigma.buffer)
  const mask = new Uint8Array(block.buffer, 0, 8)
  const view = new DataView(mask.buffer)
  for (const at of [0, 4])
    view.setUint32(at, view.getUint32(at, true) + begun.getUint32(at, true), true)
  wipe(new Uint8Array(words.buffer))
  return mask.slice(0, 5)
}

/** The bytes of a copy as words, in the order that they stand in. */
function words32(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(Uint8Array.from(bytes).buffer)
}

export const headerMasks: Readonly<Record<AeadName, HeaderMask>> = {
  'aes-128-gcm': aes,
  'aes-256-gcm': aes,
  'chacha20-poly1305': chacha,
}
