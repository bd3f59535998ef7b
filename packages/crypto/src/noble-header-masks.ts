/** QUIC's header protection over @noble/ciphers (RFC 9001 §5.4). */
import { ecb } from '@noble/ciphers/aes.js'
import { chacha20 } from '@noble/ciphers/chacha.js'
import type { AeadName, HeaderMask } from './provider.ts'

/** A block of AES. */
function aes(key: Uint8Array, sample: Uint8Array) {
  return Uint8Array.from(ecb(key, { disablePadding: true }).encrypt(sample).subarray(0, 5))
}

/** The key stream of ChaCha20, where the sample is the block counter and the nonce. */
function chacha(key: Uint8Array, sample: Uint8Array) {
  const counter = new DataView(sample.buffer, sample.byteOffset, 16).getUint32(0, true)
  const zeros = new Uint8Array(5)
  return Uint8Array.from(chacha20(key, sample.subarray(4), zeros, undefined, counter))
}

export const headerMasks: Readonly<Record<AeadName, HeaderMask>> = {
  'aes-128-gcm': aes,
  'aes-256-gcm': aes,
  'chacha20-poly1305': chacha,
}
