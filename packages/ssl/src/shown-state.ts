/** How a chain was shown, as sessions and tickets keep it beside the chain. */
import type { Shown } from '@biopair/handshake'
import { type Decoded, opaque, struct, uint8 } from '@biopair/wire'

export const ShownState = struct({
  /** CertificateType (RFC 7250): 0 for X.509, 2 for a raw public key. */
  certificate_type: uint8,
  delegated_credential: opaque(0, 2 ** 16 - 1),
  /** What an OCSP response was found to say: 1 for good, 2 for anything else, 0 for none that was read. */
  certificate_status: uint8,
})
export type ShownState = Decoded<typeof ShownState>

const statuses = [undefined, 'good', 'bad'] as const

export function writeShown({ type, delegated, status }: Shown): ShownState {
  return {
    certificate_type: type === 'rpk' ? 2 : 0,
    delegated_credential: delegated ?? new Uint8Array(0),
    certificate_status: statuses.indexOf(status),
  }
}

/** Undefined for what `writeShown` has not made. */
export function readShown(state: ShownState): Shown | undefined {
  const { certificate_type: type, delegated_credential: delegated, certificate_status } = state
  if ((type !== 0 && type !== 2) || certificate_status >= statuses.length) return undefined
  const found = statuses[certificate_status]
  const status = found ? { status: found } : {}
  if (type === 2)
    return delegated.length > 0 ? undefined : { type: 'rpk', delegated: undefined, ...status }
  return { type: 'x509', delegated: delegated.length > 0 ? delegated : undefined, ...status }
}
