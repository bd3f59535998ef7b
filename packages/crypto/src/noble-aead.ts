/** The AEADs over @noble/ciphers. ChaCha20-Poly1305 works in place; AES-GCM allocates its result, as the library has it. */
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { type Bytes, wipe } from './bytes.ts'
import { misuse, present } from './misuse.ts'
import type { Aead, AeadKey, AeadName } from './provider.ts'

class ChaChaKey implements AeadKey {
  #key: Bytes | undefined

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    work: Bytes,
    length: number,
    into: Uint8Array,
  ): void {
    const cipher = chacha20poly1305(present(this.#key, 'AEAD key'), nonce, additionalData)
    into.set(cipher.encrypt(work.subarray(0, length), work.subarray(0, length + 16)))
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean {
    const cipher = chacha20poly1305(present(this.#key, 'AEAD key'), nonce, additionalData)
    if (sealed.length < 16) return false
    try {
      // The library checks the tag before it touches its output.
      cipher.decrypt(sealed, into.subarray(0, sealed.length - 16))
      return true
    } catch {
      return false
    }
  }

  wipe(): void {
    wipe(this.#key)
    this.#key = undefined
  }
}

class GcmKey implements AeadKey {
  #key: Bytes | undefined

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    work: Bytes,
    length: number,
    into: Uint8Array,
  ): void {
    const cipher = gcm(present(this.#key, 'AEAD key'), nonce, additionalData)
    into.set(cipher.encrypt(work.subarray(0, length)))
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean {
    const cipher = gcm(present(this.#key, 'AEAD key'), nonce, additionalData)
    if (sealed.length < 16) return false
    let plaintext: Uint8Array
    try {
      plaintext = cipher.decrypt(sealed)
    } catch {
      return false
    }
    into.set(plaintext)
    wipe(plaintext)
    return true
  }

  wipe(): void {
    wipe(this.#key)
    this.#key = undefined
  }
}

function aead(name: AeadName, keyLength: number, Key: new (key: Uint8Array) => AeadKey): Aead {
  return {
    name,
    keyLength,
    ivLength: 12,
    tagLength: 16,
    key(key) {
      if (key.length === keyLength) return new Key(key)
      throw misuse('ERR_KEY_LENGTH', `a key of ${name} has ${keyLength} bytes, not ${key.length}`)
    },
  }
}

export const aeads: Readonly<Record<AeadName, Aead>> = {
  'aes-128-gcm': aead('aes-128-gcm', 16, GcmKey),
  'aes-256-gcm': aead('aes-256-gcm', 32, GcmKey),
  'chacha20-poly1305': aead('chacha20-poly1305', 32, ChaChaKey),
}
