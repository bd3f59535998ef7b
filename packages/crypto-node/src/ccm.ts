/** AES-CCM over node:crypto, which wants to know how long a plaintext is before it sees it. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type Aead, type AeadKey, type Bytes, type CcmName, wipe } from '@biopair/crypto'
import { misuse, present } from '@biopair/crypto/kit'

const name = 'aes-128-ccm'
const keyLength = 16

class CcmKey implements AeadKey {
  readonly #authTagLength: number
  #key: Bytes | undefined

  constructor(authTagLength: number, key: Uint8Array) {
    this.#authTagLength = authTagLength
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
    const cipher = createCipheriv(name, key, nonce, { authTagLength: this.#authTagLength })
    cipher.setAAD(additionalData, { plaintextLength: length })
    into.set(cipher.update(work.subarray(0, length)))
    cipher.final()
    into.set(cipher.getAuthTag(), length)
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean {
    const key = present(this.#key, 'AEAD key')
    const length = sealed.length - this.#authTagLength
    if (length < 0) return false
    const decipher = createDecipheriv(name, key, nonce, { authTagLength: this.#authTagLength })
    decipher.setAuthTag(sealed.subarray(length))
    decipher.setAAD(additionalData, { plaintextLength: length })
    const plaintext = decipher.update(sealed.subarray(0, length))
    try {
      decipher.final()
    } catch {
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

function ccm(aead: CcmName, tagLength: number): Aead {
  return {
    name: aead,
    keyLength,
    ivLength: 12,
    tagLength,
    key(key) {
      if (key.length === keyLength) return new CcmKey(tagLength, key)
      throw misuse('ERR_KEY_LENGTH', `a key of ${aead} has ${keyLength} bytes, not ${key.length}`)
    },
  }
}

export const ccms: Readonly<Record<CcmName, Aead>> = {
  'aes-128-ccm': ccm('aes-128-ccm', 16),
  'aes-128-ccm-8': ccm('aes-128-ccm-8', 8),
}
