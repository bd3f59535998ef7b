/** A server's choice among the client's protocols (SSL_CTX_set_alpn_select_cb(3)). */
import type { Bytes } from '@biopair/wire'
import { SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_OK } from './constants.ts'
import { protocolList } from './protocols.ts'
import type { SSL } from './ssl.ts'

/** Answers `[SSL_TLSEXT_ERR_OK, protocol]`, or SSL_TLSEXT_ERR_NOACK or ALERT_FATAL, or a promise; `list` is the client's, lengths before names. */
export type SSL_CTX_alpn_select_cb_func = (
  ssl: SSL,
  list: Bytes,
  arg: unknown,
) => AlpnSelection | Promise<AlpnSelection>

type AlpnSelection = readonly [result: number, protocol?: Uint8Array] | number

/** A protocol's name; null for none, undefined to refuse. */
type AlpnChoice = string | null | undefined

/** Asks for one of the client's protocols. */
export function askAlpn(
  ssl: SSL,
  { call, arg }: { readonly call: SSL_CTX_alpn_select_cb_func; readonly arg: unknown },
  protocols: readonly string[],
): AlpnChoice | Promise<AlpnChoice> {
  const answer = call(ssl, protocolList(protocols), arg)
  return answer instanceof Promise ? answer.then(selected) : selected(answer)
}

function selected(answer: AlpnSelection): AlpnChoice {
  const [result, protocol] = typeof answer === 'number' ? [answer, undefined] : answer
  if (result === SSL_TLSEXT_ERR_NOACK) return null
  if (result !== SSL_TLSEXT_ERR_OK || !protocol) return undefined
  return String.fromCharCode(...protocol)
}
