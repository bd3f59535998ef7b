/** What all CRLs of an issuer say of one certificate, the newest first, reason by reason (RFC 5280 §6.3.3). */
import type { Certificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import { crlScope, judgeCrl } from './crl-check.ts'
import type { CrlSigner } from './crl-signer.ts'
import type { CrlStore } from './crl-store.ts'
import { sameBytes } from './der.ts'
import { allReasons, holdReason } from './distribution-points.ts'
import type { Evidence, Inquiry } from './evidence.ts'
import type { Problem } from './problem.ts'

/** The certificate, in its place in a path. */
export interface CrlPlace {
  /** Whoever stands above `depth` is believed already. */
  readonly path: readonly Certificate[]
  readonly depth: number
  /** `path[depth]`, or one beside it of the same issuer. */
  readonly certificate: Certificate
  /** Whether CRLs have to be signed with the keys of the path itself. */
  readonly direct: boolean
}

// Of certificates that a peer sends under an issuer's name, so many are tried for a CRL.
const mostOthers = 4

/** One good among them is all that is needed: then every reason is covered. */
export function crlEvidence(place: CrlPlace, inquiry: Inquiry): readonly Evidence[] {
  const { certificate } = place
  const { options, time, minimumRsaBits, crypto, spent } = inquiry
  const { skew } = options
  const crls = options.crls as CrlStore
  const found: Evidence[] = []
  let signers: readonly CrlSigner[] | undefined
  let covered = 0
  let newest: Crl | undefined
  let until = Number.POSITIVE_INFINITY
  for (const crl of crls.by(certificate.issuer)) {
    if (needless(crl, certificate, covered)) continue
    signers ??= signersOf(place, inquiry)
    const hold = (covered & holdReason) === 0
    const verdict = judgeCrl(
      { crl, certificate, time, skew, hold },
      { crl, signers, time, crypto, minimumRsaBits, memory: crls, spent },
    )
    if (!verdict.ok) {
      const { ok, ...problem } = verdict
      found.push({ is: problem.code === 'CERT_REVOKED' ? 'revoked' : 'doubt', by: 'crl', problem })
      continue
    }
    if ((verdict.reasons & ~covered) === 0) continue
    covered |= verdict.reasons
    newest ??= crl
    until = Math.min(until, verdict.nextUpdate)
  }
  if (newest && covered === allReasons)
    return [{ is: 'good', by: 'crl', thisUpdate: newest.thisUpdate, nextUpdate: until }, ...found]
  if (newest) found.push({ is: 'doubt', by: 'crl', problem: partly(covered) })
  return found
}

/** RFC 5280 §6.3.3 (e): whatever adds no reason need not be looked at, unless the certificate is on it. */
function needless(crl: Crl, certificate: Certificate, covered: number): boolean {
  if (covered === 0 || crl.entries.find(certificate.serialNumber).length > 0) return false
  const scope = crlScope(crl, certificate)
  return typeof scope === 'number' && (scope & ~covered) === 0
}

function partly(covered: number): Problem {
  const left = reasons.filter((_, bit) => ((allReasons & ~covered) >> bit) & 1)
  return {
    code: 'UNABLE_TO_GET_CRL',
    why: `expected CRLs for every reason, got none for ${left.join(', ')}`,
    section: 'RFC 5280 6.3.3',
  }
}

/** ReasonFlags by bit (RFC 5280 §4.2.1.13). */
const reasons = [
  'unused',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

/**
 * The issuer; authorities of its name further up, which it has taken its key over from; and certificates beside the path that one of
 * these, or whoever certified them, has issued for CRLs. RFC 5280 leaves open how far to look for these: no further than this.
 */
function signersOf(
  { path, depth, certificate, direct }: CrlPlace,
  inquiry: Inquiry,
): readonly CrlSigner[] {
  const issuer = path[depth + 1] as Certificate
  const above = path.slice(depth + 1)
  const ours = above.filter(({ subject }) => subject.equals(issuer.subject))
  const own = ours.map(certificate => ({ certificate }))
  if (direct) return own
  const last = above.findLastIndex(({ subject }) => subject.equals(issuer.subject))
  const parents = above.slice(0, last + 2)
  const beside = inquiry
    .others(issuer)
    .filter(other => ![...ours, certificate].some(({ raw }) => sameBytes(raw, other.raw)))
    .slice(0, mostOthers)
    .flatMap(other =>
      parents
        .map((parent, i) => ({ parent, at: depth + 1 + i }))
        .filter(({ parent }) => parent.subject.equals(other.issuer))
        .map(({ parent, at }) => {
          const standing = () => standingOf(other, path, at, inquiry)
          return { certificate: other, parent, standing }
        }),
    )
  return [...own, ...beside]
}

/** Who signs CRLs has to be in good standing too, as whoever certified it says itself. */
function standingOf(
  certificate: Certificate,
  path: readonly Certificate[],
  parent: number,
  inquiry: Inquiry,
): Problem | undefined {
  const { check, scope } = inquiry.options
  if (scope === 'leaf') return undefined
  const evidence = crlEvidence({ path, depth: parent - 1, certificate, direct: true }, inquiry)
  const bad = (why: string): Problem => ({ code: 'CRL_PATH_VALIDATION_ERROR', why })
  if (evidence.some(({ is }) => is === 'revoked'))
    return bad(
      'expected the certificate that a CRL is signed with in good standing, got a revoked one',
    )
  if (check !== 'soft' && !evidence.some(({ is }) => is === 'good'))
    return bad(
      'expected a CRL that shows the certificate good that another CRL is signed with, got none',
    )
  return undefined
}
