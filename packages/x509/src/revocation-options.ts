/** What a verification is asked about revocation, and what it reports. */
import type { CryptoProvider } from '@biopair/crypto'
import type { CrlStore } from './crl-store.ts'
import type { VerifyCode } from './problem.ts'

/** What is asked. Nothing is fetched: what there is to go by is given. */
export interface RevocationOptions {
  /**
   * - `off`: nobody is asked
   * - `soft`: whatever says, believably, that a certificate is revoked refuses it; of others nothing has to be known
   * - `hard`: each has to be shown good
   */
  readonly check: 'off' | 'soft' | 'hard'
  /** Which certificates: `chain`, all below the anchor, or the peer's alone. */
  readonly scope?: 'leaf' | 'chain' | undefined
  readonly crls?: CrlStore | undefined
  /** OCSP responses that the application has, DER, about whomever. */
  readonly ocsp?: readonly Uint8Array[] | undefined
  /** What came with each certificate of `chain`, in its order. */
  readonly stapled?: readonly (Uint8Array | undefined)[] | undefined
  /** True where the peer's certificate was shown good when its session began, by a response that is not there any more. */
  readonly knownGood?: boolean | undefined
  /** For CertIDs of OCSP that are made with SHA-2; SHA-1 is known anyhow. */
  readonly hashes?: CryptoProvider['hashes'] | undefined
  /** Milliseconds that the clocks of those who speak may be off: 300 000. */
  readonly skew?: number | undefined
}

/** What is known of one certificate of a path; every field is plain data. */
export interface RevocationStatus {
  readonly depth: number
  /**
   * - `good`: it was not revoked at `thisUpdate`
   * - `unknown`: nothing that can be believed says either
   * - `revoked`: so it is, and that is put up with (`forgiven`)
   * - `not_checked`: an anchor, or beyond the scope
   */
  readonly status: 'good' | 'unknown' | 'revoked' | 'not_checked'
  /** What says so, the most recent: a CRL, an OCSP response that was given or stapled, or what the session's beginning showed. */
  readonly by?: RevocationSource
  /** Milliseconds since 1970. */
  readonly thisUpdate?: number
  /** Undefined where newer information is always to be had. */
  readonly nextUpdate?: number
  /** What was there and counts for nothing, and why. */
  readonly doubts: readonly RevocationDoubt[]
}

export type RevocationSource = 'crl' | 'ocsp' | 'stapled' | 'session'

export interface RevocationDoubt {
  readonly by: RevocationSource
  readonly code: VerifyCode
  /** What was expected and what came. */
  readonly why: string
  readonly section: string
}
