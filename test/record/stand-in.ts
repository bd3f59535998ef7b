/** A stand-in provider over node:crypto: the AEADs and hashes that record protection asks for, written to the letter of the contract. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import type { Aead, AeadKey, AeadName, Hash, HashName } from '@biopair/crypto'
import type { RecordCrypto } from '@biopair/record'

const tagLength = 16

export const standIn: RecordCrypto = {
  hashes: { sha256: hash('sha256', 32), sha384: hash('sha384', 48), sha512: hash('sha512', 64) },
  aeads: {
    'aes-128-gcm': aead('aes-128-gcm', 16),
    'aes-256-gcm': aead('aes-256-gcm', 32),
    'chacha20-poly1305': aead('chacha20-poly1305', 32),
  },
}

/** The same provider, with each AEAD key shown to `watch` as it is made. */
export function watched(watch: (key: AeadKey) => AeadKey): RecordCrypto {
  const wrap = (inner: Aead): Aead => ({ ...inner, key: bytes => watch(inner.key(bytes)) })
  return {
    hashes: standIn.hashes,
    aeads: {
      'aes-128-gcm': wrap(standIn.aeads['aes-128-gcm']),
      'aes-256-gcm': wrap(standIn.aeads['aes-256-gcm']),
      'chacha20-poly1305': wrap(standIn.aeads['chacha20-poly1305']),
    },
  }
}

function hash(name: HashName, length: number): Hash {
  const start = (state = createHash(name)) => ({
    update: (bytes: Uint8Array) => {
      state.update(bytes)
    },
    snapshot: () => new Uint8Array(state.copy().digest()),
    copy: () => start(state.copy()),
  })
  return {
    name,
    length,
    digest(...parts) {
      const state = createHash(name)
      for (const part of parts) state.update(part)
      return new Uint8Array(state.digest())
    },
    start: () => start(),
    hmac(key) {
      let own: Uint8Array | undefined = key.slice()
      return {
        mac(...parts) {
          if (own === undefined) throw new Error('this HMAC was wiped')
          const state = createHmac(name, own)
          for (const part of parts) state.update(part)
          return new Uint8Array(state.digest())
        },
        wipe() {
          own?.fill(0)
          own = undefined
        },
      }
    },
  }
}

function aead(name: AeadName, keyLength: number): Aead {
  // node:crypto's types know chacha20-poly1305 by another overload; the calls are the same.
  const algorithm = name as 'aes-128-gcm'
  return {
    name,
    keyLength,
    ivLength: 12,
    tagLength,
    key(bytes) {
      let own: Uint8Array | undefined = bytes.slice()
      return {
        seal(nonce, additionalData, work, length, into) {
          if (own === undefined) throw new Error('this key was wiped')
          if (work.byteOffset % 4 !== 0 || work.length < length + tagLength)
            throw new Error(`work is unfit: ${work.byteOffset}, ${work.length} for ${length}`)
          if (into.length < length + tagLength) throw new Error('into is too short')
          const cipher = createCipheriv(algorithm, own, nonce, { authTagLength: tagLength })
          cipher.setAAD(additionalData)
          into.set(cipher.update(work.subarray(0, length)))
          cipher.final()
          into.set(cipher.getAuthTag(), length)
          work.fill(0xaa)
        },
        open(nonce, additionalData, sealed, into) {
          if (own === undefined) throw new Error('this key was wiped')
          if (into.byteOffset % 4 !== 0 || into.length < sealed.length)
            throw new Error(`into is unfit: ${into.byteOffset}, ${into.length}`)
          const length = sealed.length - tagLength
          const decipher = createDecipheriv(algorithm, own, nonce, { authTagLength: tagLength })
          decipher.setAAD(additionalData)
          decipher.setAuthTag(sealed.subarray(length))
          const plaintext = decipher.update(sealed.subarray(0, length))
          try {
            decipher.final()
          } catch {
            plaintext.fill(0)
            return false
          }
          into.set(plaintext)
          plaintext.fill(0)
          return true
        },
        wipe() {
          own?.fill(0)
          own = undefined
        },
      }
    },
  }
}
