/** What a verification is asked, and what it answers. */
import type { CryptoProvider } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import type { KeyUsage } from './extensions.ts'
import type { X509Failure } from './failure.ts'
import type { Pins } from './pins.ts'
import type { PolicyInputs, PolicySets } from './policy.ts'
import { type Problem, type VerifyCode, verifyCodes } from './problem.ts'
import type { Profile } from './profile.ts'
import type { RevocationOptions, RevocationStatus } from './revocation-options.ts'
import type { Purpose } from './rules.ts'
import type { TrustStore } from './trust-store.ts'
import type { VerifyCache } from './verify-cache.ts'
import { verifyErrorOf } from './verify-codes.ts'

export interface VerifyOptions {
  /** DER, the peer's own first, the rest in any order; what belongs to no path is ignored (RFC 9846 §4.5.1). */
  readonly chain: readonly Uint8Array[]
  /** Undefined: nobody is believed but the owner of a key in `pins`. Then nothing is known above the peer's own certificate, and its signature is not looked at. */
  readonly anchors: TrustStore | undefined
  /** The path has to have one of these keys: the peer's, an intermediate's or the anchor's. Without `anchors`, the peer's. */
  readonly pins?: Pins | undefined
  /** Milliseconds since 1970. */
  readonly time: number
  /** What the peer's key is for: `serverAuth` when we are the client. */
  readonly purpose: Purpose
  /** What the peer's keyUsage has to allow, where it has one: nothing in particular. For TLS it is digitalSignature (RFC 9846 §4.5.1.2). */
  readonly keyUsage?: readonly KeyUsage[] | undefined
  /** What the certificate must name: a host name, an IP address, a mailbox behind `email:`, or any one of several; undefined for whatever it names. */
  readonly name?: string | readonly string[] | undefined
  /** Whether a wildcard in a certificate stands for a label: true. */
  readonly allowWildcards?: boolean | undefined
  readonly crypto: Pick<CryptoProvider, 'publicKey'>
  /** Bits that an RSA modulus must at least have: 2048. */
  readonly minimumRsaBits?: number | undefined
  /**
   * Whether an anchor that is not self-signed ends a path (X509_V_FLAG_PARTIAL_CHAIN). False, as in node:tls, whose option of this
   * name it is: a path then has to go on to a self-signed anchor, and an intermediate among the anchors only helps to get there.
   */
  readonly allowPartialTrustChain?: boolean | undefined
  /** What certificates have to be beyond what RFC 5280 §6.1 looks at: nothing (`rfc5280`). */
  readonly profile?: Profile | undefined
  /** What is asked of certificate policies: nothing, unless a certificate of the path asks. */
  readonly policies?: PolicyInputs | undefined
  readonly limits?: Partial<VerifyLimits> | undefined
  /** What earlier verifications with these primitives found; none, and each starts anew. It changes what a verdict costs, never the verdict. */
  readonly cache?: VerifyCache | undefined
  /** Whether certificates have been revoked: nobody is asked. */
  readonly revocation?: RevocationOptions | undefined
  /**
   * What is put up with: a problem of this code, of the certificate at this depth of a path. Everything else is looked at as ever, so that
   * the verdict says whether there is more. A chain that is too long, what is no certificate, and a key that cannot be used are not put up with.
   */
  readonly forgiven?: readonly Forgiven[] | undefined
}

/** A failing verdict is one. */
export interface Forgiven {
  readonly code: VerifyCode
  readonly depth: number
}

/** Whether a problem is put up with. */
export function isForgiven(
  { forgiven }: Pick<VerifyOptions, 'forgiven'>,
  code: VerifyCode,
  depth: number,
): boolean {
  if (forgiven === undefined || hard.includes(code)) return false
  return forgiven.some(one => one.code === code && one.depth === depth)
}

const hard: readonly VerifyCode[] = [
  'CERT_CHAIN_TOO_LONG',
  'ERR_X509_MALFORMED',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_CERTS_PUBLIC_KEY',
  'UNSPECIFIED',
]

/** What one verification may cost. */
export interface VerifyLimits {
  /** Intermediates between the peer's certificate and the anchor, but for self-issued ones (RFC 5280 §6.1.4 (l)): 10. */
  readonly depth: number
  /** Signatures that are checked, those of CRLs and OCSP responses too: 20. */
  readonly signatures: number
  /** Bytes of all certificates together: 102 400, OpenSSL's SSL_CTX_set_max_cert_list(3). */
  readonly chainBytes: number
  /** Comparisons of a name with a name constraint, and policies that are followed along a path: 262 144. */
  readonly comparisons: number
}

/** Whether a chain is believed; every field is plain data. */
export type Verdict =
  | {
      readonly ok: true
      /** From the peer's certificate to the anchor, both included. */
      readonly path: readonly Certificate[]
      /** The certificate policies that the path is valid for; undefined where no path was looked at. */
      readonly policies?: PolicySets
      /** The presented identifier that matched `name`. */
      readonly name?: string
      /** What is known of the standing of each certificate of the path, in its order; there where `revocation` asks. */
      readonly revocation?: readonly RevocationStatus[]
    }
  | {
      readonly ok: false
      /**
       * The path that was tried, from the peer's certificate up, as far as it got: `path[depth]` is the one at fault, but for bytes that
       * are no certificate. Nothing in it is to be believed.
       */
      readonly path: readonly Certificate[]
      readonly code: VerifyCode
      /** OpenSSL's X509_V_ERR_ number of it. */
      readonly number: number
      /** Which certificate of the path is at fault: 0 is the peer's. */
      readonly depth: number
      /**
       * Which of its fields, in RFC 5280's words: one of tbsCertificate (`validity.notAfter`) or of an extension (`basicConstraints.cA`). Undefined where it
       * is no one field.
       */
      readonly field?: string
      /** What was expected and what came. */
      readonly why: string
      /** The section that was broken: `4.5.1.2`, or `RFC 5280 4.2.1.9` for another RFC than 9846. */
      readonly section: string
    }

/** The verdict that a problem at this depth of a path makes. */
export function refused(depth: number, problem: Problem, path: readonly Certificate[]): Verdict {
  const row: { readonly section: string; readonly field?: string } = verifyCodes[problem.code]
  const { code, why, section = row.section, field = row.field } = problem
  return {
    ...{ ok: false, path, code, number: verifyErrorOf(code).number, depth, why, section },
    ...(field === undefined ? {} : { field }),
  }
}

/** Bytes that are no certificate, as a problem. */
export function malformed(failure: X509Failure): Problem {
  return { code: 'ERR_X509_MALFORMED', why: failure.why, section: failure.section }
}
