/** How a chain was shown, as sessions and tickets keep it beside the chain. */
import type { Shown } from '@biopair/handshake'
import { type Decoded, opaque, struct, uint8 } from '@biopair/wire'

export const ShownState = struct({
  /** CertificateType (RFC 7250): 0 for X.509, 2 for a raw public key. */
  certificate_type: uint8,
  delegated_credential: opaque(0, 2 ** 16 - 1),
})
export type ShownState = Decoded<typeof ShownState>

export function writeShown({ type, delegated }: Shown): ShownState {
  return {
    certificate_type: type === 'rpk' ? 2 : 0,
    delegated_credential: delegated ?? new Uint8Array(0),
  }
}

/** Undefined for what `writeShown` has not made. */
export function readShown(state: ShownState): Shown | undefined {
  const { certificate_type: type, delegated_credential: delegated } = state
  if (type !== 0 && type !== 2) return undefined
  if (type === 2) return delegated.length > 0 ? undefined : { type: 'rpk', delegated: undefined }
  return { type: 'x509', delegated: delegated.length > 0 ? delegated : undefined }
}
