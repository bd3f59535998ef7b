/** The AEADs over node:crypto: one cipher object and one `update` per record. */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import {
  type Aead,
  type AeadKey,
  type AeadName,
  type Bytes,
  type CcmName,
  wipe,
} from '@biopair/crypto'
import { misuse, present } from '@biopair/crypto/kit'

// node:crypto has one shape for its AEADs; its types want the name of one of them.
type NodeName = 'aes-128-gcm'

const ccm = 'aes-128-ccm'

class NodeAeadKey implements AeadKey {
  readonly #name: NodeName
  readonly #options: { readonly authTagLength: number }
  /** CCM wants to know how long a plaintext is before it sees it. */
  readonly #lengthFirst: boolean
  #key: Bytes | undefined

  constructor(name: string, tagLength: number, key: Uint8Array) {
    this.#name = name as NodeName
    this.#options = { authTagLength: tagLength }
    this.#lengthFirst = name === ccm
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
    const cipher: CipherGCM = createCipheriv(this.#name, key, nonce, this.#options)
    if (this.#lengthFirst) cipher.setAAD(additionalData, { plaintextLength: length })
    else cipher.setAAD(additionalData)
    into.set(cipher.update(work.subarray(0, length)))
    // A stream cipher's `final` has no bytes; it makes the tag.
    cipher.final()
    into.set(cipher.getAuthTag(), length)
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean {
    const key = present(this.#key, 'AEAD key')
    const length = sealed.length - this.#options.authTagLength
    if (length < 0) return false
    const decipher: DecipherGCM = createDecipheriv(this.#name, key, nonce, this.#options)
    // In this order: CCM has to have the tag before the additional data.
    decipher.setAuthTag(sealed.subarray(length))
    if (this.#lengthFirst) decipher.setAAD(additionalData, { plaintextLength: length })
    else decipher.setAAD(additionalData)
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

/** `cipher` is Node's name for it. */
function aead(
  name: AeadName | CcmName,
  keyLength: number,
  tagLength = 16,
  cipher: string = name,
): Aead {
  return {
    name,
    keyLength,
    ivLength: 12,
    tagLength,
    key(key) {
      if (key.length === keyLength) return new NodeAeadKey(cipher, tagLength, key)
      throw misuse('ERR_KEY_LENGTH', `a key of ${name} has ${keyLength} bytes, not ${key.length}`)
    },
  }
}

export const aeads: Readonly<Record<AeadName | CcmName, Aead>> = {
  'aes-128-gcm': aead('aes-128-gcm', 16),
  'aes-256-gcm': aead('aes-256-gcm', 32),
  'chacha20-poly1305': aead('chacha20-poly1305', 32),
  'aes-128-ccm': aead('aes-128-ccm', 16),
  'aes-128-ccm-8': aead('aes-128-ccm-8', 16, 8, ccm),
}
