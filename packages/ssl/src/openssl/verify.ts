/** Verify callbacks (SSL_CTX_set_verify(3), SSL_CTX_set_cert_verify_callback(3), SSL_set_retry_verify(3)). */
import { TlsAlert } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import { type Again, again } from '../answers.ts'
import { type VerifyContext, verdictError } from '../verification.ts'
import { verifyAlerts } from '../verify-alerts.ts'
import { SSL_VERIFY_PEER, X509_V_ERR_UNSPECIFIED, X509_V_OK } from './constants.ts'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'
import { pathQuestions } from './verify-order.ts'
import { alertOf, verifyResult } from './verify-result.ts'
import { X509_STORE_CTX } from './x509-store-ctx.ts'

/**
 * Called for each certificate, the root's first: with 1, or for each problem of it with 0 before. 0 (or false) ends it; anything else goes on,
 * and puts up with the problem. A promise may take its time.
 */
export type SSL_verify_cb = (
  preverify_ok: 0 | 1,
  x509_ctx: X509_STORE_CTX,
) => number | boolean | Promise<number | boolean>

/** Above 0 if the peer is believed; X509_verify_cert is what it stands in for. */
export type SSL_cert_verify_cb = (
  x509_ctx: X509_STORE_CTX,
  arg: unknown,
) => number | Promise<number>

/** Takes the place of the whole verification. */
export function SSL_CTX_set_cert_verify_callback(
  ctx: SSL_CTX,
  callback: SSL_cert_verify_cb | null,
  arg?: unknown,
): void {
  ctx.settings = ctx.settings.with({ certVerify: callback ? { call: callback, arg } : undefined })
}

/** In a verify callback that answers above 0: the call ends with SSL_ERROR_WANT_RETRY_VERIFY, and the next one asks from the beginning. 1. */
export function SSL_set_retry_verify(ssl: SSL): 1 {
  ssl.retryVerify = true
  return 1
}

/** Asks the callbacks whether a peer is believed. A TlsAlert if not. */
export function askVerify(
  ssl: SSL,
  verdict: Verdict,
  chain: readonly Uint8Array[],
  asking: VerifyContext,
): boolean | Promise<boolean> {
  const { certVerify, verify, verifyMode = SSL_VERIFY_PEER } = ssl.settings.values
  ssl.retryVerify = false
  const raw = asking.type === 'rpk'
  const store = new X509_STORE_CTX(
    ssl,
    raw ? [] : chain,
    x509_ctx => {
      if (!verify) return unasked(x509_ctx, verdict)
      const questions = raw
        ? rawKey(x509_ctx, verdict, asking)
        : pathQuestions(x509_ctx, verdict, asking.verdictExcept)
      return taken(questions, x509_ctx, verify, asking)
    },
    raw ? (chain[0] ?? null) : null,
  )
  const conclude = (said: number): boolean | Again => {
    if (ssl.retryVerify && said > 0) return again
    if (said <= 0 && store.error === X509_V_OK) store.error = X509_V_ERR_UNSPECIFIED
    ssl.verifyError = store.error
    if (said > 0 || (verifyMode & SSL_VERIFY_PEER) === 0) return true
    throw refusal(verdict, store)
  }
  const said = certVerify ? certVerify.call(store, certVerify.arg) : store.verify(store)
  // A connection hands `again` on to whoever asked; the type of a verifyCallback does not know it.
  const answer = said instanceof Promise ? said.then(conclude) : conclude(said)
  return answer as boolean | Promise<boolean>
}

/** Steps from question to question, later where a callback promises. */
function taken(
  questions: Generator<0 | 1, 0 | 1, boolean>,
  x509_ctx: X509_STORE_CTX,
  verify: SSL_verify_cb,
  asking: VerifyContext,
  last?: boolean,
): number | Promise<number> {
  let turn = last === undefined ? questions.next() : questions.next(last)
  while (!turn.done) {
    const said = verify(turn.value, x509_ctx)
    if (said instanceof Promise)
      return said.then(answer =>
        // Nobody waits any more: the rest is not asked.
        asking.signal.aborted ? 0 : taken(questions, x509_ctx, verify, asking, Boolean(answer)),
      )
    turn = questions.next(Boolean(said))
  }
  return turn.value
}

/** Nobody is asked: the verdict as it is. */
function unasked(x509_ctx: X509_STORE_CTX, verdict: Verdict): 0 | 1 {
  x509_ctx.chain = verdict.path.map(({ raw }) => raw)
  if (verdict.ok) return 1
  x509_ctx.error = verifyResult(verdict, x509_ctx.ssl.param)
  x509_ctx.error_depth = verdict.depth
  x509_ctx.current_cert = x509_ctx.chain[verdict.depth] ?? null
  return 0
}

/** A raw public key has no path: OpenSSL asks once. What is no key, or too small a one, cannot be put up with. */
function* rawKey(
  x509_ctx: X509_STORE_CTX,
  verdict: Verdict,
  { verdictExcept }: VerifyContext,
): Generator<0 | 1, 0 | 1, boolean> {
  if (!verdict.ok) x509_ctx.error = verifyResult(verdict, x509_ctx.ssl.param)
  if (!(yield verdict.ok ? 1 : 0)) return 0
  return verdict.ok || verdictExcept([verdict]).ok ? 1 : 0
}

/** The alert of the error that stands in the end. */
function refusal(verdict: Verdict, { error, error_depth, ssl }: X509_STORE_CTX): TlsAlert {
  const ours = !verdict.ok && verifyResult(verdict, ssl.param) === error
  const why = ours
    ? `${verdict.code} at depth ${verdict.depth}: ${verdict.why}`
    : `refused by the verify callback with error ${error} at depth ${error_depth}`
  return new TlsAlert(ours ? verifyAlerts[verdict.code] : alertOf(error), {
    reason: 'CERTIFICATE_VERIFY_FAILED',
    section: ours ? verdict.section : '4.5.1.3',
    why,
    cause: ours ? verdictError(verdict) : undefined,
  })
}
