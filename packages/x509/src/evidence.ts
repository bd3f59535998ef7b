/** What one CRL, or one OCSP response, says of a certificate, and what those who ask have in common. */
import type { CryptoProvider } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import type { Problem } from './problem.ts'
import type { RevocationOptions, RevocationSource } from './revocation-options.ts'

export type Evidence = Good | Doubt

/** It was not revoked when this was said. */
export interface Good {
  readonly is: 'good'
  readonly by: RevocationSource
  /** Milliseconds since 1970. */
  readonly thisUpdate?: number
  readonly nextUpdate?: number | undefined
}

/** It is revoked, or this is nothing to go by. */
export interface Doubt {
  readonly is: 'revoked' | 'doubt'
  readonly by: RevocationSource
  readonly problem: Problem
}

/** What all that is looked at has in common. */
export interface Inquiry {
  readonly options: RevocationOptions
  readonly time: number
  readonly minimumRsaBits: number
  /** Counts signatures: `verify` answers false where there are none left, and `spent` is true from then on. */
  readonly crypto: Pick<CryptoProvider, 'publicKey'>
  readonly spent: () => boolean
  /** Certificates of a name beside the path. */
  readonly others: (like: Certificate) => readonly Certificate[]
}
