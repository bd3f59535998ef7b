/** What a connection of either version is asked for after its handshake: keying material, channel bindings. */

import type { CryptoProvider } from '@biopair/crypto'
import {
  type AnyConnected,
  type Connected,
  exportable12,
  exportKeyingMaterial12,
  forget,
  forget12,
  is12,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { keyingMaterial } from './exporter.ts'
import { misuse } from './misuse.ts'

/** Wipes what is secret in a connection. */
export function forgetAny(connected: AnyConnected): void {
  if (is12(connected)) forget12(connected)
  else forget(connected)
}

/** TypeError for a connection of TLS 1.2, which has no such thing. */
export function only13(connected: AnyConnected, call: string): asserts connected is Connected {
  if (is12(connected))
    throw misuse('ERR_WRONG_SSL_VERSION', `${call}: expected TLS 1.3, this is TLS 1.2`)
}

/** Keying material of a connection. In TLS 1.2 no context is another thing than an empty one (RFC 5705 §4). */
export function exported(
  connected: AnyConnected,
  crypto: CryptoProvider,
  length: number,
  label: string,
  context: Uint8Array | undefined,
): Bytes {
  const hash = crypto.hashes[connected.suite.hash]
  if (!is12(connected))
    return keyingMaterial(hash, connected.exporterSecret, length, label, context)
  if (typeof label !== 'string' || !(context === undefined || context instanceof Uint8Array))
    throw misuse('ERR_INVALID_ARG_TYPE', 'expected a label as text, and bytes or no context')
  if (!Number.isInteger(length) || length < 0 || length > longest12)
    throw misuse('ERR_INVALID_ARG_VALUE', `length: expected 0 to ${longest12}, got ${length}`)
  if (label.length === 0 || !/^[\x20-\x7e]*$/.test(label) || !exportable12(label))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'label: expected ASCII that is none of the labels of TLS 1.2 itself',
    )
  if (context && context.length > 65_535)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `context: expected at most 65535 bytes, got ${context.length}`,
    )
  // RFC 7627 §5.4: without the extension it "MUST disable" exporters.
  checkBound(connected, 'exportKeyingMaterial', 'ERR_INVALID_ARG_VALUE')
  return exportKeyingMaterial12(
    hash,
    connected.masterSecret,
    connected.randoms,
    label,
    context,
    length,
  )
}

/** tls-unique (RFC 5929 §3): of TLS 1.2 alone, and where the master secret is bound to the handshake (RFC 7627 §1). */
export function tlsUnique(connected: AnyConnected): Bytes {
  if (!is12(connected))
    throw misuse(
      'ERR_NO_CHANNEL_BINDING',
      'tls-unique is not defined for TLS 1.3 (RFC 9266 section 3): tls-exporter takes its place',
    )
  checkBound(connected, 'tls-unique', 'ERR_NO_CHANNEL_BINDING')
  return connected.firstFinished.slice()
}

/** TypeError where nothing of a connection may be bound to. */
export function checkBound(
  connected: AnyConnected,
  what: string,
  code: 'ERR_INVALID_ARG_VALUE' | 'ERR_NO_CHANNEL_BINDING' = 'ERR_NO_CHANNEL_BINDING',
): void {
  if (is12(connected) && !connected.extendedMasterSecret)
    throw misuse(code, `${what}: expected extended_master_secret (RFC 7627), the peer has none`)
}

/** As much as a PRF is asked for here: more than anybody needs. */
const longest12 = 65_535
