/** The AEADs over node:crypto: one cipher object and one `update` per record. */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import { type Aead, type AeadKey, type AeadName, type Bytes, wipe } from '@biopair/crypto'
import { misuse, present } from '@biopair/crypto/kit'

const tagLength = 16
const options = { authTagLength: tagLength } as const

// node:crypto has one shape for its AEADs; its types want the name of one of them.
type NodeName = 'aes-128-gcm'

class NodeAeadKey implements AeadKey {
  readonly #name: NodeName
  #key: Bytes | undefined

  constructor(name: AeadName, key: Uint8Array) {
    this.#name = name as NodeName
    this.#key = Uint8Array.from(key)
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    work: Bytes,
    length: number,
    into: Uint8Array,
  ): void {
    const key = present(this.#key, 'AEAD key')
    const cipher: CipherGCM = createCipheriv(this.#name, key, nonce, options)
    cipher.setAAD(additionalData)
    into.set(cipher.update(work.subarray(0, length)))
    // A stream cipher's `final` has no bytes; it makes the tag.
    cipher.final()
    into.set(cipher.getAuthTag(), length)
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean {
    const key = present(this.#key, 'AEAD key')
    const length = sealed.length - tagLength
    if (length < 0) return false
    const decipher: DecipherGCM = createDecipheriv(this.#name, key, nonce, options)
    decipher.setAAD(additionalData)
    decipher.setAuthTag(sealed.subarray(length))
    const plaintext = decipher.update(sealed.subarray(0, length))
    try {
      decipher.final()
    } catch {
      // `final` throws for a wrong tag alone; nothing has been put into `into`.
      wipe(plaintext)
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

function aead(name: AeadName, keyLength: number): Aead {
  return {
    name,
    keyLength,
    ivLength: 12,
    tagLength,
    key(key) {
      if (key.length === keyLength) return new NodeAeadKey(name, key)
      throw misuse('ERR_KEY_LENGTH', `a key of ${name} has ${keyLength} bytes, not ${key.length}`)
    },
  }
}

export const aeads: Readonly<Record<AeadName, Aead>> = {
  'aes-128-gcm': aead('aes-128-gcm', 16),
  'aes-256-gcm': aead('aes-256-gcm', 32),
  'chacha20-poly1305': aead('chacha20-poly1305', 32),
}
