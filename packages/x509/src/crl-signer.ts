/** Who may sign a CRL: the issuer of the certificate by the key that it signed with, or by another one of its own (RFC 5280 §6.3.3 (f), §4.2.1.3). */
import { type CryptoProvider, failed } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import type { CrlStore } from './crl-store.ts'
import { sameBytes } from './der.ts'
import { isX509Failure } from './failure.ts'
import type { Problem } from './problem.ts'
import { keyProblems, signatureProblem, validityProblem } from './rules.ts'

/** A certificate that a CRL may be signed with, of the CRL's issuer. */
export interface CrlSigner {
  readonly certificate: Certificate
  /** Who certified it, where it stands in no path that is believed already: a certificate that does. Its signature is yet to be checked. */
  readonly parent?: Certificate | undefined
  /** Whether such a certificate is not revoked itself; undefined if so, or a problem. */
  readonly standing?: (() => Problem | undefined) | undefined
}

export interface SignerQuestion {
  readonly crl: Crl
  readonly signers: readonly CrlSigner[]
  /** Milliseconds since 1970. */
  readonly time: number
  /** `verify` answers false where it may not be asked any more; `spent` is true from then on. */
  readonly crypto: Pick<CryptoProvider, 'publicKey'>
  readonly minimumRsaBits: number
  /** Remembers who signed what. */
  readonly memory: Pick<CrlStore, 'signed'>
  readonly spent: () => boolean
}

/** Undefined where one of these did sign the CRL and may have, or why that cannot be said. */
export function crlSignerProblem(question: SignerQuestion): Problem | undefined {
  const { crl, signers } = question
  const ours = likeliest(crl, signers)
  let told: Problem | undefined
  for (const signer of ours) {
    const problem = signed(signer, question)
    if (problem === undefined) return undefined
    // Of a certificate that did sign, what speaks against it; else of the first, which is the issuer of the certificate in question.
    if (told === undefined || told.code === 'CRL_SIGNATURE_FAILURE') told = problem
  }
  const none = `expected a certificate for the key that the CRL of ${name(crl)} is signed with, got none`
  return told ?? { code: 'UNABLE_TO_GET_CRL_ISSUER', why: none }
}

/** Those whose key identifier is the one that the CRL names first. It is a hint, no proof. */
function likeliest(crl: Crl, signers: readonly CrlSigner[]): readonly CrlSigner[] {
  const wanted = crl.authorityKeyIdentifier?.keyIdentifier
  const named = ({ certificate: { subjectKeyIdentifier: got } }: CrlSigner) =>
    wanted !== undefined && got !== undefined && sameBytes(wanted, got)
  const first = signers.filter(named)
  return first.length === 0 ? signers : [...first, ...signers.filter(signer => !named(signer))]
}

/** Whether this certificate's key signed it; then whether it was to. */
function signed(signer: CrlSigner, question: SignerQuestion): Problem | undefined {
  const { crl, crypto, memory, spent } = question
  const { certificate } = signer
  const { signatureAlgorithm: algorithm, tbs, signature } = crl
  const unfit = signatureProblem(crl, certificate)
  if (unfit || isX509Failure(algorithm))
    return failure(unfit?.why ?? 'no algorithm', unfit?.section)
  const own = signer.parent ? candidateProblem(signer, question) : undefined
  if (own) return own
  const good = memory.signed(crl, certificate, () => {
    if (isX509Failure(certificate.publicKey)) return false
    const key = crypto.publicKey(certificate.publicKey)
    const answer = !failed(key) && key.verify(algorithm, tbs, signature)
    return spent() ? undefined : answer
  })
  if (!good)
    return failure(
      `expected the CRL of ${name(crl)} to be signed by the key of its issuer, got a signature that does not verify`,
    )
  // RFC 5280 §6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit is set."
  const { keyUsage } = certificate
  if (keyUsage && !keyUsage.includes('cRLSign'))
    return {
      code: 'KEYUSAGE_NO_CRL_SIGN',
      why: `expected keyUsage with cRLSign in the issuer of a CRL, got ${keyUsage.join(', ')}`,
    }
  return signer.parent ? signer.standing?.() : undefined
}

/**
 * A certificate beside the path. It was issued by one that stands in the path, so that it leads to the same anchor ("The trust anchor for the
 * certification path MUST be the same"), and it is for CRLs explicitly.
 */
function candidateProblem(
  { certificate, parent }: CrlSigner,
  { time, minimumRsaBits, crypto }: SignerQuestion,
): Problem | undefined {
  const bad = (why: string): Problem => ({ code: 'CRL_PATH_VALIDATION_ERROR', why })
  if (certificate.version !== 3 || !certificate.keyUsage?.includes('cRLSign'))
    return bad('expected keyUsage with cRLSign in another certificate of the issuer, got none')
  const time_ = validityProblem(certificate, time)
  if (time_) return bad(time_.why)
  if (certificate.unknownCritical.length > 0)
    return bad(`expected critical extensions that we process, got ${certificate.unknownCritical}`)
  const [weak] = keyProblems(certificate, { minimumRsaBits }, 'CA_KEY_TOO_SMALL')
  if (weak) return bad(weak.why)
  const above = parent as Certificate
  const unfit = signatureProblem(certificate, above)
  if (unfit) return bad(unfit.why)
  const { signatureAlgorithm: algorithm, tbs, signature } = certificate
  if (isX509Failure(algorithm) || isX509Failure(above.publicKey)) return bad('no signature')
  const key = crypto.publicKey(above.publicKey)
  return !failed(key) && key.verify(algorithm, tbs, signature)
    ? undefined
    : bad('expected a certificate that the path vouches for, got another one')
}

function failure(why: string, section?: string): Problem {
  return { code: 'CRL_SIGNATURE_FAILURE', why, section }
}

function name({ issuer }: Crl): string {
  return JSON.stringify(issuer.text)
}
