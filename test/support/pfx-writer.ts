/** PKCS#12 files (RFC 7292), written as a test wants them: any bags, in any order, in the clear or by PBES2, under any MAC. */
import { createHash, createHmac } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import {
  context,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  sequence,
  set,
} from './der-writer.ts'
import {
  type EncryptionOptions,
  encrypt,
  encryptedKey,
  pbes2Identifier,
} from './encrypted-key-writer.ts'

const hashOids = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const
type MacHash = keyof typeof hashOids

export interface BagOptions {
  readonly localKeyId?: string
}

function bag(type: number, value: Uint8Array, { localKeyId }: BagOptions): Bytes {
  const attributes =
    localKeyId === undefined
      ? []
      : [set(sequence(oid('1.2.840.113549.1.9.21'), set(octetString(Buffer.from(localKeyId)))))]
  return sequence(oid(`1.2.840.113549.1.12.10.1.${type}`), context(0, value), ...attributes)
}

export const keyBag = (pkcs8: Uint8Array, options: BagOptions = {}): Bytes => bag(1, pkcs8, options)
export const shroudedBag = (
  pkcs8: Uint8Array,
  encryption: EncryptionOptions,
  options: BagOptions = {},
): Bytes => bag(2, encryptedKey(pkcs8, encryption), options)
export const certBag = (der: Uint8Array, options: BagOptions = {}): Bytes =>
  bag(3, sequence(oid('1.2.840.113549.1.9.22.1'), context(0, octetString(der))), options)
/** A bag of anything. */
export const otherBag = (type: number, value: Uint8Array): Bytes => bag(type, value, {})
/** Bags in a bag. */
export const nestedBag = (...bags: readonly Uint8Array[]): Bytes => bag(6, sequence(...bags), {})

/** A part in the clear. */
export const clearPart = (...bags: readonly Uint8Array[]): Bytes =>
  sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(sequence(...bags))))

/** A part that is encrypted, or says so. */
export function encryptedPart(
  encryption: EncryptionOptions,
  ...bags: readonly Uint8Array[]
): Bytes {
  const content = encrypt(sequence(...bags), encryption)
  const info = sequence(
    oid('1.2.840.113549.1.7.1'),
    encryption.said ?? pbes2Identifier(encryption),
    implicit(0, content),
  )
  return sequence(oid('1.2.840.113549.1.7.6'), context(0, sequence(integer(0), info)))
}

export interface PfxOptions {
  readonly passphrase: string
  readonly hash?: MacHash
  readonly iterations?: number
  /** What stands where the MAC does; `none` for nothing. */
  readonly mac?: Uint8Array | 'none'
  readonly version?: number
}

/** A whole file. */
export function pfx(options: PfxOptions, ...parts: readonly Uint8Array[]): Bytes {
  const safe = sequence(...parts)
  const content = sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(safe)))
  const mac = options.mac ?? macData(safe, options)
  return sequence(integer(options.version ?? 3), content, ...(mac === 'none' ? [] : [mac]))
}

/** MacData (RFC 7292 §4), with its key derived as appendix B says. */
export function macData(safe: Uint8Array, options: PfxOptions): Bytes {
  const { passphrase, hash = 'sha256', iterations = 1 } = options
  const salt = new Uint8Array(8).fill(9)
  const digest = createHmac(hash, macKey(hash, passphrase, salt, iterations))
    .update(safe)
    .digest()
  return sequence(
    sequence(sequence(oid(hashOids[hash]), nothing()), octetString(digest)),
    octetString(salt),
    ...(iterations === 1 ? [] : [integer(iterations)]),
  )
}

/** RFC 7292 appendix B.2 for ID 3, as long as the hash: one round. */
function macKey(hash: MacHash, passphrase: string, salt: Uint8Array, iterations: number): Bytes {
  const block = hash === 'sha1' || hash === 'sha256' ? 64 : 128
  const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16()
  const filled = (bytes: Uint8Array) => {
    const whole = Buffer.alloc(Math.ceil(bytes.length / block) * block)
    for (let i = 0; i < whole.length; i++) whole[i] = bytes[i % bytes.length] as number
    return whole
  }
  let key: Uint8Array = join(Buffer.alloc(block, 3), filled(salt), filled(password))
  for (let i = 0; i < iterations; i++) key = createHash(hash).update(key).digest()
  return new Uint8Array(key)
}
