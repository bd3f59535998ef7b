/** Who may sign an OCSP response: the issuer itself, or whom it made an OCSP signer (RFC 6960 §4.2.2.2). */
import { type CryptoProvider, failed, type PublicKey } from '@biopair/crypto'
import { sha1 } from '@biopair/crypto/sha1'
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import { keyPurposes } from './extensions.ts'
import { isX509Failure } from './failure.ts'
import { keyBits } from './key-bits.ts'
import type { BasicOcspResponse, OcspResponder } from './ocsp.ts'
import { keyProblems, signatureProblem, validityProblem } from './rules.ts'

/** Certificates of a response that are read: one is what a response needs. */
const mostCertificates = 8

/** A delegate that is not to be looked up itself (RFC 6960 §4.2.2.2.1). */
const idPkixOcspNocheck = '1.3.6.1.5.5.7.48.1.5'

/** On whose behalf a response may be signed, and when. */
export interface Authority {
  readonly issuer: Certificate
  /** Milliseconds since 1970. */
  readonly time: number
  readonly crypto: Pick<CryptoProvider, 'publicKey'>
  readonly skew?: number | undefined
  readonly minimumRsaBits?: number | undefined
}

interface Doubt {
  readonly why: string
  readonly section: string
}

/** The certificate whose key signed a response, or why nobody's did who may. */
export function signerOf(
  basic: BasicOcspResponse,
  authority: Authority,
): { readonly responder: Certificate } | Doubt {
  const { issuer, crypto } = authority
  const { signatureAlgorithm: algorithm, tbs, signature } = basic
  if (isX509Failure(algorithm)) return algorithm
  const signed = (by: Certificate) =>
    verifies(by, crypto, key => key.verify(algorithm, tbs, signature))
  if (isResponder(basic.responder, issuer) && signed(issuer)) return { responder: issuer }
  let doubt: Doubt = {
    why: 'expected a signature by the issuer or by a certificate that comes along, got neither',
    section: 'RFC 6960 4.2.2.2',
  }
  for (const der of basic.certificates.slice(0, mostCertificates)) {
    const delegate = parseCertificate(der)
    if (isX509Failure(delegate) || !isResponder(basic.responder, delegate)) continue
    if (sameBytes(delegate.spki, issuer.spki)) continue
    const problem = delegateProblem(delegate, authority)
    if (problem) doubt = problem
    else if (signed(delegate)) return { responder: delegate }
    else
      doubt = {
        ...doubt,
        why: 'expected a signature by the responder, got one that does not verify',
      }
  }
  return doubt
}

/** Why a certificate is none that the issuer made an OCSP signer; its signature is looked at last. */
function delegateProblem(delegate: Certificate, authority: Authority): Doubt | undefined {
  const { issuer, time, skew = 300_000, minimumRsaBits = 2048, crypto } = authority
  const doubt = (why: string): Doubt => ({ why, section: 'RFC 6960 4.2.2.2' })
  if (delegate.version !== 3 || !delegate.extKeyUsage?.includes(keyPurposes.OCSPSigning))
    return doubt('expected a responder whose extKeyUsage has OCSPSigning, got one without')
  const { keyUsage } = delegate
  if (keyUsage && !keyUsage.includes('digitalSignature') && !keyUsage.includes('nonRepudiation'))
    return doubt(`expected a responder that may sign, got keyUsage ${keyUsage.join(', ')}`)
  if (!delegate.issuer.equals(issuer.subject))
    return doubt("expected a responder of the certificate's own issuer, got another one's")
  // At the edges of its time, whatever the responder's clock: in at one end of the skew is in.
  const late = validityProblem(delegate, time - skew)
  const early = validityProblem(delegate, time + skew)
  if (late && early) return doubt(early.why)
  const critical = delegate.unknownCritical.filter(oid => oid !== idPkixOcspNocheck)
  if (critical.length > 0)
    return doubt(`expected critical extensions that we process, got ${critical}`)
  const [weak] = keyProblems(delegate, { minimumRsaBits }, 'CA_KEY_TOO_SMALL')
  if (weak) return doubt(weak.why)
  const unfit = signatureProblem(delegate, issuer)
  if (unfit) return doubt(unfit.why)
  const { signatureAlgorithm: algorithm, tbs, signature } = delegate
  const issued =
    !isX509Failure(algorithm) &&
    verifies(issuer, crypto, key => key.verify(algorithm, tbs, signature))
  return issued ? undefined : doubt('expected a responder that the issuer signed, got another one')
}

function verifies(
  { publicKey }: Certificate,
  crypto: Authority['crypto'],
  check: (key: PublicKey) => boolean,
): boolean {
  if (isX509Failure(publicKey)) return false
  const key = crypto.publicKey(publicKey)
  return !failed(key) && check(key)
}

function isResponder(responder: OcspResponder, certificate: Certificate): boolean {
  if (responder.by === 'name') return responder.name.equals(certificate.subject)
  return sameBytes(responder.keyHash, sha1(keyBits(certificate)))
}
