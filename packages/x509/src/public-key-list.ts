/** Public keys by themselves, from PEM or DER: `publicKeysFrom` reads those that somebody believes in (RFC 7250, RFC 7468 §13). */
import type { Bytes } from '@biopair/crypto'
import { isX509Failure, X509InputError } from './failure.ts'
import { pemBlocks, pemText } from './pem.ts'
import { parsePublicKey } from './public-key.ts'

/**
 * The SubjectPublicKeyInfos of a PEM text with one block `PUBLIC KEY` or more, of DER bytes, or of a list of either; copies. Each is parsed,
 * so that a mistake shows here. `X509InputError` for anything else: a certificate is not taken for its key.
 */
export function publicKeysFrom(
  keys: string | Uint8Array | readonly (string | Uint8Array)[],
): Bytes[] {
  const parts: readonly (string | Uint8Array)[] =
    typeof keys === 'object' && !(keys instanceof Uint8Array) ? keys : [keys]
  return parts.flatMap((part, index) => readKeys(part, `public key ${index}`))
}

function readKeys(input: string | Uint8Array, what: string): Bytes[] {
  if (typeof input !== 'string' && !(input instanceof Uint8Array))
    throw invalid(
      `${what}: expected PEM text or DER bytes, got ${input === null ? 'null' : typeof input}`,
    )
  const text = pemText(input)
  if (text === undefined) return [readOne(new Uint8Array(input as Uint8Array), what)]
  const blocks = pemBlocks(text)
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
