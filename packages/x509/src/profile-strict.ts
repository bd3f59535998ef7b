/** The profile `strict`: what RFC 5280 §4 demands of whoever issues a certificate, one row for each demand. */
import type { Certificate } from './certificate.ts'
import type { ProfileRule } from './profile.ts'
import { dnsNameSyntax } from './profile-names.ts'

export const strictRules: readonly ProfileRule[] = [
  {
    code: 'ERR_X509_PROFILE',
    section: 'RFC 5280 4.1.2.2',
    field: 'serialNumber',
    broken: ({ serialNumber }) => {
      const [first = 0] = serialNumber
      const octets = first === 0 ? serialNumber.length - 1 : serialNumber.length
      if (first < 0x80 && octets > 0 && octets <= 20) return undefined
      const got = first > 0x7f ? 'a negative one' : octets === 0 ? 'zero' : `${octets} octets`
      return ['a positive serial number of at most 20 octets', got]
    },
  },
  {
    code: 'SUBJECT_NAME_EMPTY',
    section: 'RFC 5280 4.1.2.6',
    field: 'subject',
    broken: certificate =>
      certificate.subject.empty && (authority(certificate) || !certificate.subjectAltName)
        ? ['a subject', 'an empty one']
        : undefined,
  },
  {
    code: 'EMPTY_SUBJECT_SAN_NOT_CRITICAL',
    section: 'RFC 5280 4.2.1.6',
    field: 'subjectAltName',
    broken: certificate =>
      certificate.subject.empty && isCritical(certificate, ids.subjectAltName) === false
        ? ['a critical subjectAltName beside an empty subject', 'a non-critical one']
        : undefined,
  },
  {
    code: 'ERR_X509_PROFILE',
    section: 'RFC 5280 4.2.1.6',
    field: 'subjectAltName',
    broken: ({ subjectAltName }, standing) => {
      const bad =
        standing === 'leaf' &&
        subjectAltName?.find(name => name.kind === 'dNSName' && !dnsNameSyntax(name.text))
      return bad && 'text' in bad
        ? ['dNSNames of letters, digits and hyphens', JSON.stringify(bad.text)]
        : undefined
    },
  },
  {
    // "where a CA distributes its public key in the form of a 'self-signed' certificate, the authority key identifier MAY be omitted".
    code: 'MISSING_AUTHORITY_KEY_IDENTIFIER',
    section: 'RFC 5280 4.2.1.1',
    field: 'authorityKeyIdentifier.keyIdentifier',
    broken: ({ authorityKeyIdentifier, selfIssued }, standing) =>
      authorityKeyIdentifier?.keyIdentifier || (selfIssued && standing !== 'intermediate')
        ? undefined
        : ['an authority key identifier', 'none'],
  },
  notCritical('AUTHORITY_KEY_IDENTIFIER_CRITICAL', '4.2.1.1', 'authorityKeyIdentifier'),
  {
    code: 'MISSING_SUBJECT_KEY_IDENTIFIER',
    section: 'RFC 5280 4.2.1.2',
    field: 'subjectKeyIdentifier',
    broken: certificate =>
      authority(certificate) && !certificate.subjectKeyIdentifier
        ? ['a subject key identifier in an authority', 'none']
        : undefined,
  },
  notCritical('SUBJECT_KEY_IDENTIFIER_CRITICAL', '4.2.1.2', 'subjectKeyIdentifier'),
  {
    code: 'CA_CERT_MISSING_KEY_USAGE',
    section: 'RFC 5280 4.2.1.3',
    field: 'keyUsage',
    broken: certificate =>
      authority(certificate) && !certificate.keyUsage
        ? ['keyUsage in an authority', 'none']
        : undefined,
  },
  {
    code: 'CA_BCONS_NOT_CRITICAL',
    section: 'RFC 5280 4.2.1.9',
    field: 'basicConstraints',
    broken: (certificate, standing) => {
      if (standing === 'leaf' && !authority(certificate)) return undefined
      const critical = isCritical(certificate, ids.basicConstraints)
      if (critical) return undefined
      return [
        'critical basicConstraints in an authority',
        critical === undefined ? 'none' : 'non-critical ones',
      ]
    },
  },
  {
    code: 'KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA',
    section: 'RFC 5280 4.2.1.9',
    field: 'keyUsage',
    broken: certificate =>
      certificate.keyUsage?.includes('keyCertSign') && !authority(certificate)
        ? ['no keyCertSign where cA is FALSE', 'keyCertSign']
        : undefined,
  },
  {
    code: 'PATHLEN_WITHOUT_KU_KEY_CERT_SIGN',
    section: 'RFC 5280 4.2.1.9',
    field: 'basicConstraints.pathLenConstraint',
    broken: ({ basicConstraints, keyUsage }) =>
      basicConstraints?.pathLenConstraint !== undefined && !keyUsage?.includes('keyCertSign')
        ? ['no pathLenConstraint without keyCertSign', `${basicConstraints.pathLenConstraint}`]
        : undefined,
  },
  critical('4.2.1.10', 'nameConstraints'),
  critical('4.2.1.11', 'policyConstraints'),
  critical('4.2.1.14', 'inhibitAnyPolicy'),
]

const ids = {
  authorityKeyIdentifier: '2.5.29.35',
  basicConstraints: '2.5.29.19',
  inhibitAnyPolicy: '2.5.29.54',
  nameConstraints: '2.5.29.30',
  policyConstraints: '2.5.29.36',
  subjectAltName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
} as const

/** Whether a certificate has this extension as a critical one; undefined where it has not got it. */
export function isCritical({ extensions }: Certificate, id: string): boolean | undefined {
  return extensions.find(({ oid }) => oid === id)?.critical
}

/** Whether a certificate calls itself an authority's. */
export function authority({ basicConstraints }: Certificate): boolean {
  return basicConstraints?.cA === true
}

// "Conforming CAs MUST mark this extension as critical."
function critical(section: string, field: keyof typeof ids): ProfileRule {
  return {
    ...{ code: 'ERR_X509_PROFILE', section: `RFC 5280 ${section}`, field },
    broken: certificate =>
      isCritical(certificate, ids[field]) === false
        ? [`critical ${field}`, 'a non-critical one']
        : undefined,
  }
}

// "Conforming CAs MUST mark this extension as non-critical."
function notCritical(
  code: ProfileRule['code'],
  section: string,
  field: keyof typeof ids,
): ProfileRule {
  return {
    ...{ code, section: `RFC 5280 ${section}`, field },
    broken: certificate =>
      isCritical(certificate, ids[field])
        ? [`a non-critical ${field}`, 'a critical one']
        : undefined,
  }
}
