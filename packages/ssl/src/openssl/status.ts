/** OCSP stapling by OpenSSL's names (SSL_CTX_set_tlsext_status_cb(3)): who asks, what is stapled, and who judges it. */
import { TlsAlert } from '@biopair/wire'
import { following } from '../answers.ts'
import type { ContextOptions } from '../context-options.ts'
import { fatalAlert } from './alert-number.ts'
import { SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_OK } from './constants.ts'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'
import type { Values } from './values.ts'

export const TLSEXT_STATUSTYPE_nothing = -1
export const TLSEXT_STATUSTYPE_ocsp = 1

/**
 * Client: above 0 takes what was stapled, or that nothing was; 0 is bad_certificate_status_response, below 0 internal_error. Server: SSL_TLSEXT_ERR_OK
 * staples what SSL_set_tlsext_status_ocsp_resp set, SSL_TLSEXT_ERR_NOACK nothing, anything else is internal_error. Or a promise of one of these.
 */
export type SSL_tlsext_status_cb = (ssl: SSL, arg: unknown) => number | Promise<number>

/** Called where the client asks: of a server before its certificate goes out, of a client behind the server's whole flight; not in a resumption. 1. */
export function SSL_CTX_set_tlsext_status_cb(
  ctx: SSL_CTX,
  callback: SSL_tlsext_status_cb | null,
): 1 {
  ctx.settings = ctx.settings.with({ status: callback ?? undefined })
  return 1
}

/** `[1, callback]`; null for none. */
export function SSL_CTX_get_tlsext_status_cb(
  ctx: SSL_CTX,
): [result: 1, callback: SSL_tlsext_status_cb | null] {
  return [1, ctx.settings.values.status ?? null]
}

export function SSL_CTX_set_tlsext_status_arg(ctx: SSL_CTX, arg: unknown): 1 {
  ctx.settings = ctx.settings.with({ statusArg: arg })
  return 1
}

/** `[1, arg]`. */
export function SSL_CTX_get_tlsext_status_arg(ctx: SSL_CTX): [result: 1, arg: unknown] {
  return [1, ctx.settings.values.statusArg]
}

/** Client: asks with TLSEXT_STATUSTYPE_ocsp, and not with TLSEXT_STATUSTYPE_nothing; 0 for any other type. */
export function SSL_CTX_set_tlsext_status_type(ctx: SSL_CTX, type: number): 0 | 1 {
  if (!known(type)) return 0
  ctx.settings = ctx.settings.with({ statusType: type })
  return 1
}

export function SSL_CTX_get_tlsext_status_type(ctx: SSL_CTX): number {
  return ctx.settings.values.statusType ?? TLSEXT_STATUSTYPE_nothing
}

/** The same for one SSL. */
export function SSL_set_tlsext_status_type(ssl: SSL, type: number): 0 | 1 {
  if (!known(type)) return 0
  ssl.settings = ssl.settings.with({ statusType: type })
  return 1
}

export function SSL_get_tlsext_status_type(ssl: SSL): number {
  return ssl.settings.values.statusType ?? TLSEXT_STATUSTYPE_nothing
}

/** Server: what its callback's SSL_TLSEXT_ERR_OK staples, a DER OCSPResponse; null for nothing. It is copied. 1. */
export function SSL_set_tlsext_status_ocsp_resp(ssl: SSL, response: Uint8Array | null): 1 {
  ssl.statusResponse = response ? Uint8Array.from(response) : undefined
  return 1
}

/** `[length, response]`: of a client what the server stapled, of a server what was set; `[-1, null]` for nothing. */
export function SSL_get_tlsext_status_ocsp_resp(
  ssl: SSL,
): [length: number, response: Uint8Array | null] {
  const response = ssl.role === 'server' ? ssl.statusResponse : ssl.native?.ocspResponse
  return response ? [response.length, response] : [-1, null]
}

/** What a client's context says of it. What is stapled is handed on unread: the callback judges. */
export function statusAsClient(
  { statusType, status, statusArg }: Values,
  calling: () => SSL,
): ContextOptions {
  if (statusType !== TLSEXT_STATUSTYPE_ocsp) return {}
  return {
    requestOCSP: true,
    ocsp: 'ignore',
    ocspResponseCallback: () =>
      (status ? following(status(calling(), statusArg), judged) : true) as
        | boolean
        | Promise<boolean>,
  }
}

/** What a server's says. */
export function statusAsServer({ status, statusArg }: Values, calling: () => SSL): ContextOptions {
  if (!status) return {}
  return {
    ocspRequestCallback: () => {
      const ssl = calling()
      const stapled = (said: number) => {
        if (said === SSL_TLSEXT_ERR_OK) return ssl.statusResponse
        if (said === SSL_TLSEXT_ERR_NOACK) return undefined
        throw fatalAlert(
          undefined,
          'internal_error',
          'CALLBACK_FAILED',
          'the status callback says no',
        )
      }
      return following(status(ssl, statusArg), stapled) as
        | Uint8Array
        | undefined
        | Promise<Uint8Array | undefined>
    },
  }
}

function judged(said: number): boolean {
  if (said > 0) return true
  if (said === 0) return false
  throw new TlsAlert('internal_error', {
    reason: 'OCSP_CALLBACK_FAILURE',
    section: '6.2',
    why: 'the status callback failed',
  })
}

function known(type: number): boolean {
  return type === TLSEXT_STATUSTYPE_ocsp || type === TLSEXT_STATUSTYPE_nothing
}
