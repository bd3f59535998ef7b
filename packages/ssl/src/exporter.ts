/** Exporters (RFC 9846 §7.5): what is asked for is checked, and the early secret kept while it is of use. */
import { type Hash, wipe } from '@biopair/crypto'
import { exportKeyingMaterial } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'

const none = new Uint8Array(0)

/** Keying material of a secret. `label` has a character a byte; no context and an empty one are the same. TypeError for what HKDF-Expand-Label has no room for. */
export function keyingMaterial(
  hash: Hash,
  secret: Uint8Array,
  length: number,
  label: string,
  context: Uint8Array = none,
): Bytes {
  if (typeof label !== 'string' || !(context instanceof Uint8Array))
    throw misuse('ERR_INVALID_ARG_TYPE', 'expected a label as text, and bytes or no context')
  const most = 255 * hash.length
  if (!Number.isInteger(length) || length < 0 || length > most)
    throw misuse('ERR_INVALID_ARG_VALUE', `length: expected 0 to ${most}, got ${length}`)
  if (label.length === 0 || label.length > 249 || !/^[\0-\xff]*$/.test(label))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `label: expected 1 to 249 characters of a byte each, got ${label.length}`,
    )
  return exportKeyingMaterial(hash, secret, label, context, length)
}

/** early_exporter_secret, from the ClientHello on, unless the server does not go on with the key that it is of. */
export class EarlyExporter {
  #known: { readonly hash: Hash; readonly secret: Bytes } | undefined

  /** Keeps a copy. */
  learn(hash: Hash, secret: Uint8Array): void {
    this.wipe()
    this.#known = { hash, secret: new Uint8Array(secret) }
  }

  wipe(): void {
    wipe(this.#known?.secret)
    this.#known = undefined
  }

  /** TypeError where there is no secret. */
  export(length: number, label: string, context: Uint8Array | undefined): Bytes {
    if (!this.#known)
      throw misuse(
        'ERR_NO_EARLY_EXPORTER',
        'exportEarlyKeyingMaterial: expected a pre-shared key that was offered first, and that the server goes on with',
      )
    const { hash, secret } = this.#known
    return keyingMaterial(hash, secret, length, label, context)
  }
}
