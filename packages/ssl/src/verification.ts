/** Judging the peer's chain: x509's verdict, the application's word, and the alert that follows. */
import { failed } from '@biopair/crypto'
import type { OidFilter, Verification, WantVerification } from '@biopair/handshake'
import { type AlertName, TlsAlert } from '@biopair/wire'
import {
  type Certificate,
  type Forgiven,
  isX509Failure,
  parseCertificate,
  type TrustStore,
  type Verdict,
  type VerifyLimits,
  type VerifyOptions,
  verifyChain,
} from '@biopair/x509'
import type { CallbackContext } from './abort.ts'
import { type Again, following } from './answers.ts'
import { misuse } from './misuse.ts'
import { unmatched } from './oid-filters.ts'
import type { KeyImport } from './public-keys.ts'

export interface VerificationPolicy {
  readonly crypto: KeyImport
  readonly anchors: TrustStore
  readonly time: number
  /** The names of which the peer has to prove one; undefined for any. */
  readonly names: readonly string[] | undefined
  readonly allowWildcards: boolean | undefined
  /** Whether a chain that is not believed ends the handshake. */
  readonly required: boolean
  readonly minimumRsaBits: number | undefined
  readonly allowPartialTrustChain: boolean | undefined
  readonly limits: Partial<VerifyLimits> | undefined
  /** Extensions that the peer's certificate has to have. */
  readonly filters?: readonly OidFilter[] | undefined
  /** The application's word, which overrides both. */
  readonly callback: VerifyCallback | undefined
}

/** Sees the verdict, and says whether to go on. It may answer later. */
export type VerifyCallback = (
  verdict: Verdict,
  chain: readonly Uint8Array[],
  context: VerifyContext,
) => boolean | Promise<boolean>

export interface VerifyContext extends CallbackContext {
  /** Whether the chain is that of a session which is to be resumed: judged anew, and `false` is a full handshake and no alert. */
  readonly resuming: boolean
  /** Whether the chain was asked for after the handshake. */
  readonly postHandshake: boolean
  /**
   * The verdict if these problems were none (each a code at a depth, as a failing verdict has them): who puts up with one learns whether there
   * are others. `verdict.ok || (verdict.code === 'CERT_HAS_EXPIRED' && verdictExcept([verdict]).ok)` takes an expired certificate that is good
   * otherwise. Changes nothing about the connection.
   */
  readonly verdictExcept: (forgiven: readonly Forgiven[]) => Verdict
}

/** Answers a verification want; `noted` is told the verdict, whatever follows from it. */
export function verifyPeer(
  want: WantVerification,
  policy: VerificationPolicy,
  noted: (verdict: Verdict) => void,
  context: CallbackContext,
): Verification | Again | Promise<Verification | Again> {
  const question: VerifyOptions = {
    chain: want.chain,
    anchors: policy.anchors,
    time: policy.time,
    purpose: want.role === 'server' ? 'serverAuth' : 'clientAuth',
    name: policy.names,
    allowWildcards: policy.allowWildcards,
    crypto: policy.crypto,
    minimumRsaBits: policy.minimumRsaBits,
    allowPartialTrustChain: policy.allowPartialTrustChain,
    limits: policy.limits,
  }
  const filters = want.role === 'client' ? policy.filters : undefined
  const verdict = filtered(verifyChain(question), filters)
  noted(verdict)
  const decide = (accepted: boolean) => {
    // Nothing but `true` lets a stranger in.
    if (typeof accepted !== 'boolean')
      throw misuse('ERR_INVALID_ARG_TYPE', `verifyCallback: expected a boolean, got ${accepted}`)
    return accepted ? keyOf(want, verdict, policy.crypto) : refuse(verdict)
  }
  if (!policy.callback) return decide(verdict.ok || !policy.required)
  const asking: VerifyContext = {
    resuming: want.resuming,
    postHandshake: want.request !== undefined,
    get signal() {
      return context.signal
    },
    verdictExcept: forgiven => filtered(verifyChain({ ...question, forgiven }), filters, forgiven),
  }
  return following(policy.callback(verdict, want.chain, asking), decide)
}

/** RFC 9846 §4.3.5: a certificate that does not match is unsupported_certificate, unless the connection goes on without it. */
function filtered(
  verdict: Verdict,
  filters: readonly OidFilter[] | undefined,
  forgiven: readonly Forgiven[] = [],
): Verdict {
  const [leaf] = verdict.path
  if (!verdict.ok || !leaf) return verdict
  const code = 'INVALID_PURPOSE'
  const missing = unmatched(filters, leaf)
  if (missing === undefined || forgiven.some(one => one.code === code && one.depth === 0))
    return verdict
  const why = `expected an extension ${missing} as oid_filters have it, got none or another`
  const { path } = verdict
  return {
    ok: false,
    path,
    code,
    alert: 'unsupported_certificate',
    depth: 0,
    why,
    section: '4.3.5',
  }
}

function refuse(verdict: Verdict): Verification {
  if (verdict.ok)
    return untrusted(
      'certificate_unknown',
      'CERTIFICATE_VERIFY_FAILED',
      '4.5.1.3',
      'refused by the verify callback',
    )
  return untrusted(
    verdict.alert,
    'CERTIFICATE_VERIFY_FAILED',
    verdict.section,
    `${verdict.code} at depth ${verdict.depth}: ${verdict.why}`,
    Object.assign(new Error(verdict.why), { code: verdict.code, depth: verdict.depth }),
  )
}

/** The key that CertificateVerify is checked with. */
function keyOf(want: WantVerification, verdict: Verdict, crypto: KeyImport): Verification {
  // A chain that is not believed may still be accepted: then nobody has read its first certificate yet.
  const leaf = verdict.ok
    ? (verdict.path[0] as Certificate)
    : parseCertificate(want.chain[0] as Uint8Array)
  if (isX509Failure(leaf))
    return untrusted('bad_certificate', 'BAD_CERTIFICATE', leaf.section, leaf.why)
  if (isX509Failure(leaf.publicKey))
    return untrusted(
      'unsupported_certificate',
      'UNKNOWN_CERTIFICATE_TYPE',
      leaf.publicKey.section,
      leaf.publicKey.why,
    )
  const key = crypto.publicKey(leaf.publicKey)
  if (failed(key)) return untrusted('bad_certificate', 'BAD_CERTIFICATE', '4.5.1.3', key.why)
  return { trusted: true, key }
}

function untrusted(
  alert: AlertName,
  reason: string,
  section: string,
  why: string,
  cause?: Error,
): Verification {
  return { trusted: false, alert: new TlsAlert(alert, { reason, section, why, cause }) }
}
