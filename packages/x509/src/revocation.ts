/** Whether the certificates of a path are in good standing: CRLs and OCSP responses, put together (RFC 5280 §6.3, RFC 6960). */
import { failed } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import { crlEvidence } from './crl-evidence.ts'
import { crlStore } from './crl-store.ts'
import { sameBytes } from './der.ts'
import type { Doubt, Evidence, Good, Inquiry } from './evidence.ts'
import { ocspEvidence } from './ocsp-evidence.ts'
import { type Problem, verifyCodes } from './problem.ts'
import type { RevocationStatus } from './revocation-options.ts'
import { isForgiven, type VerifyOptions } from './verdict.ts'

/** A problem of one certificate of a path. */
export type Refusal = Problem & { readonly depth: number }

/** The inquiries of one verification. */
export class Revocation {
  readonly #options: VerifyOptions
  readonly #inquiry: Inquiry
  readonly #check: 'off' | 'soft' | 'hard'
  /** What OCSP says does not depend on the rest of a path. */
  readonly #responses = new Map<Certificate, Map<Certificate, readonly Evidence[]>>()
  #spent = false

  /** `spend` takes a signature from what is left, or answers false. */
  constructor(
    options: VerifyOptions,
    minimumRsaBits: number,
    spend: () => boolean,
    others: Inquiry['others'],
  ) {
    const asked = options.revocation ?? { check: 'off' }
    this.#options = options
    this.#check = asked.check
    this.#inquiry = {
      options: { ...asked, crls: asked.crls ?? crlStore([]) },
      time: options.time,
      minimumRsaBits,
      crypto: this.#counted(options.crypto, spend),
      spent: () => this.#spent,
      others,
    }
  }

  /** What is known of each certificate of a path that ends in an anchor, or why it is refused. Undefined where nobody asks. */
  judge(path: readonly Certificate[]): readonly RevocationStatus[] | Refusal | undefined {
    if (this.#check === 'off') return undefined
    const report: RevocationStatus[] = []
    for (const [depth, certificate] of path.entries()) {
      const status = this.#standing(path, depth, certificate)
      if ('code' in status) return { ...status, depth }
      report.push(status)
    }
    return report
  }

  #standing(
    path: readonly Certificate[],
    depth: number,
    certificate: Certificate,
  ): RevocationStatus | Problem {
    const { scope = 'chain', knownGood } = this.#inquiry.options
    const issuer = path[depth + 1]
    const doubts: RevocationStatus['doubts'] = []
    // An anchor is believed as it is. A path that is put up with may end in another one.
    const beyond = scope === 'leaf' && depth > 0
    const anchored = this.#options.anchors?.has(certificate) || certificate.selfIssued
    if (beyond || (!issuer && anchored)) return { depth, status: 'not_checked', doubts }
    const evidence = issuer ? this.#evidence(path, depth, certificate, issuer) : []
    if (this.#spent)
      return {
        code: 'CERT_CHAIN_TOO_LONG',
        why: 'expected its standing to be found with the signatures that may be tried, got none',
      }
    return this.#summary(depth, [
      ...evidence,
      ...(depth === 0 && knownGood ? [{ is: 'good', by: 'session' } as const] : []),
    ])
  }

  #evidence(
    path: readonly Certificate[],
    depth: number,
    certificate: Certificate,
    issuer: Certificate,
  ): readonly Evidence[] {
    const known = this.#responses.get(certificate) ?? new Map<Certificate, readonly Evidence[]>()
    this.#responses.set(certificate, known)
    const responses =
      known.get(issuer) ??
      ocspEvidence({ certificate, issuer, stapled: this.#stapled(certificate) }, this.#inquiry)
    known.set(issuer, responses)
    return [
      ...responses,
      ...crlEvidence({ path, depth, certificate, direct: false }, this.#inquiry),
    ]
  }

  /** What came with this very certificate. */
  #stapled({ raw }: Certificate): Uint8Array | undefined {
    const { stapled } = this.#inquiry.options
    return stapled?.[this.#options.chain.findIndex(der => sameBytes(der, raw))]
  }

  #summary(depth: number, evidence: readonly Evidence[]): RevocationStatus | Problem {
    const doubts = evidence.flatMap(({ by, ...one }) => {
      if (one.is !== 'doubt') return []
      const { code, why, section = verifyCodes[code].section } = one.problem
      return [{ by, code, why, section }]
    })
    const revoked = evidence.find((one): one is Doubt => one.is === 'revoked')
    if (revoked) {
      if (!this.#forgiven(revoked.problem, depth)) return revoked.problem
      return { depth, status: 'revoked', by: revoked.by, doubts }
    }
    const [good] = evidence
      .filter((one): one is Good => one.is === 'good')
      .sort((a, b) => (b.thisUpdate ?? 0) - (a.thisUpdate ?? 0))
    if (good) {
      const { by, thisUpdate, nextUpdate } = good
      return {
        ...{ depth, status: 'good', by, doubts },
        ...(thisUpdate === undefined ? {} : { thisUpdate }),
        ...(nextUpdate === undefined ? {} : { nextUpdate }),
      }
    }
    const problem = this.#check !== 'soft' ? mostTelling(evidence, this.#inquiry) : undefined
    if (problem && !this.#forgiven(problem, depth)) return problem
    return { depth, status: 'unknown', doubts }
  }

  #forgiven({ code }: Problem, depth: number): boolean {
    return isForgiven(this.#options, code, depth)
  }

  #counted(crypto: Inquiry['crypto'], spend: () => boolean): Inquiry['crypto'] {
    return {
      publicKey: material => {
        const key = crypto.publicKey(material)
        if (failed(key)) return key
        return {
          material: key.material,
          verify: (algorithm, message, signature) => {
            if (this.#spent || !spend()) {
              this.#spent = true
              return false
            }
            return key.verify(algorithm, message, signature)
          },
        }
      },
    }
  }
}

/** The further it got, the more it tells. */
const telling: readonly Problem['code'][] = [
  'OCSP_CERT_UNKNOWN',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'KEYUSAGE_NO_CRL_SIGN',
  'CRL_PATH_VALIDATION_ERROR',
  'CRL_SIGNATURE_FAILURE',
  'UNABLE_TO_GET_CRL_ISSUER',
  'UNHANDLED_CRITICAL_CRL_EXTENSION',
  'OCSP_VERIFY_FAILED',
  'DIFFERENT_CRL_SCOPE',
]

function mostTelling(evidence: readonly Evidence[], { options }: Inquiry): Problem {
  const problems = evidence.flatMap(one => (one.is === 'doubt' ? [one.problem] : []))
  const [first] = problems.sort((a, b) => rank(a) - rank(b))
  if (first) return first
  const what = 'expected something that shows the certificate good'
  const asked = options.stapled !== undefined || options.ocsp !== undefined
  return options.crls?.crls.length || !asked
    ? { code: 'UNABLE_TO_GET_CRL', why: `${what}, got no CRL of its issuer` }
    : { code: 'OCSP_VERIFY_NEEDED', why: `${what}, got no OCSP response about it and no CRLs` }
}

function rank({ code }: Problem): number {
  const place = telling.indexOf(code)
  return place < 0 ? telling.length : place
}
