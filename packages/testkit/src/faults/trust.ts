/** Faults of time, authority, purpose and trust: what RFC 5280 section 6.1 asks of each certificate in its place. */
import { keyPurposes } from '@biopair/x509'
import { octetString, sequence } from '../der-writer.ts'
import { extension, nameConstraints, policyConstraints } from '../extensions.ts'
import { extended, table, without } from './fault.ts'

const day = 86_400_000

export const trustFaults = table({
  expired: {
    says: 'has expired',
    at: 'any',
    change: (plain, _, { time }) => ({ ...plain, notAfter: time - 1000 }),
    code: 'CERT_HAS_EXPIRED',
    field: 'validity.notAfter',
  },
  notYetValid: {
    says: 'is not yet valid',
    at: 'any',
    change: (plain, _, { time }) => ({ ...plain, notBefore: time + day }),
    code: 'CERT_NOT_YET_VALID',
    field: 'validity.notBefore',
  },
  unknownIssuer: {
    says: 'names an issuer that is nowhere',
    at: 'signed',
    change: plain => ({ ...plain, issuerName: 'nobody' }),
    code: depth =>
      depth === 0 ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    field: 'issuer',
  },
  selfSigned: {
    says: 'has signed itself and is no anchor',
    at: 'signed',
    change: plain => ({ ...plain, signedBy: 'itself' }),
    code: depth => (depth === 0 ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'SELF_SIGNED_CERT_IN_CHAIN'),
    field: 'issuer',
  },
  notCa: {
    says: 'has cA FALSE',
    at: 'issuer',
    change: plain => ({
      ...plain,
      ca: false,
      keyUsage: 'none',
      extKeyUsage: 'none',
      names: plain.names ?? [],
    }),
    code: 'INVALID_CA',
    field: 'basicConstraints.cA',
  },
  noBasicConstraints: {
    says: 'has no basicConstraints',
    at: 'issuer',
    change: plain => ({ ...plain, ca: 'none', keyUsage: [5, 6], extKeyUsage: 'none' }),
    code: 'INVALID_CA',
    field: 'basicConstraints.cA',
  },
  version1Authority: {
    says: 'is an authority of version 1',
    at: 'intermediate',
    change: plain => ({ ...plain, version: 1 }),
    code: 'INVALID_CA',
    field: 'basicConstraints.cA',
  },
  noKeyCertSign: {
    says: 'may not sign certificates',
    at: 'issuer',
    change: plain => ({ ...plain, keyUsage: ['digitalSignature', 'cRLSign'] }),
    code: 'INVALID_CA',
    field: 'keyUsage',
  },
  pathLengthExceeded: {
    says: 'has a pathLenConstraint that is exceeded',
    at: 'issuer',
    least: 2,
    change: (plain, depth) => ({ ...plain, ca: depth - 2 }),
    code: 'PATH_LENGTH_EXCEEDED',
    field: 'basicConstraints.pathLenConstraint',
  },
  wrongPurpose: {
    says: 'is for another purpose',
    at: 'any',
    change: plain => ({ ...plain, extKeyUsage: [keyPurposes.clientAuth] }),
    code: 'INVALID_PURPOSE',
    field: 'extKeyUsage',
  },
  anyPurposeLeaf: {
    says: 'is for any purpose but names none',
    at: 'leaf',
    change: plain => ({ ...plain, extKeyUsage: [keyPurposes.anyExtendedKeyUsage] }),
    code: 'INVALID_PURPOSE',
    field: 'extKeyUsage',
  },
  noDigitalSignature: {
    says: 'may not sign handshakes',
    at: 'leaf',
    change: plain => ({ ...plain, keyUsage: ['nonRepudiation'] }),
    code: 'INVALID_PURPOSE',
    field: 'keyUsage',
  },
  version1Leaf: {
    says: 'is a leaf of version 1',
    at: 'leaf',
    change: plain => ({ ...plain, version: 1 }),
    code: 'INVALID_PURPOSE',
    field: 'version',
  },
  unknownCritical: {
    says: 'has a critical extension that nobody knows',
    at: 'any',
    change: plain => extended(plain, extension('1.3.6.1.4.1.55738.666.1', true, octetString())),
    code: 'UNHANDLED_CRITICAL_EXTENSION',
    field: 'extensions',
  },
  constraintsInLeaf: {
    says: 'has name constraints and is no authority',
    at: 'leaf',
    change: plain => extended(plain, nameConstraints(['example'])),
    code: 'INVALID_EXTENSION',
    field: 'nameConstraints',
  },
  explicitPolicyRequired: {
    says: 'requires an explicit policy, and there is none',
    at: 'signed',
    // Without policies of its own, so that no policy is left.
    change: plain =>
      extended(without(plain, '2.5.29.32'), policyConstraints({ requireExplicitPolicy: 0 })),
    code: 'NO_EXPLICIT_POLICY',
    // The next one below is where it counts (RFC 5280 §6.1.4 (i)).
    blames: depth => Math.max(0, depth - 1),
    field: 'certificatePolicies',
  },
  negativeSerial: {
    says: 'has a negative serial number',
    at: 'signed',
    change: plain => ({ ...plain, serial: { content: Uint8Array.of(0x80, 1) } }),
    code: 'ERR_X509_MALFORMED',
    field: 'serialNumber',
  },
  longSerial: {
    says: 'has a serial number of 21 octets',
    at: 'signed',
    change: plain => ({ ...plain, serial: new Uint8Array(21).fill(0x7f) }),
    code: 'ERR_X509_MALFORMED',
    field: 'serialNumber',
  },
  malformedConstraint: {
    says: 'has a name constraint that says nothing',
    at: 'intermediate',
    change: plain => extended(plain, extension('2.5.29.30', true, sequence())),
    code: 'ERR_X509_MALFORMED',
    blames: () => 1,
  },
})
