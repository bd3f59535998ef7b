/** Signature schemes by their ids. */
import { type SignatureScheme, signatureSchemeById } from '@biopair/crypto'

/** The schemes that we know among ids, in their order. */
export function knownSchemes(ids: readonly number[]): SignatureScheme[] {
  return ids.map(signatureSchemeById).filter(scheme => scheme !== undefined)
}
