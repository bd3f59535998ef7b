/** Where `openssl verify` and `verifyChain` do not say the same of a chain, and why. What is not here, they agree on. */
import type { FaultName } from '@biopair/testkit/mint'
import type { VerifyCode } from '@biopair/x509'

/** OpenSSL's number of each code (X509_STORE_CTX_get_error(3)); `unreadable` where it does not get as far as verifying. */
export const numbers: Readonly<Partial<Record<VerifyCode, readonly Answer[]>>> = {
  CERT_NOT_YET_VALID: [9],
  CERT_HAS_EXPIRED: [10],
  CERT_SIGNATURE_FAILURE: [7],
  DEPTH_ZERO_SELF_SIGNED_CERT: [18],
  SELF_SIGNED_CERT_IN_CHAIN: [19],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [20],
  // node:tls's name where the leaf's issuer is missing; OpenSSL's own 21 is for a chain that ends at a leaf that is trusted.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [20],
  INVALID_CA: [24, 79],
  PATH_LENGTH_EXCEEDED: [25],
  INVALID_PURPOSE: [26],
  UNHANDLED_CRITICAL_EXTENSION: [34],
  NO_EXPLICIT_POLICY: [43],
  PERMITTED_VIOLATION: [47],
  EXCLUDED_VIOLATION: [48],
  // One number for host names, one for addresses.
  ERR_TLS_CERT_ALTNAME_INVALID: [62, 64],
  EE_KEY_TOO_SMALL: [66],
  CA_KEY_TOO_SMALL: [67],
  CA_MD_TOO_WEAK: [68],
  // What cannot be read is no leaf, and nobody's issuer.
  ERR_X509_MALFORMED: ['unreadable', 20],
}

export type Answer = number | 'unreadable'

/** What OpenSSL says where it says something else, and why that is. */
export interface Disagreement {
  /** 0 where it believes the chain. */
  readonly says: readonly Answer[]
  /** With -x509_strict, where that is not the same. */
  readonly strict?: readonly Answer[]
  readonly why: string
}

const ber = (says: readonly Answer[] = [0], strict?: readonly Answer[]): Disagreement => ({
  says,
  ...(strict && { strict }),
  why: 'OpenSSL reads BER; RFC 5280 4.1 has certificates in DER, which we hold them to',
})

export const disagreements: Readonly<Partial<Record<FaultName, Disagreement>>> = {
  noBasicConstraints: {
    says: [0, 79],
    strict: [79],
    why: 'OpenSSL takes a self-signed anchor of version 3 without basicConstraints for an authority, unless it is strict',
  },
  version1Leaf: {
    says: [0],
    why: 'OpenSSL asks nothing of the version of a leaf; RFC 9846 4.5.1.2 wants version 3',
  },
  constraintsInLeaf: {
    says: [0],
    why: 'OpenSSL does not look; RFC 5280 4.2.1.10 has name constraints in authorities alone',
  },
  explicitPolicyRequired: {
    says: [43],
    why: 'both refuse; OpenSSL blames the path as a whole and says depth 0, we say where no policy is left',
  },
  negativeSerial: { says: [0], why: 'OpenSSL does not look; RFC 5280 4.1.2.2 forbids it' },
  longSerial: { says: [0], why: 'OpenSSL does not look; RFC 5280 4.1.2.2 has 20 octets at most' },
  malformedConstraint: {
    says: [0],
    why: 'OpenSSL lets an empty NameConstraints be; RFC 5280 4.2.1.10: "MUST NOT issue"',
  },
  commonNameAlone: {
    says: [0],
    why: 'OpenSSL takes the common name where there is no dNSName; RFC 9525 2 has no such thing',
  },
  noAltName: {
    says: [0],
    why: 'OpenSSL takes the common name where there is no dNSName; RFC 9525 2 has no such thing',
  },
  excludedByWildcard: {
    says: [0],
    why: 'OpenSSL compares the wildcard as a name; we do as it may stand for an excluded one',
  },
  permittedDirectory: {
    says: [47],
    why: 'both find a name that is not permitted; OpenSSL blames the first from the root down, we the first from the leaf up',
  },
  unknownSignature: {
    says: [20],
    why: 'OpenSSL takes nobody for the issuer whose key does not fit the algorithm; our code says which algorithm it was',
  },
  offCurve: {
    says: [20],
    why: 'OpenSSL takes nobody for the issuer whose key it cannot decode; our code says that it is the key',
  },
  unknownKey: {
    says: [0],
    why: 'OpenSSL verify does not ask what the key of a leaf is for; it could not sign a handshake',
  },
  hugeExponent: {
    says: [0],
    why: 'OpenSSL has a bound on exponents for moduli of more than 3072 bits alone',
  },
  explicitCurve: {
    says: [94],
    why: 'both refuse a curve that is spelt out; OpenSSL has a code of its own for it',
  },
  mismatchedAlgorithm: {
    says: [7],
    strict: [78, 7],
    why: 'both refuse; OpenSSL says so by the signature, and has a code of its own where it is strict',
  },
  longLength: ber(),
  longLengthOutside: ber(),
  longLengthOfAlgorithm: ber(),
  indefiniteLength: ber(),
  looseBoolean: ber(),
  unusedBits: ber(),
  trailingBytes: ber(),
  oddSignature: ber([7]),
  version4: { says: [0], why: 'OpenSSL does not look; there is no version 4' },
  noExtensions: {
    says: [0, 20, 79],
    strict: [85, 79],
    why: 'OpenSSL takes an empty list of extensions for none, which an authority cannot have',
  },
  extensionsInVersion1: {
    says: [0],
    strict: [93],
    why: 'OpenSSL looks where it is strict; RFC 5280 4.1.2.9: "MUST only appear if the version is 3"',
  },
  pathLengthOfLeaf: {
    says: [0],
    strict: [80],
    why: 'OpenSSL looks where it is strict; RFC 5280 4.2.1.9: "MUST NOT include"',
  },
  emptyAltName: {
    says: [0],
    strict: [87],
    why: 'OpenSSL looks where it is strict; the ASN.1 of RFC 5280 4.2.1.6 has SIZE (1..MAX)',
  },
  shortAddress: {
    says: [0],
    why: 'OpenSSL does not look at a name that it does not compare; RFC 5280 4.2.1.6: "MUST contain"',
  },
  compressedPoint: {
    says: [0],
    why: 'OpenSSL decompresses points; RFC 5480 2.2 allows it, and no profile of the web uses it',
  },
  timeWithoutSeconds: times(),
  timeWithOffset: times(),
  timeWithFraction: times(),
  impossibleTime: times(),
  constraintWithMinimum: {
    says: [49],
    why: 'OpenSSL looks when it compares a name; for us such constraints are malformed',
  },
  gapInMask: {
    says: [47],
    why: 'OpenSSL compares with any mask; RFC 5280 4.2.1.10 has those of RFC 4632, which have no gap',
  },
}

function times(): Disagreement {
  return {
    says: [13],
    why: 'both refuse the time; OpenSSL has a code of its own for it, where it compares',
  }
}

/** Faults that OpenSSL cannot be asked about. */
export const notAsked: Readonly<Partial<Record<FaultName, string>>> = {
  mlDsaKeyUsage:
    'OpenSSL knows ML-DSA from version 3.5 on: to an older one the sound chain is none',
}
