/** CRLs by OpenSSL's names: what a file of anchors has beside them, and what X509_V_FLAG_CRL_CHECK makes of it (X509_VERIFY_PARAM_set_flags(3)). */
import { pemBlocks, pemText } from '@biopair/x509'
import type { ContextOptions } from '../context-options.ts'
import type { Pem } from './values.ts'
import { X509_V_FLAG_CRL_CHECK, X509_V_FLAG_CRL_CHECK_ALL } from './verify-param.ts'

/** Which certificates are checked: CRL_CHECK the peer's, with CRL_CHECK_ALL beside it all; CRL_CHECK_ALL by itself none. */
export type CrlScope = 'leaf' | 'chain'

export function crlScope(flags: number): CrlScope | undefined {
  if ((flags & X509_V_FLAG_CRL_CHECK) === 0) return undefined
  return flags & X509_V_FLAG_CRL_CHECK_ALL ? 'chain' : 'leaf'
}

/** The anchors and the CRLs of what SSL_CTX_load_verify was given, which may have both. */
export function anchorsAndCrls(given: Pem): { readonly ca: Pem[]; readonly crls: Pem[] } {
  const text = pemText(given)
  if (!text?.includes('-----BEGIN X509 CRL-----')) return { ca: [given], crls: [] }
  const alone = pemBlocks(text).every(({ label }) => label === 'X509 CRL')
  return { ca: alone ? [] : [given], crls: [given] }
}

/** What a context says of it. Every certificate in scope has to be shown good by a CRL: as in OpenSSL, nothing is asked for, and nothing stapled counts. */
export function crlOptions(scope: CrlScope | undefined, crls: readonly Pem[]): ContextOptions {
  if (!scope) return {}
  return { crl: crls, revocation: 'hard', revocationScope: scope, requestOCSP: false }
}
