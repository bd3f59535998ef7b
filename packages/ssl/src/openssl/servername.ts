/** The servername callback (SSL_CTX_set_tlsext_servername_callback(3)) and the context that it may put in place of the first. */
import { following } from '../answers.ts'
import type { SniAnswer } from '../context-options.ts'
import { fatalAlert, parts, type Said } from './alert-number.ts'
import {
  SSL_TLSEXT_ERR_ALERT_FATAL,
  SSL_TLSEXT_ERR_ALERT_WARNING,
  SSL_TLSEXT_ERR_NOACK,
} from './constants.ts'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'

/**
 * SSL_TLSEXT_ERR_OK; ALERT_WARNING or NOACK, and the client is not told that its name was used; ALERT_FATAL, or
 * `[SSL_TLSEXT_ERR_ALERT_FATAL, al]`, unrecognized_name if nothing else. Or a promise of one of these.
 */
export type SSL_servername_cb = (ssl: SSL, arg: unknown) => Said | Promise<Said>

/** Server: called once per handshake, after the ClientHello callback and before ALPN, also where the client named nobody. 1. */
export function SSL_CTX_set_tlsext_servername_callback(
  ctx: SSL_CTX,
  callback: SSL_servername_cb | null,
): 1 {
  ctx.settings = ctx.settings.with({ servername: callback ?? undefined })
  return 1
}

export function SSL_CTX_set_tlsext_servername_arg(ctx: SSL_CTX, arg: unknown): 1 {
  ctx.settings = ctx.settings.with({ servernameArg: arg })
  return 1
}

/** The context in force: what the SSL was made with, or what SSL_set_SSL_CTX put in its place. */
export function SSL_get_SSL_CTX(ssl: SSL): SSL_CTX {
  return ssl.ctx
}

/**
 * Puts another context in place: null for the first one. Of a server, in a ClientHello, servername or certificate callback, it decides from
 * there on about certificates, the certificate callback, ALPN and verification, unless SSL_set_verify has said something for this SSL; versions,
 * suites, groups and tickets stay. Answers the context that is in force.
 */
export function SSL_set_SSL_CTX(ssl: SSL, ctx: SSL_CTX | null): SSL_CTX {
  const chosen = ctx ?? ssl.firstContext
  if (chosen === ssl.ctx) return chosen
  ssl.ctx = chosen
  ssl.calls.join(chosen.settings.caller)
  const { anyName } = ssl.settings.values
  const own = { ...ssl.ownVerification, ...(anyName ? { anyName } : {}) }
  ssl.settings = Object.keys(own).length > 0 ? chosen.settings.with(own) : chosen.settings
  return chosen
}

/** Asks the callback, if there is one, and turns to whatever context is in force then. */
export function askServername(ssl: SSL): SniAnswer | Promise<SniAnswer> {
  const now = ssl.settings.values
  const values = now.servername ? now : ssl.firstContext.settings.values
  const said = values.servername?.(ssl, values.servernameArg)
  const answer = (acknowledge: boolean) => ({
    context: ssl.settings.context('server'),
    acknowledge,
  })
  if (said === undefined) return answer(true)
  const judged = (one: Said) => {
    const [result, al] = parts(one)
    if (result === SSL_TLSEXT_ERR_ALERT_FATAL)
      throw fatalAlert(
        al,
        'unrecognized_name',
        'CALLBACK_FAILED',
        'the servername callback says no',
      )
    return answer(result !== SSL_TLSEXT_ERR_NOACK && result !== SSL_TLSEXT_ERR_ALERT_WARNING)
  }
  return following(said, judged) as SniAnswer | Promise<SniAnswer>
}
