/** Passphrases: text or bytes, as the bytes that key derivation takes. */
import type { Bytes } from '@biopair/crypto'
import { X509InputError } from './failure.ts'
import { bytesOf } from './input.ts'

/** Text, which counts as UTF-8, or bytes. */
export type Passphrase = string | ArrayBuffer | ArrayBufferView

/** A copy, which the caller wipes. `X509InputError` for what is neither, and for text that has no UTF-8. */
export function passphraseBytes(passphrase: Passphrase): Bytes {
  const given = bytesOf(passphrase)
  if (given !== undefined) return Uint8Array.from(given)
  if (typeof passphrase !== 'string')
    throw new X509InputError(
      'ERR_PRIVATE_KEY_PASSPHRASE',
      `passphrase: expected text or bytes, got ${passphrase === null ? 'null' : typeof passphrase}`,
    )
  const bytes = new Uint8Array(3 * passphrase.length)
  let at = 0
  for (const character of passphrase) {
    const code = character.codePointAt(0) as number
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes.fill(0)
      throw new X509InputError(
        'ERR_PRIVATE_KEY_PASSPHRASE',
        'passphrase: expected Unicode, got half a surrogate pair',
      )
    }
    const tails = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
    bytes[at++] = (tails === 0 ? 0 : (0xff00 >> (tails + 1)) & 0xff) | (code >> (6 * tails))
    for (let shift = 6 * (tails - 1); shift >= 0; shift -= 6)
      bytes[at++] = 0x80 | ((code >> shift) & 0x3f)
  }
  const exact = bytes.slice(0, at)
  bytes.fill(0)
  return exact
}
