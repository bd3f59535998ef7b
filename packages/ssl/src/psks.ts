/** Pre-shared keys that were agreed on elsewhere (RFC 9846 §4.3.11), and importing them (RFC 9258). */
import {
  ascii,
  type CryptoProvider,
  equal,
  type HashName,
  hkdfExpandLabel,
  hkdfExtract,
  wipe,
} from '@biopair/crypto'
import type { PskKind } from '@biopair/handshake'
import { type Bytes, encode, opaque, struct, uint16 } from '@biopair/wire'
import { misuse } from './misuse.ts'

/** A key that both ends were given. It has to be random: whoever can guess it can test guesses against one recorded handshake. */
export interface PskOption {
  /** The key's name, which everybody on the way can read: bytes, or ASCII text. */
  readonly identity: string | Uint8Array
  readonly key: Uint8Array
  /** Of the key's KDF: `sha256`. */
  readonly hash?: 'sha256' | 'sha384'
  /** `imported` derives another key for each KDF of a suite from this one (RFC 9258): then one key serves every suite. `external` is used as it is. */
  readonly kind?: 'external' | 'imported'
  /** For an imported key: anything that both ends know, so that keys for different uses differ. */
  readonly context?: Uint8Array
}

/** A key as it is used on the wire. */
export interface StaticPsk {
  readonly kind: Exclude<PskKind, 'resumption'>
  readonly identity: Bytes
  readonly key: Bytes
  readonly hash: HashName
}

/**
 *     struct {
 *         opaque external_identity<1...2^16-1>;
 *         opaque context<0..2^16-1>;
 *         uint16 target_protocol;
 *         uint16 target_kdf;
 *     } ImportedIdentity;
 */
const ImportedIdentity = struct({
  external_identity: opaque(1, 2 ** 16 - 1),
  context: opaque(0, 2 ** 16 - 1),
  target_protocol: uint16,
  target_kdf: uint16,
})

/** RFC 9258 §4.1, IANA's TLS KDF identifiers, for the hashes that suites have. */
const targetKdfs = { sha256: 0x0001, sha384: 0x0002 } as const

/** Reads and checks an option. TypeError for a key that cannot be used, or an identity that is there twice. */
export function pskListFrom(options: readonly PskOption[], crypto: CryptoProvider): StaticPsk[] {
  const names: Bytes[] = []
  return options.flatMap((option, i) => {
    const psks = staticPsks(option, crypto, `psks[${i}]`)
    const name = identityBytes(option.identity, `psks[${i}]`)
    // RFC 9258 §4: a key is imported or used as it is, never both.
    if (names.some(other => equal(other, name)))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `psks[${i}]: the identity is there twice: a key is imported or used as it is, under one name`,
      )
    names.push(name)
    return psks
  })
}

/** The keys on the wire of one that was given: itself, or one for each KDF. */
export function staticPsks(option: PskOption, crypto: CryptoProvider, where: string): StaticPsk[] {
  const { key, hash = 'sha256', kind = 'external', context } = option
  if (!(key instanceof Uint8Array) || key.length === 0)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${where}: expected a key of at least one byte, got ${key instanceof Uint8Array ? 'none' : typeof key}`,
    )
  if (!Object.hasOwn(targetKdfs, hash))
    throw misuse('ERR_INVALID_ARG_VALUE', `${where}: expected a hash of sha256 or sha384`)
  if (kind !== 'external' && kind !== 'imported')
    throw misuse('ERR_INVALID_ARG_VALUE', `${where}: expected a kind of external or imported`)
  if (context !== undefined && kind !== 'imported')
    throw misuse('ERR_INVALID_ARG_VALUE', `${where}: only an imported key has a context`)
  if (context !== undefined && !(context instanceof Uint8Array))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${where}: expected a context of bytes, got ${typeof context}`,
    )
  const identity = identityBytes(option.identity, where)
  if (kind === 'external') return [{ kind, identity, key: Uint8Array.from(key), hash }]
  const given = { identity, key, hash, context: Uint8Array.from(context ?? []) }
  return [importPsk(given, 'sha256', crypto), importPsk(given, 'sha384', crypto)]
}

/** Derives the key for TLS 1.3 with one KDF (RFC 9258 §4.1, §4.2): by the hash of the key that is imported, as long as the KDF's. */
function importPsk(
  given: {
    readonly identity: Bytes
    readonly key: Uint8Array
    readonly hash: HashName
    readonly context: Bytes
  },
  target: keyof typeof targetKdfs,
  crypto: CryptoProvider,
): StaticPsk {
  const identity = encode(ImportedIdentity, {
    external_identity: given.identity,
    context: given.context,
    target_protocol: 0x0304,
    target_kdf: targetKdfs[target],
  })
  const hash = crypto.hashes[given.hash]
  const extracted = hkdfExtract(hash, undefined, given.key)
  const hmac = hash.hmac(extracted)
  const { length } = crypto.hashes[target]
  const key = hkdfExpandLabel(hash, hmac, 'derived psk', hash.digest(identity), length)
  hmac.wipe()
  wipe(extracted)
  return { kind: 'imported', identity, key, hash: target }
}

/** An identity as bytes. */
export function identityBytes(identity: string | Uint8Array, where: string): Bytes {
  const asText = typeof identity === 'string'
  if (asText ? /^[\x20-\x7e]+$/.test(identity) : identity instanceof Uint8Array) {
    const bytes = asText ? ascii(identity) : Uint8Array.from(identity)
    if (bytes.length > 0 && bytes.length < 2 ** 15) return bytes
  }
  throw misuse('ERR_INVALID_ARG_VALUE', `${where}: expected an identity of ASCII text or bytes`)
}
