/** The early exporter: a secret of the first pre-shared key offered, and of the ClientHello that offers it (RFC 9846 §7.1, §7.5). */
import { type CryptoProvider, type HashName, wipe } from '@biopair/crypto'
import { extensionTypes } from '../extensions/index.ts'
import type { ClientHello } from '../messages/index.ts'
import type { Output } from '../output.ts'
import { earlyExporterSecret } from './key-schedule.ts'

/**
 * Tells early_exporter_secret. `raw` is the whole ClientHello, binders included. A client logs it where it attempts early data, a server
 * where it takes it (RFC 9850 §2.2).
 */
export function tellEarlyExporter(
  output: Output,
  crypto: CryptoProvider,
  psk: { readonly key: Uint8Array; readonly hash: HashName },
  raw: Uint8Array,
  logged: boolean,
): void {
  const hash = crypto.hashes[psk.hash]
  const secret = earlyExporterSecret(hash, psk.key, hash.digest(raw))
  try {
    output.learn({ fact: 'early_exporter', hash: psk.hash, secret, logged })
  } finally {
    wipe(secret)
  }
}

/** Whether a ClientHello has an extension. */
export function offers(
  { extensions = [] }: ClientHello,
  name: 'early_data' | 'pre_shared_key',
): boolean {
  return extensions.some(({ extension_type }) => extension_type === extensionTypes[name])
}
