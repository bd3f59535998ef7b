/** Private keys of ours, as options have them: read, made ready to sign, and what was read in between wiped. */
import {
  type CryptoProvider,
  failed,
  type PrivateKey,
  sameKey,
  secretsOf,
  wipe,
} from '@biopair/crypto'
import {
  type CryptoKeyLike,
  type FileInput,
  type Passphrase,
  type PrivateKeyInput,
  statedKeyFrom,
} from '@biopair/x509'
import { misuse } from './misuse.ts'

/** A key file with a passphrase of its own, as node:tls has it. */
export interface PassphrasedKey {
  readonly pem: FileInput
  readonly passphrase?: Passphrase | undefined
}

/** A private key as an option. */
export type KeyOption = PrivateKeyInput | PassphrasedKey

/**
 * The key of an option, called `option` in errors, ready to sign; `passphrase` is for one that is encrypted and has none of its own. TypeError for one that is
 * unreadable, that is no key, or whose JWK states another public half.
 */
export function ownKey(
  given: KeyOption,
  option: string,
  crypto: CryptoProvider,
  passphrase?: Passphrase | undefined,
): PrivateKey {
  if (isCryptoKey(given))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${option}: expected a key that signs at once, got a CryptoKey: webCryptoKey(cert, key, crypto.subtle) makes options of it`,
    )
  const { material, stated } = passphrased(given)
    ? statedKeyFrom(given.pem, { passphrase: given.passphrase ?? passphrase })
    : statedKeyFrom(given, { passphrase })
  const key = crypto.privateKey(material)
  wipe(...secretsOf(material))
  if (failed(key)) throw misuse('ERR_INVALID_ARG_VALUE', `${option}: ${key.why}`)
  if (stated === undefined || sameKey(stated, key.publicMaterial)) return key
  key.wipe()
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected a JWK whose public half is that of its private one, got another`,
  )
}

function passphrased(given: KeyOption): given is PassphrasedKey {
  return typeof given === 'object' && given !== null && 'pem' in given
}

function isCryptoKey(given: unknown): given is CryptoKeyLike {
  if (typeof given !== 'object' || given === null) return false
  const { type, usages, algorithm } = given as Partial<CryptoKeyLike>
  return typeof type === 'string' && Array.isArray(usages) && typeof algorithm === 'object'
}
