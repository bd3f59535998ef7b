/** The names of authorities, as a server sends them (SSL_load_client_CA_file(3)). */

import type { Bytes } from '@biopair/wire'
import {
  certificateChainFrom,
  isX509Failure,
  parseCertificate,
  X509InputError,
} from '@biopair/x509'
import type { Pem } from './settings.ts'

/**
 * Ours: SSL_load_client_CA_file with bytes in place of a file. The subjects of the certificates, each once, as DER (X509_NAME); null for
 * what holds none.
 */
export function SSL_load_client_CA(certificates: Pem): Bytes[] | null {
  const names = new Map<string, Bytes>()
  try {
    for (const der of certificateChainFrom(certificates)) {
      const certificate = parseCertificate(der)
      if (isX509Failure(certificate)) return null
      const { key, raw } = certificate.subject
      if (!names.has(key)) names.set(key, new Uint8Array(raw))
    }
  } catch (error) {
    // There is no object to keep the reason.
    if (error instanceof X509InputError) return null
    throw error
  }
  return [...names.values()]
}
