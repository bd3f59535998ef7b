/** Chains for tests: sound ones of any length, and each fault that one certificate of a chain can have. */
import type { KeyObject } from 'node:crypto'
import type { AlertName } from '@biopair/wire'
import type { VerifyCode } from '@biopair/x509'
import { implicit, sequence } from '../support/der-writer.ts'
import {
  clientAuth,
  extension,
  freshKey,
  type Minted,
  type MintOptions,
  mint,
  nameConstraints,
} from '../support/mint.ts'

export const hostName = 'server.example'
/** When tests verify, unless they say otherwise. */
export const now = Date.UTC(2026, 5, 1)

/** Keys are dear: one per place in a chain, shared by every chain of a process. */
const keys = Array.from({ length: 7 }, (_, depth) => freshKey(depth === 0 ? 'ed25519' : 'p256'))
const weakKey = freshKey('rsa-1024')

/** What to mint at each place: the leaf first, the root last. */
export type Plan = readonly MintOptions[]

/** A sound plan with this many intermediates (0 to 5). */
export function soundPlan(intermediates: number): Plan {
  return Array.from({ length: intermediates + 2 }, (_, depth) => ({
    subject: depth === 0 ? hostName : depth <= intermediates ? `intermediate ${depth}` : 'root',
    key: keys[depth] as KeyObject,
    ca: depth === 0 ? false : depth <= intermediates ? depth - 1 : true,
  }))
}

/** Mints a plan, from the root down; answers leaf first. */
export function mintPlan(plan: Plan): readonly Minted[] {
  let issuer: Minted | undefined
  const made: Minted[] = []
  for (const options of plan.toReversed()) {
    issuer = mint({ ...options, issuer })
    made.unshift(issuer)
  }
  return made
}

/** One thing that can be wrong with one certificate. */
export interface Fault {
  readonly name: string
  /** Where it can be. */
  readonly at: 'leaf' | 'intermediate' | 'issuer' | 'signed' | 'any'
  /** The change to the certificate that is at fault; `below` is the number of intermediates under it. */
  readonly change: (depth: number) => MintOptions
  /** Whether it takes an intermediate below. */
  readonly needsBelow?: boolean
  readonly code: VerifyCode | ((depth: number) => VerifyCode)
  readonly alert: AlertName
  /** The depth that is blamed, where it is not the certificate's own. */
  readonly blames?: 0 | 'below'
  /** OpenSSL's numbers for it; `accepts` where OpenSSL is content. */
  readonly openssl: readonly number[] | 'accepts'
}

const unknownExtension = extension('1.3.6.1.4.1.55738.666.1', true, sequence())

export const faults: readonly Fault[] = [
  {
    name: 'has expired',
    at: 'any',
    change: () => ({ notAfter: Date.UTC(2026, 0, 1) }),
    code: 'CERT_HAS_EXPIRED',
    alert: 'certificate_expired',
    openssl: [10],
  },
  {
    name: 'is not yet valid',
    at: 'any',
    change: () => ({ notBefore: Date.UTC(2027, 0, 1) }),
    code: 'CERT_NOT_YET_VALID',
    alert: 'certificate_expired',
    openssl: [9],
  },
  {
    name: 'has a critical extension that nobody knows',
    at: 'any',
    change: () => ({ extensions: [unknownExtension] }),
    code: 'UNHANDLED_CRITICAL_EXTENSION',
    alert: 'unsupported_certificate',
    openssl: [34],
  },
  {
    name: 'has cA FALSE',
    at: 'issuer',
    change: () => ({ ca: false, keyUsage: [0, 5], extKeyUsage: 'none', names: [] }),
    code: 'INVALID_CA',
    alert: 'unknown_ca',
    openssl: [24, 79],
  },
  {
    name: 'has no basicConstraints',
    at: 'intermediate',
    change: () => ({ ca: 'none', keyUsage: 'none', extKeyUsage: 'none', names: [] }),
    code: 'INVALID_CA',
    alert: 'unknown_ca',
    openssl: [24, 79],
  },
  {
    name: 'is of version 1',
    at: 'intermediate',
    change: () => ({ version: 1 }),
    code: 'INVALID_CA',
    alert: 'unknown_ca',
    openssl: [24, 79],
  },
  {
    name: 'may not sign certificates',
    at: 'issuer',
    change: () => ({ keyUsage: [0, 6] }),
    code: 'INVALID_CA',
    alert: 'unknown_ca',
    openssl: [20, 79],
  },
  {
    name: 'has a pathLenConstraint that is exceeded',
    at: 'issuer',
    needsBelow: true,
    change: depth => ({ ca: depth - 2 }),
    code: 'PATH_LENGTH_EXCEEDED',
    alert: 'unknown_ca',
    openssl: [25],
  },
  {
    name: 'is for another purpose',
    at: 'any',
    change: () => ({ extKeyUsage: [clientAuth] }),
    code: 'INVALID_PURPOSE',
    alert: 'unsupported_certificate',
    openssl: [26],
  },
  {
    name: 'is for any purpose but names none',
    at: 'leaf',
    change: () => ({ extKeyUsage: ['2.5.29.37.0'] }),
    code: 'INVALID_PURPOSE',
    alert: 'unsupported_certificate',
    openssl: [26],
  },
  {
    name: 'may not sign handshakes',
    at: 'leaf',
    change: () => ({ keyUsage: [2] }),
    code: 'INVALID_PURPOSE',
    alert: 'unsupported_certificate',
    openssl: 'accepts',
  },
  {
    name: 'is a leaf of version 1',
    at: 'leaf',
    change: () => ({ version: 1 }),
    code: 'INVALID_PURPOSE',
    alert: 'unsupported_certificate',
    openssl: 'accepts',
  },
  {
    name: 'has a damaged signature',
    at: 'signed',
    change: () => ({ spoilSignature: flipLastBit }),
    code: 'CERT_SIGNATURE_FAILURE',
    alert: 'bad_certificate',
    openssl: [7],
  },
  {
    name: 'is signed with SHA-1',
    at: 'signed',
    change: () => ({ signing: { hash: 'sha1' } }),
    code: 'CA_MD_TOO_WEAK',
    alert: 'bad_certificate',
    openssl: [68],
  },
  {
    name: 'has a key that is too small',
    at: 'any',
    change: () => ({ key: weakKey }),
    code: depth => (depth === 0 ? 'EE_KEY_TOO_SMALL' : 'CA_KEY_TOO_SMALL'),
    alert: 'bad_certificate',
    openssl: [66, 67],
  },
  {
    name: 'names an issuer that is nowhere',
    at: 'signed',
    change: () => ({ issuerName: 'nobody' }),
    code: depth =>
      depth === 0 ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    alert: 'unknown_ca',
    openssl: [20],
  },
  {
    name: 'has another subject alternative name',
    at: 'leaf',
    change: () => ({ names: ['other.example'] }),
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    alert: 'bad_certificate',
    openssl: [62],
  },
  {
    name: 'has its name in the common name alone',
    at: 'leaf',
    change: () => ({ names: ['192.0.2.1'] }),
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    alert: 'bad_certificate',
    openssl: 'accepts',
  },
  {
    name: 'permits other names',
    at: 'issuer',
    change: () => ({ extensions: [nameConstraints(['other.example'])] }),
    code: 'PERMITTED_VIOLATION',
    alert: 'certificate_unknown',
    blames: 0,
    openssl: [47],
  },
  {
    name: 'excludes the name',
    at: 'issuer',
    change: () => ({ extensions: [nameConstraints([], ['example'])] }),
    code: 'EXCLUDED_VIOLATION',
    alert: 'certificate_unknown',
    blames: 0,
    openssl: [48],
  },
  {
    name: 'has name constraints and is no authority',
    at: 'leaf',
    change: () => ({ extensions: [nameConstraints(['example'])] }),
    code: 'INVALID_EXTENSION',
    alert: 'certificate_unknown',
    openssl: 'accepts',
  },
  {
    name: 'has a serial number of 21 octets',
    at: 'signed',
    change: () => ({ serial: new Uint8Array(21).fill(0x7f) }),
    code: 'ERR_X509_MALFORMED',
    alert: 'bad_certificate',
    openssl: 'accepts',
  },
  {
    name: 'requires an explicit policy',
    at: 'any',
    change: () => ({
      extensions: [extension('2.5.29.36', true, sequence(implicit(0, Uint8Array.of(0))))],
    }),
    code: 'NO_EXPLICIT_POLICY',
    alert: 'certificate_unknown',
    blames: 'below',
    openssl: 'accepts',
  },
]

/** The places (depths) where a fault can be in a chain with this many intermediates. */
export function placesOf(fault: Fault, intermediates: number): readonly number[] {
  const depths = Array.from({ length: intermediates + 2 }, (_, depth) => depth)
  return depths.filter(depth => {
    if (fault.needsBelow === true && depth < 2) return false
    if (fault.at === 'leaf') return depth === 0
    if (fault.at === 'intermediate') return depth > 0 && depth <= intermediates
    if (fault.at === 'issuer') return depth > 0
    return fault.at === 'any' || depth <= intermediates
  })
}

/** A sound plan with one fault. */
export function faultyPlan(fault: Fault, depth: number, intermediates: number): Plan {
  return soundPlan(intermediates).map((options, i) =>
    i === depth ? { ...options, ...fault.change(depth) } : options,
  )
}

function flipLastBit(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(signature)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}
