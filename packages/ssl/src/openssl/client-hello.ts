/** The ClientHello callback and what it may look at (SSL_CTX_set_client_hello_cb(3)). */
import type { Bytes } from '@biopair/wire'
import { type Again, again, following } from '../answers.ts'
import type { ClientHelloView } from '../client-hello-view.ts'
import { fatalAlert, parts, type Said } from './alert-number.ts'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'

export const SSL_CLIENT_HELLO_SUCCESS = 1
export const SSL_CLIENT_HELLO_ERROR = 0
export const SSL_CLIENT_HELLO_RETRY = -1

/**
 * SSL_CLIENT_HELLO_SUCCESS; SSL_CLIENT_HELLO_ERROR, or `[SSL_CLIENT_HELLO_ERROR, al]`; SSL_CLIENT_HELLO_RETRY, and it is called
 * again by the next call on the SSL. A promise of one of these: it is not called again before that has settled.
 */
export type SSL_client_hello_cb_fn = (ssl: SSL, arg: unknown) => Said | Promise<Said>

/** Server: called first of all, with each ClientHello; the second one follows a HelloRetryRequest. */
export function SSL_CTX_set_client_hello_cb(
  ctx: SSL_CTX,
  callback: SSL_client_hello_cb_fn | null,
  arg?: unknown,
): void {
  ctx.settings = ctx.settings.with({
    clientHello: callback ? { call: callback, arg } : undefined,
  })
}

/** The random of the ClientHello at hand; of length 0 outside the callback, as with all of these. */
export function SSL_client_hello_get0_random(ssl: SSL): Bytes {
  return ssl.hello?.random ?? nothing()
}

export function SSL_client_hello_get0_session_id(ssl: SSL): Bytes {
  return ssl.hello?.sessionId ?? nothing()
}

/** Two bytes each, in the client's order. */
export function SSL_client_hello_get0_ciphers(ssl: SSL): Bytes {
  const suites = ssl.hello?.cipherSuites ?? []
  return Uint8Array.from(suites.flatMap(suite => [suite >> 8, suite & 0xff]))
}

export function SSL_client_hello_get0_compression_methods(ssl: SSL): Bytes {
  return ssl.hello?.compressionMethods ?? nothing()
}

/** 0x0303 from every client that is right; 0 outside the callback. */
export function SSL_client_hello_get0_legacy_version(ssl: SSL): number {
  return ssl.hello?.legacyVersion ?? 0
}

/** 0: there is no SSL 2.0. */
export function SSL_client_hello_isv2(_ssl: SSL): 0 {
  return 0
}

/** `[1, types]` in the client's order, with those that nobody knows; `[0, []]` outside the callback. */
export function SSL_client_hello_get1_extensions_present(
  ssl: SSL,
): [result: 0 | 1, types: number[]] {
  const { hello } = ssl
  return hello ? [1, hello.extensions.map(([type]) => type)] : [0, []]
}

/** `[1, data]` of the extension of this type; `[0, nothing]` where there is none, and outside the callback. */
export function SSL_client_hello_get0_ext(ssl: SSL, type: number): [result: 0 | 1, data: Bytes] {
  const data = ssl.hello?.extension(type)
  return data ? [1, data] : [0, nothing()]
}

/** Asks the callback; the accessors work until it has answered. */
export function askClientHello(
  ssl: SSL,
  { call, arg }: { readonly call: SSL_client_hello_cb_fn; readonly arg: unknown },
  hello: ClientHelloView,
): void | Promise<void> {
  ssl.hello = hello
  const over = () => {
    ssl.hello = undefined
  }
  let said: Said | Promise<Said>
  try {
    said = call(ssl, arg)
  } catch (error) {
    over()
    throw error
  }
  if (said instanceof Promise) said = said.finally(over)
  else over()
  return following(said, judged) as void | Promise<void>
}

function judged(said: Said): undefined | Again {
  const [result, al] = parts(said)
  if (result === SSL_CLIENT_HELLO_SUCCESS) return undefined
  if (result === SSL_CLIENT_HELLO_RETRY) return again
  throw fatalAlert(al, 'internal_error', 'CALLBACK_FAILED', 'the ClientHello callback says no')
}

function nothing(): Bytes {
  return new Uint8Array(0)
}
