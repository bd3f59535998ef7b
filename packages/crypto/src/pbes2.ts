/** PBES2, undone (RFC 8018 §6.2): a key from a passphrase by PBKDF2 or scrypt (RFC 7914), then AES-CBC. */
import { cbc } from '@noble/ciphers/aes.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js'
import { type Bytes, wipe } from './bytes.ts'

/** A function from passphrase to key. */
export type PassphraseKdf =
  /** RFC 8018 §5.2. `hash` is that of the HMAC. */
  | {
      readonly kind: 'pbkdf2'
      readonly hash: PassphraseHash
      readonly salt: Uint8Array
      readonly iterations: number
    }
  /** RFC 7914 §6: N, r and p. */
  | {
      readonly kind: 'scrypt'
      readonly salt: Uint8Array
      readonly cost: number
      readonly blockSize: number
      readonly parallelization: number
    }

const hashes = { sha1, sha224, sha256, sha384, sha512, sha512_224, sha512_256 } as const

/** Hashes of PBKDF2's HMAC (RFC 8018 appendix B.1.2). SHA-1 is none to sign with, and does no harm here. */
export type PassphraseHash = keyof typeof hashes

/** What an EncryptedPrivateKeyInfo says of itself: AES-CBC with a key of `keyLength` bytes. */
export interface Pbes2 {
  readonly kdf: PassphraseKdf
  readonly keyLength: 16 | 24 | 32
  readonly iv: Uint8Array
}

/** The first `length` bytes that a passphrase gives; the caller wipes them. Whoever calls has bounded what it costs. */
export function passphraseKey(kdf: PassphraseKdf, passphrase: Uint8Array, length: number): Bytes {
  const key =
    kdf.kind === 'pbkdf2'
      ? pbkdf2(hashes[kdf.hash], passphrase, kdf.salt, { c: kdf.iterations, dkLen: length })
      : scrypt(passphrase, kdf.salt, {
          N: kdf.cost,
          r: kdf.blockSize,
          p: kdf.parallelization,
          dkLen: length,
          // 128 N r bytes of blocks, and as much again for whatever stands beside them.
          maxmem: 2 ** 31 - 1,
        })
  const bytes = Uint8Array.from(key)
  wipe(key)
  return bytes
}

/**
 * The plaintext, which the caller wipes; undefined for a padding that is none, which a wrong passphrase gives 255 times of 256: nothing
 * here is authenticated. `ciphertext` is whole blocks of 16 bytes, one at least.
 */
export function pbes2Decrypt(
  { kdf, keyLength, iv }: Pbes2,
  passphrase: Uint8Array,
  ciphertext: Uint8Array,
): Bytes | undefined {
  const key = passphraseKey(kdf, passphrase, keyLength)
  const padded = cbc(key, Uint8Array.from(iv), { disablePadding: true }).decrypt(
    Uint8Array.from(ciphertext),
  )
  wipe(key)
  const plaintext = unpadded(padded)
  wipe(padded)
  return plaintext
}

/** RFC 8018 §6.1.1 step 4: 1 to 16 bytes, each the number of them. A copy. */
function unpadded(padded: Uint8Array): Bytes | undefined {
  const count = padded[padded.length - 1] as number
  if (count < 1 || count > 16) return undefined
  const end = padded.length - count
  return padded.subarray(end).every(byte => byte === count) ? padded.slice(0, end) : undefined
}
