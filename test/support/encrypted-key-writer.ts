/** EncryptedPrivateKeyInfo, written as a test wants it: any key derivation, any scheme, right or wrong. */
import { createCipheriv, pbkdf2Sync, scryptSync } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import { integer, nothing, octetString, oid, sequence } from './der-writer.ts'

export const prfOids = {
  sha1: '1.2.840.113549.2.7',
  sha224: '1.2.840.113549.2.8',
  sha256: '1.2.840.113549.2.9',
  sha384: '1.2.840.113549.2.10',
  sha512: '1.2.840.113549.2.11',
  'sha512-224': '1.2.840.113549.2.12',
  'sha512-256': '1.2.840.113549.2.13',
} as const

export const cipherOids = {
  'aes-128-cbc': '2.16.840.1.101.3.4.1.2',
  'aes-192-cbc': '2.16.840.1.101.3.4.1.22',
  'aes-256-cbc': '2.16.840.1.101.3.4.1.42',
} as const

const lengths = { 'aes-128-cbc': 16, 'aes-192-cbc': 24, 'aes-256-cbc': 32 } as const

export interface EncryptionOptions {
  readonly passphrase: Uint8Array | string
  readonly cipher?: keyof typeof cipherOids
  readonly salt?: Uint8Array
  readonly iv?: Uint8Array
  /** Written into the file beside what is right; `saidLength` too. */
  readonly keyLength?: boolean
  readonly kdf?:
    | { readonly prf?: keyof typeof prfOids | 'default'; readonly iterations?: number }
    | { readonly N: number; readonly r: number; readonly p: number }
  /** What the file says, where it is not what was done. */
  readonly said?: Bytes
}

const iv0 = new Uint8Array(16).fill(3)
const salt0 = new Uint8Array(8).fill(5)

/** The AlgorithmIdentifier of PBKDF2, or of scrypt. */
export function kdfIdentifier(options: EncryptionOptions): Bytes {
  const { kdf = {}, salt = salt0, cipher = 'aes-256-cbc' } = options
  const keyLength = options.keyLength ? [integer(lengths[cipher])] : []
  if ('N' in kdf)
    return sequence(
      oid('1.3.6.1.4.1.11591.4.11'),
      sequence(octetString(salt), wide(kdf.N), wide(kdf.r), wide(kdf.p), ...keyLength),
    )
  const { prf = 'sha256', iterations = 1 } = kdf
  return sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(
      octetString(salt),
      wide(iterations),
      ...keyLength,
      ...(prf === 'default' ? [] : [sequence(oid(prfOids[prf]), nothing())]),
    ),
  )
}

/** A number of any size. */
function wide(value: number): Bytes {
  const hex = value.toString(16)
  return integer(Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')))
}

/** The AlgorithmIdentifier of PBES2. */
export function pbes2Identifier(options: EncryptionOptions): Bytes {
  const { cipher = 'aes-256-cbc', iv = iv0 } = options
  return sequence(
    oid('1.2.840.113549.1.5.13'),
    sequence(kdfIdentifier(options), sequence(oid(cipherOids[cipher]), octetString(iv))),
  )
}

/** Ciphertext, by node:crypto. */
export function encrypt(plain: Uint8Array, options: EncryptionOptions): Bytes {
  const { kdf = {}, salt = salt0, iv = iv0, cipher = 'aes-256-cbc', passphrase } = options
  const length = lengths[cipher]
  const key =
    'N' in kdf
      ? scryptSync(passphrase, salt, length, { ...kdf, maxmem: 2 ** 28 })
      : pbkdf2Sync(
          passphrase,
          salt,
          kdf.iterations ?? 1,
          length,
          kdf.prf === 'default' ? 'sha1' : (kdf.prf ?? 'sha256'),
        )
  const coder = createCipheriv(cipher, key, iv)
  return new Uint8Array(Buffer.concat([coder.update(plain), coder.final()]))
}

/** The whole file. */
export function encryptedKey(pkcs8: Uint8Array, options: EncryptionOptions): Bytes {
  return sequence(options.said ?? pbes2Identifier(options), octetString(encrypt(pkcs8, options)))
}
