/** Private keys behind a passphrase: EncryptedPrivateKeyInfo (RFC 5958 §3), by PBES2 alone. */
import { type Bytes, wipe } from '@biopair/crypto'
import { pbes2Decrypt } from '@biopair/crypto/pbes2'
import { DerError, DerReader, tags } from './der.ts'
import { X509InputError } from './failure.ts'
import { type Passphrase, passphraseBytes } from './passphrase.ts'
import { readPbes2 } from './pbes2-parameters.ts'

/**
 * What `use` makes of the decrypted PKCS#8, whose bytes are wiped when it returns. `sequence` is what is inside
 * EncryptedPrivateKeyInfo. `X509InputError`: `ERR_PRIVATE_KEY_UNSUPPORTED` for another scheme than PBES2, `ERR_PRIVATE_KEY_ENCRYPTED` without a passphrase,
 * `ERR_PRIVATE_KEY_PASSPHRASE` for a wrong one: the file has no integrity of its own, so that a damaged one cannot be told from that.
 */
export function decrypted<T>(
  sequence: DerReader,
  passphrase: Passphrase | undefined,
  use: (pkcs8: Bytes) => T,
): T {
  const parameters = readPbes2(sequence.inside(tags.SEQUENCE, 'encryptionAlgorithm'))
  const at = sequence.at
  const ciphertext = sequence.content(tags.OCTET_STRING, 'encryptedData')
  sequence.finish('EncryptedPrivateKeyInfo')
  if (ciphertext.length === 0 || ciphertext.length % 16 !== 0)
    throw new DerError('encryptedData of whole blocks', `${ciphertext.length} bytes`, at)
  if (passphrase === undefined) throw needsPassphrase()
  const secret = passphraseBytes(passphrase)
  let pkcs8: Bytes | undefined
  try {
    pkcs8 = pbes2Decrypt(parameters, secret, ciphertext)
    if (pkcs8 === undefined || !wellFormed(pkcs8)) throw wrongPassphrase()
    return use(pkcs8)
  } catch (error) {
    // What a wrong passphrase gives may look like the start of something: no more is said of it.
    if (error instanceof DerError) throw wrongPassphrase()
    throw error
  } finally {
    wipe(secret, pkcs8)
  }
}

/** One SEQUENCE and nothing behind it. */
function wellFormed(pkcs8: Uint8Array): boolean {
  try {
    const from = new DerReader(pkcs8)
    const sequence = from.inside(tags.SEQUENCE, 'PrivateKeyInfo')
    from.finish('PrivateKeyInfo')
    sequence.small('version')
    return sequence.peek() === tags.SEQUENCE
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

export function needsPassphrase(): X509InputError {
  return new X509InputError(
    'ERR_PRIVATE_KEY_ENCRYPTED',
    'expected a passphrase beside a private key that is encrypted, got none',
  )
}

export function wrongPassphrase(): X509InputError {
  return new X509InputError(
    'ERR_PRIVATE_KEY_PASSPHRASE',
    'expected the passphrase of the file: this one is wrong, or the file is damaged',
  )
}
