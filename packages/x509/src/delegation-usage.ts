/** Which certificates may delegate to another key (RFC 9345 §4.2). */
import type { Certificate } from './certificate.ts'
import { tags } from './der.ts'

/** id-pe-delegationUsage. */
export const delegationUsage = '1.3.6.1.4.1.44363.44'

/** Why a certificate may not delegate: the extension is not there, is critical, or is not NULL, or there is no digitalSignature. */
export function delegationProblem(certificate: Certificate): string | undefined {
  const usage = certificate.extensions.find(({ oid }) => oid === delegationUsage)
  if (!usage) return 'the certificate has no DelegationUsage'
  if (usage.critical) return 'the DelegationUsage of the certificate is critical'
  const [tag, length] = usage.value
  if (tag !== tags.NULL || length !== 0 || usage.value.length !== 2)
    return 'the DelegationUsage of the certificate is not NULL'
  if (!certificate.keyUsage?.includes('digitalSignature'))
    return 'the certificate has no keyUsage with digitalSignature'
  return undefined
}
