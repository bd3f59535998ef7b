/** Judging the peer's chain: x509's verdict, the application's word, and the alert that follows. */
import { failed, type PublicKeyMaterial } from '@biopair/crypto'
import type {
  CertificateTypeName,
  OidFilter,
  Verification,
  WantVerification,
} from '@biopair/handshake'
import { type AlertName, TlsAlert } from '@biopair/wire'
import {
  type Certificate,
  type Forgiven,
  isForgiven,
  isPinned,
  isX509Failure,
  type Pins,
  parseCertificate,
  parsePublicKey,
  refused,
  type TrustStore,
  type Verdict,
  type VerifyCache,
  type VerifyLimits,
  type VerifyOptions,
  type VerifyStep,
  verifyChain,
  verifyRawKey,
  type X509Failure,
} from '@biopair/x509'
import type { CallbackContext } from './abort.ts'
import { type Again, following } from './answers.ts'
import {
  type StatusPolicy,
  statusFound,
  withKnownStatus,
  withStatus,
} from './certificate-status.ts'
import { delegatedKey } from './delegation-check.ts'
import { misuse } from './misuse.ts'
import { unmatched } from './oid-filters.ts'
import type { KeyImport } from './public-keys.ts'
import type { RevocationPolicy } from './revocation-policy.ts'
import { askIdentity, type CheckServerIdentity } from './server-identity.ts'
import { verifyAlerts } from './verify-alerts.ts'
import { stepsOf } from './verify-steps.ts'

export interface VerificationPolicy {
  readonly crypto: KeyImport
  /** Undefined: `pins` alone say who is believed. */
  readonly anchors: TrustStore | undefined
  readonly pins: Pins | undefined
  /** Of a client: looks at a server's names, in the place of `names`; asked about `asked`. */
  readonly checkServerIdentity: CheckServerIdentity | undefined
  readonly asked?: string | undefined
  readonly time: number
  /** The names of which the peer has to prove one; undefined for any. */
  readonly names: readonly string[] | undefined
  readonly allowWildcards: boolean | undefined
  /** Whether a chain that is not believed ends the handshake. */
  readonly required: boolean
  readonly minimumRsaBits: number | undefined
  readonly allowPartialTrustChain: boolean | undefined
  readonly limits: Partial<VerifyLimits> | undefined
  readonly cache?: VerifyCache | undefined
  readonly profile: VerifyOptions['profile']
  readonly policies: VerifyOptions['policies']
  /** Extensions that the peer's certificate has to have. */
  readonly filters?: readonly OidFilter[] | undefined
  /** What is made of OCSP responses. */
  readonly status: StatusPolicy
  /** What may have been revoked. */
  readonly revocation: RevocationPolicy
  /** SubjectPublicKeyInfos that are believed where they come by themselves. */
  readonly rawPublicKeys: readonly Uint8Array[]
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
  /** `rpk`: the chain is one SubjectPublicKeyInfo, a raw public key, and not one of those that are expected unless the verdict says so. */
  readonly type: CertificateTypeName
  /**
   * The verdict if these problems were none (each a code at a depth, as a failing verdict has them): who puts up with one learns whether there
   * are others. `verdict.ok || (verdict.code === 'CERT_HAS_EXPIRED' && verdictExcept([verdict]).ok)` takes an expired certificate that is good
   * otherwise. Changes nothing about the connection.
   */
  readonly verdictExcept: (forgiven: readonly Forgiven[]) => Verdict
  /**
   * The verdict step by step: each check of each certificate, from the anchor down, with all that is wrong, where a verdict names one problem. Found when it is
   * asked for.
   */
  readonly steps: readonly VerifyStep[]
}

/** Answers a verification want; `noted` is told the verdict, whatever follows from it. */
export function verifyPeer(
  want: WantVerification,
  policy: VerificationPolicy,
  noted: (verdict: Verdict) => void,
  context: CallbackContext,
): Verification | Again | Promise<Verification | Again> {
  const raw = want.shown.type === 'rpk'
  const { stapled = [] } = want
  const question: VerifyOptions = {
    chain: want.chain,
    anchors: policy.anchors,
    pins: policy.pins,
    time: policy.time,
    purpose: want.role === 'server' ? 'serverAuth' : 'clientAuth',
    // RFC 9846 §4.5.1.2: "the digitalSignature bit MUST be set if the Key Usage extension is present".
    keyUsage: ['digitalSignature'],
    name: policy.names,
    allowWildcards: policy.allowWildcards,
    crypto: policy.crypto,
    minimumRsaBits: policy.minimumRsaBits,
    allowPartialTrustChain: policy.allowPartialTrustChain,
    limits: policy.limits,
    cache: policy.cache,
    profile: policy.profile,
    policies: policy.policies,
    revocation: revocationAsked(want, policy),
  }
  const filters = want.role === 'client' ? policy.filters : undefined
  const verify = (forgiven?: readonly Forgiven[]) => {
    if (raw) return rawVerdict(want, policy, forgiven)
    const about = forgiven ? { ...question, forgiven } : question
    const verdict = filtered(verifyChain(about), filters, forgiven)
    // What was stapled was judged when the session began.
    return want.resuming
      ? withKnownStatus(verdict, want.shown.status, about, policy.status)
      : withStatus(verdict, stapled, about, policy.status)
  }
  const first = verify()
  const judged = (stranger?: Error) => {
    const except = (forgiven: readonly Forgiven[] = []) =>
      named(forgiven.length === 0 ? first : verify(forgiven), stranger, forgiven)
    const verdict = except()
    noted(verdict)
    const decide = (accepted: boolean) => {
      // Nothing but `true` lets a stranger in.
      if (typeof accepted !== 'boolean')
        throw misuse('ERR_INVALID_ARG_TYPE', `verifyCallback: expected a boolean, got ${accepted}`)
      if (!accepted) return refuse(verdict, stranger)
      const key = keyOf(want, verdict, policy)
      return raw || !key.trusted
        ? key
        : { ...key, status: statusFound(verdict, stapled, policy.status) }
    }
    if (!policy.callback) return decide(verdict.ok || !policy.required)
    const asking: VerifyContext = {
      resuming: want.resuming,
      postHandshake: want.request !== undefined,
      type: want.shown.type,
      get signal() {
        return context.signal
      },
      get steps() {
        const status = !raw && statusFound(verdict, stapled, policy.status) === 'good'
        return stepsOf(question, verdict, { raw, identity: leaf !== undefined, status })
      },
      verdictExcept: except,
    }
    return following(policy.callback(verdict, want.chain, asking), decide)
  }
  const { checkServerIdentity: check, asked = '' } = policy
  // Who may yet be forgiven something else has to have the right name all the same.
  const asks =
    check !== undefined && want.role === 'server' && !raw && (first.ok || policy.callback)
  const leaf = asks ? leafOf(first, want) : undefined
  if (!check || !leaf) return judged()
  return askIdentity(check, asked, leaf, policy.status.hashes, judged)
}

/** The peer's certificate, believed or not; undefined for what is none. */
function leafOf(verdict: Verdict, { chain: [der] }: WantVerification): Certificate | undefined {
  if (verdict.path[0] || !der) return verdict.path[0]
  const leaf = parseCertificate(der)
  return isX509Failure(leaf) ? undefined : leaf
}

/** The verdict, in the light of what `checkServerIdentity` has said. */
function named(
  verdict: Verdict,
  stranger: Error | undefined,
  forgiven: readonly Forgiven[],
): Verdict {
  const code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  if (!stranger || !verdict.ok || isForgiven({ forgiven }, code, 0)) return verdict
  return refused(0, { code, why: stranger.message }, verdict.path)
}

function revocationAsked(
  { stapled = [], resuming, shown }: WantVerification,
  { status: { heeded }, revocation }: VerificationPolicy,
): VerifyOptions['revocation'] {
  if (!heeded) return revocation.question(undefined, false)
  const responses = stapled.map(({ ocspResponse }) => ocspResponse)
  return resuming
    ? revocation.question(undefined, shown.status === 'good')
    : revocation.question(responses, false)
}

const filterSection = '4.3.5'

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
  return refused(0, { code, why, section: filterSection, field: 'extensions' }, verdict.path)
}

/** Whether it was oid_filters that spoke against a certificate. */
export function isFiltered(verdict: Verdict): boolean {
  return !verdict.ok && verdict.code === 'INVALID_PURPOSE' && verdict.section === filterSection
}

function refuse(verdict: Verdict, stranger: Error | undefined): Verification {
  if (verdict.ok)
    return untrusted(
      'certificate_unknown',
      'CERTIFICATE_VERIFY_FAILED',
      '4.5.1.3',
      'refused by the verify callback',
    )
  return untrusted(
    verifyAlerts[verdict.code],
    'CERTIFICATE_VERIFY_FAILED',
    verdict.section,
    `${verdict.code} at depth ${verdict.depth}: ${verdict.why}`,
    stranger && verdict.code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? stranger : verdictError(verdict),
  )
}

/** An error with node:tls's `code`, and OpenSSL's `number`. */
export function verdictError({
  code,
  number,
  depth,
  why,
}: Verdict & { readonly ok: false }): Error {
  return Object.assign(new Error(why), { code, number, depth })
}

/** The key that CertificateVerify is checked with. */
function keyOf(want: WantVerification, verdict: Verdict, policy: VerificationPolicy): Verification {
  const [first = new Uint8Array(0)] = want.chain
  if (want.shown.type === 'rpk') return imported(parsePublicKey(first), policy.crypto)
  // A chain that is not believed may still be accepted: then nobody has read its first certificate yet.
  const leaf = verdict.ok ? (verdict.path[0] as Certificate) : parseCertificate(first)
  if (isX509Failure(leaf))
    return untrusted('bad_certificate', 'BAD_CERTIFICATE', leaf.section, leaf.why)
  const own = imported(leaf.publicKey, policy.crypto)
  const { delegated } = want.shown
  if (!own.trusted || !delegated) return own
  const key = delegatedKey(delegated, want.role, leaf, own.key, policy)
  return key instanceof TlsAlert ? { trusted: false, alert: key } : { trusted: true, key }
}

function imported(material: PublicKeyMaterial | X509Failure, crypto: KeyImport): Verification {
  if (isX509Failure(material))
    return untrusted(
      'unsupported_certificate',
      'UNKNOWN_CERTIFICATE_TYPE',
      material.section,
      material.why,
    )
  const key = crypto.publicKey(material)
  if (failed(key)) return untrusted('bad_certificate', 'BAD_CERTIFICATE', '4.5.1.3', key.why)
  return { trusted: true, key }
}

/** A raw key is one that is expected, and pinned where there are pins, or it is not believed; that can be put up with, what is no key cannot. */
function rawVerdict(
  { chain: [spki = new Uint8Array(0)] }: WantVerification,
  { rawPublicKeys: expected, minimumRsaBits, pins }: VerificationPolicy,
  forgiven: readonly Forgiven[] = [],
): Verdict {
  const verdict = verifyRawKey({ spki, expected, minimumRsaBits })
  const stranger = !verdict.ok && verdict.code === 'RPK_UNTRUSTED'
  if (!verdict.ok && !(stranger && isForgiven({ forgiven }, 'RPK_UNTRUSTED', 0))) return verdict
  const code = 'ERR_TLS_CERT_NOT_PINNED'
  if (pins && !isPinned(spki, pins) && !isForgiven({ forgiven }, code, 0))
    return refused(0, { code, why: 'expected a raw public key that is pinned, got another' }, [])
  return { ok: true, path: [] }
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
