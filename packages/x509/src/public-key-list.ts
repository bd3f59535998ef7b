/** Public keys by themselves, from PEM or DER: `publicKeysFrom` reads those that somebody believes in (RFC 7250, RFC 7468 §13). */
import type { Bytes } from '@biopair/crypto'
import { isX509Failure, X509InputError } from './failure.ts'
import { exported, type PublicKeyInput, seen, shown } from './input.ts'
import { publicKeyFromJwk } from './jwk.ts'
import { pemBlocks } from './pem.ts'
import { parsePublicKey } from './public-key.ts'
import { encodePublicKey } from './public-key-writer.ts'

/**
 * The SubjectPublicKeyInfos of a PEM text with one block `PUBLIC KEY` or more, of DER bytes, a JWK, a public KeyObject of node:crypto, or a list of these;
 * copies. Each is parsed, so that a mistake shows here. `X509InputError` for anything else: a certificate is not taken for its key.
 */
export function publicKeysFrom(keys: PublicKeyInput | readonly PublicKeyInput[]): Bytes[] {
  const parts = Array.isArray(keys) ? (keys as readonly PublicKeyInput[]) : [keys as PublicKeyInput]
  return parts.flatMap((part, index) => readKeys(part, `public key ${index}`))
}

function readKeys(input: PublicKeyInput, what: string): Bytes[] {
  const given = seen(input)
  if (given.as === 'DER') return [readOne(Uint8Array.from(given.bytes), what)]
  if (given.as === 'JWK') return [readOne(encodePublicKey(publicKeyFromJwk(given.jwk)), what)]
  if (given.as === 'KeyObject' && given.key.type === 'public')
    return [readOne(Uint8Array.from(exported(given.key, 'spki')), what)]
  if (given.as !== 'PEM')
    throw invalid(
      `${what}: expected PEM text, DER bytes, a public JWK or KeyObject, got ${shown(given)}`,
    )
  const blocks = pemBlocks(given.text)
  const keys = blocks.filter(({ label }) => label === 'PUBLIC KEY')
  if (keys.length === 0)
    throw invalid(
      `${what}: expected a PEM block PUBLIC KEY, got ${blocks.length === 0 ? 'no PEM block' : blocks.map(({ label }) => label).join(', ')}`,
    )
  return keys.map(({ bytes }) => readOne(bytes, what))
}

function readOne(der: Bytes, what: string): Bytes {
  const key = parsePublicKey(der)
  if (isX509Failure(key)) throw invalid(`${what}: ${key.why}`)
  return der
}

function invalid(message: string): X509InputError {
  return new X509InputError('ERR_PUBLIC_KEY_INVALID', message)
}
