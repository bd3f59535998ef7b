/** Whom a context believes: certificates, or a trust store that somebody has made of many. */
import {
  type CertificateInput,
  isTrustStore,
  joinedTrustStore,
  pinsFrom,
  type TrustStore,
  trustStore,
  X509InputError,
} from '@biopair/x509'
import { misuse } from './misuse.ts'

/** Certificates, or a store of them. */
export type Anchors = CertificateInput | TrustStore

/** One store of everything that `ca` names. `X509InputError` for what is no certificate. */
export function anchorsFrom(ca: Anchors | readonly Anchors[] | undefined): TrustStore {
  const given = Array.isArray(ca)
    ? (ca as readonly Anchors[])
    : ca === undefined
      ? []
      : [ca as Anchors]
  const stores = given.filter(isTrustStore)
  const certificates = given.filter((one): one is CertificateInput => !isTrustStore(one))
  if (stores.length === 0) return trustStore(certificates)
  return joinedTrustStore(
    certificates.length === 0 ? stores : [...stores, trustStore(certificates)],
  )
}

/** The digests of `pins`. TypeError for what is no pin, and for none. */
export function pinsOption(pins: readonly (string | Uint8Array)[]): readonly Uint8Array[] {
  try {
    return pinsFrom(pins)
  } catch (error) {
    if (!(error instanceof X509InputError)) throw error
    throw misuse('ERR_INVALID_ARG_VALUE', `pins: ${error.message}`)
  }
}
