/** `checkCrl`: what does this CRL say, now and believably, about a certificate? (RFC 5280 §6.3.3) */
import type { CryptoProvider } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import type { CrlEntry } from './crl-entries.ts'
import { crlSignerProblem, type SignerQuestion } from './crl-signer.ts'
import { allReasons, distributionPoints, pointNames, share } from './distribution-points.ts'
import { isX509Failure } from './failure.ts'
import type { GeneralName } from './general-name.ts'
import type { Problem } from './problem.ts'
import { date } from './rules.ts'

/** What is asked. `certificate` was issued by `issuer`, and `issuer` is believed already. */
export interface CrlQuestion {
  readonly crl: Crl
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** Milliseconds since 1970. */
  readonly time: number
  readonly crypto: Pick<CryptoProvider, 'publicKey'>
  /** Milliseconds that the issuer's clock may be off: 300 000. */
  readonly skew?: number | undefined
  /** Bits that an RSA modulus must at least have: 2048. */
  readonly minimumRsaBits?: number | undefined
}

/** The answer; every field is plain data. */
export type CrlVerdict =
  | {
      readonly ok: true
      /** Milliseconds since 1970. */
      readonly thisUpdate: number
      readonly nextUpdate: number
      /** For which reasons it would be listed here, as a set: see `allReasons`. */
      readonly reasons: number
    }
  | ({ readonly ok: false } & Problem)

/**
 * Checks one CRL that the issuer of a certificate has signed with the key of that very certificate. A pure function of its arguments; nothing in the CRL
 * makes it throw. It costs one signature, or none where the CRL is not about this certificate.
 */
export function checkCrl(question: CrlQuestion): CrlVerdict {
  const { crl, certificate, issuer, time, crypto, skew, minimumRsaBits = 2048 } = question
  if (!crl.issuer.equals(issuer.subject) || !issuer.subject.equals(certificate.issuer))
    return {
      ok: false,
      code: 'UNABLE_TO_GET_CRL',
      why: 'expected a CRL of the issuer, got another',
    }
  const memory: SignerQuestion['memory'] = { signed: (_crl, _by, check) => check() }
  return judgeCrl(
    { crl, certificate, time, skew, hold: true },
    {
      crl,
      signers: [{ certificate: issuer }],
      time,
      crypto,
      minimumRsaBits,
      memory,
      spent: () => false,
    },
  )
}

/** What is asked of one CRL among several. */
export interface CrlCase {
  readonly crl: Crl
  readonly certificate: Certificate
  readonly time: number
  readonly skew?: number | undefined
  /** Whether certificateHold counts: no newer CRL says that it is over. */
  readonly hold: boolean
  /** Reasons that are covered already: a CRL that adds none and lists nothing needs no signature checked. Undefined is no such CRL. */
  readonly covered?: number
}

/** The steps of RFC 5280 §6.3.3; the certificate's issuer is the CRL's by name. */
export function judgeCrl(asked: CrlCase, signer: SignerQuestion): CrlVerdict {
  const { crl, certificate } = asked
  const scope = crlScope(crl, certificate)
  if (typeof scope !== 'number') return { ok: false, ...scope }
  if (crl.unknownCritical.length > 0)
    return {
      ok: false,
      code: 'UNHANDLED_CRITICAL_CRL_EXTENSION',
      why: `expected critical extensions that we process in the CRL, got ${crl.unknownCritical.join(', ')}`,
    }
  const problem = crlSignerProblem(signer)
  if (problem) return { ok: false, ...problem }
  const stale = staleness(asked)
  // A revocation does not end with the CRL that says so; that a certificate is on hold may have.
  const listed = crl.entries
    .find(certificate.serialNumber)
    .find(({ reasonCode }) => reasonCode !== certificateHold || (asked.hold && !stale))
  if (listed) return { ok: false, ...revoked(listed) }
  if (stale) return { ok: false, ...stale }
  return { ok: true, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate, reasons: scope }
}

const certificateHold = 6

/** For which reasons this CRL would list this certificate, or why it would not. RFC 5280 §6.3.3 (b), (d). */
export function crlScope(crl: Crl, certificate: Certificate): number | Problem {
  const other = (why: string, section = 'RFC 5280 5.2.5'): Problem => ({
    code: 'DIFFERENT_CRL_SCOPE',
    why,
    section,
  })
  const {
    distributionPoint,
    only,
    onlySomeReasons = allReasons,
  } = crl.issuingDistributionPoint ?? everything
  const authority = certificate.basicConstraints?.cA === true
  if (only && only !== (authority ? 'authorities' : 'user certificates'))
    return other(
      `expected a CRL about ${authority ? 'authorities' : 'user certificates'}, got one about ${only} alone`,
    )
  // A CRL about everything needs no word of the certificate's, however that is written.
  if (!distributionPoint) return onlySomeReasons
  const points = distributionPoints(certificate)
  if (isX509Failure(points)) return other(points.why, points.section)
  const ours: readonly GeneralName[] = [{ kind: 'directoryName', name: certificate.issuer }]
  // "assume a DP with both the reasons and the cRLIssuer fields omitted and a distribution point name of the certificate issuer."
  const implied = { names: ours, reasons: allReasons }
  const named = points.flatMap(({ distributionPoint: point, reasons, indirect }) =>
    point && !indirect ? [{ names: pointNames(point, certificate.issuer), reasons }] : [],
  )
  const theirs = pointNames(distributionPoint, crl.issuer)
  const reasons = [implied, ...named]
    .filter(({ names }) => share(names, theirs))
    .reduce((all, point) => all | point.reasons, 0)
  if (reasons === 0)
    return other('expected a CRL of a distribution point of the certificate, got that of another')
  return reasons & onlySomeReasons
}

const everything = { distributionPoint: undefined, only: undefined, onlySomeReasons: allReasons }

/** Whether the time of a CRL is over, or has not come. */
function staleness({ crl, time, skew = 300_000 }: CrlCase): Problem | undefined {
  const { thisUpdate, nextUpdate } = crl
  if (time + skew < thisUpdate)
    return {
      code: 'CRL_NOT_YET_VALID',
      why: `expected a CRL of ${date(time)} or earlier, got one of ${date(thisUpdate)}`,
    }
  // Of a second's precision: the whole of it is still inside.
  if (time - skew >= nextUpdate + 1000)
    return {
      code: 'CRL_HAS_EXPIRED',
      why: `expected a CRL that counts at ${date(time)}, got one that was to be replaced by ${date(nextUpdate)}`,
    }
  return undefined
}

function revoked({ revocationDate, reasonCode }: CrlEntry): Problem {
  return {
    code: 'CERT_REVOKED',
    why: `expected a certificate in good standing, got one revoked at ${date(revocationDate)} (reason ${reasonCode ?? 0})`,
    section: 'RFC 5280 5.3.1',
  }
}
