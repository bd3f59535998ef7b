/**
 * The profile `webpki`: what the CA/Browser Forum's Baseline Requirements for TLS Server Certificates (CABF, by their sections) ask of what a
 * relying party sees, beyond RFC 5280, one row for each demand.
 */
import type { Certificate } from './certificate.ts'
import { attempt, DerReader, sameBytes, tags } from './der.ts'
import { isX509Failure } from './failure.ts'
import { readGeneralName } from './general-name.ts'
import type { Broken, ProfileRule } from './profile.ts'
import { commonNameShown } from './profile-names.ts'
import { authority, isCritical } from './profile-strict.ts'

const code = 'ERR_X509_PROFILE'

export const webPkiRules: readonly ProfileRule[] = [
  {
    ...{ code, section: 'CABF 7.1.3.1', field: 'subjectPublicKeyInfo' },
    broken: ({ publicKey }) => {
      if (isX509Failure(publicKey)) return undefined
      if (publicKey.kind === 'ec') return undefined
      if (publicKey.kind === 'rsa' && publicKey.pss === undefined) return undefined
      const got = publicKey.kind === 'rsa' ? 'id-RSASSA-PSS' : publicKey.kind
      return ['a key for rsaEncryption or of P-256, P-384, P-521', got]
    },
  },
  {
    ...{ code, section: 'CABF 6.1.5', field: 'subjectPublicKeyInfo' },
    broken: ({ publicKey }) => {
      if (isX509Failure(publicKey) || publicKey.kind !== 'rsa') return undefined
      const bits = publicKey.n.length * 8 - Math.clz32(publicKey.n[0] ?? 0) + 24
      return bits % 8 === 0 ? undefined : ['an RSA key of whole octets', `${bits} bits`]
    },
  },
  {
    ...{ code, section: 'CABF 7.1.2.1.2', field: 'extKeyUsage' },
    broken: ({ extKeyUsage, selfIssued }, standing) =>
      standing === 'anchor' && selfIssued && extKeyUsage
        ? ['no extKeyUsage in a root', extKeyUsage.join(', ')]
        : undefined,
  },
  {
    ...{ code, section: 'CABF 7.1.2.1.3', field: 'authorityKeyIdentifier' },
    broken: (certificate, standing) =>
      standing === 'anchor' && certificate.selfIssued
        ? rootKeyIdentifierBroken(certificate)
        : undefined,
  },
  leaf('7.1.2.7.8', 'basicConstraints.cA', certificate =>
    authority(certificate)
      ? ['cA FALSE in a certificate that is no authority’s', 'TRUE']
      : undefined,
  ),
  leaf('7.1.2.7.6', 'extKeyUsage', ({ extKeyUsage }) =>
    extKeyUsage ? undefined : ['extKeyUsage', 'none'],
  ),
  leaf('7.1.2.7.6', 'extKeyUsage', certificate =>
    isCritical(certificate, '2.5.29.37')
      ? ['a non-critical extKeyUsage', 'a critical one']
      : undefined,
  ),
  leaf('7.1.2.7.10', 'extKeyUsage', ({ extKeyUsage }) => {
    const forbidden = extKeyUsage?.find(usage => notForServers.has(usage))
    return forbidden === undefined
      ? undefined
      : ['no purpose that servers must not have', notForServers.get(forbidden) ?? forbidden]
  }),
  leaf('7.1.2.7.12', 'subjectAltName', ({ subjectAltName }) =>
    subjectAltName ? undefined : ['subjectAltName', 'none'],
  ),
  leaf('7.1.2.7.12', 'subjectAltName', certificate =>
    !certificate.subject.empty && isCritical(certificate, '2.5.29.17')
      ? ['a non-critical subjectAltName beside a subject', 'a critical one']
      : undefined,
  ),
  leaf('7.1.4.3', 'subject', certificate => {
    const [first, second] = certificate.subject.values('2.5.4.3')
    if (first === undefined) return undefined
    if (second !== undefined) return ['one common name', 'several']
    return commonNameShown(first, certificate)
      ? undefined
      : ['a common name that is one of the subject alternative names', JSON.stringify(first)]
  }),
  {
    ...{ code, section: 'CABF 7.1.2.7.7', field: 'authorityInfoAccess' },
    broken: ({ extensions }) => {
      const found = extensions.find(({ oid }) => oid === '1.3.6.1.5.5.7.1.1')
      const read = found && attempt('CABF 7.1.2.7.7', () => readAccess(found.value))
      return read && isX509Failure(read)
        ? ['one AccessDescription or more', 'something else']
        : undefined
    },
  },
]

const notForServers: ReadonlyMap<string, string> = new Map([
  ['2.5.29.37.0', 'anyExtendedKeyUsage'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.8', 'timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
  ['1.3.6.1.4.1.11129.2.4.4', 'precertificate signing'],
])

function leaf(
  section: string,
  field: string,
  broken: (certificate: Certificate) => Broken | undefined,
): ProfileRule {
  return {
    ...{ code, section: `CABF ${section}`, field },
    broken: (certificate, standing) => (standing === 'leaf' ? broken(certificate) : undefined),
  }
}

function rootKeyIdentifierBroken(root: Certificate): Broken | undefined {
  const { authorityKeyIdentifier: above, subjectKeyIdentifier: own } = root
  if (!above) return undefined
  if (above.authorityCertIssuer) return ['no authorityCertIssuer in a root', 'one']
  if (above.authorityCertSerialNumber) return ['no authorityCertSerialNumber in a root', 'one']
  if (above.keyIdentifier && own && sameBytes(above.keyIdentifier, own)) return undefined
  return ['the subject key identifier of a root as its keyIdentifier', 'another or none']
}

/** The number of AccessDescriptions. */
function readAccess(value: Uint8Array): { readonly count: number } {
  const from = new DerReader(value)
  const list = from.inside(tags.SEQUENCE, 'AuthorityInfoAccessSyntax')
  from.finish('AuthorityInfoAccessSyntax')
  let count = 0
  do {
    const description = list.inside(tags.SEQUENCE, 'AccessDescription')
    description.oid('accessMethod')
    readGeneralName(description, 'accessLocation')
    description.finish('AccessDescription')
    count++
  } while (!list.done)
  return { count }
}
