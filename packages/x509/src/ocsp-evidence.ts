/** What OCSP responses say of one certificate: those that came with it, and those that an application has (RFC 6960). */
import type { Certificate } from './certificate.ts'
import type { Evidence, Inquiry } from './evidence.ts'
import { checkOcsp, speaksOf } from './ocsp-check.ts'

export interface OcspPlace {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly stapled: Uint8Array | undefined
}

/** What was stapled has to be about this certificate; of the others, those that are. */
export function ocspEvidence(
  { certificate: leaf, issuer, stapled }: OcspPlace,
  { options, time, minimumRsaBits, crypto }: Inquiry,
): readonly Evidence[] {
  const { hashes, skew } = options
  const question = {
    ...{ leaf, issuer, time, skew, minimumRsaBits },
    crypto: { publicKey: crypto.publicKey, hashes },
  }
  const judged = (response: Uint8Array, by: 'ocsp' | 'stapled'): Evidence => {
    const verdict = checkOcsp({ ...question, response })
    if (verdict.ok) {
      const { thisUpdate, nextUpdate } = verdict
      return { is: 'good', by, thisUpdate, nextUpdate }
    }
    const { code, why, section } = verdict
    const is = code === 'CERT_REVOKED' ? 'revoked' : 'doubt'
    return { is, by, problem: { code, why, section } }
  }
  const given = (options.ocsp ?? []).filter(response => speaksOf({ ...question, response }))
  return [
    ...(stapled ? [judged(stapled, 'stapled')] : []),
    ...given.map(response => judged(response, 'ocsp')),
  ]
}
