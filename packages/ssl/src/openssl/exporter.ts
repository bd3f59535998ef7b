/** Keying material for the application: SSL_export_keying_material(3). */
import type { Bytes } from '@biopair/wire'
import { utf8 } from './bio.ts'
import { noteMisuse } from './misused.ts'
import type { SSL } from './ssl.ts'

/** Fills `out` with keying material. 1, or -1 before the handshake is over and after the end. No context and an empty one are the same in TLS 1.3. */
export function SSL_export_keying_material(
  ssl: SSL,
  out: Uint8Array,
  label: string,
  context: Uint8Array | null = null,
): 1 | -1 {
  ssl.errors.clear()
  const { native } = ssl
  if (!native?.connected) return -1
  const filled = fill(ssl, out, () =>
    native.exportKeyingMaterial(out.length, bytewise(label), context ?? undefined),
  )
  return filled ? 1 : -1
}

/**
 * As SSL_export_keying_material, of the early exporter: from the ClientHello on, where a pre-shared key is used. 1, or 0 where there is none. Here
 * the context cannot be left out.
 */
export function SSL_export_keying_material_early(
  ssl: SSL,
  out: Uint8Array,
  label: string,
  context: Uint8Array,
): 1 | 0 {
  ssl.errors.clear()
  const { native } = ssl
  if (!native) return 0
  const filled = fill(ssl, out, () =>
    native.exportEarlyKeyingMaterial(out.length, bytewise(label), context),
  )
  return filled ? 1 : 0
}

function fill(ssl: SSL, out: Uint8Array, material: () => Bytes): boolean {
  try {
    out.set(material())
    return true
  } catch (error) {
    noteMisuse(ssl.errors, error)
    return false
  }
}

/** C's labels are bytes: a character each. */
function bytewise(label: string): string {
  return String.fromCharCode(...utf8(label))
}
