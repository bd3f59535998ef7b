/** A server that keeps nothing between two ClientHellos: what it has to know comes back in the cookie (RFC 9846 §4.3.2). */
import { type CipherSuite, equal, type Group, type RunningHash } from '@biopair/crypto'
import { type Bytes, encode, opaque } from '@biopair/wire'
import type { ServerConfig } from '../config.ts'
import type { CookieJar } from '../cookie-jar.ts'
import { type ClientHello, encodeMessage, ServerHello } from '../messages/index.ts'
import type { Talk } from '../talk.ts'
import { changed, checkAnswer, cookieOf, unchanged, wrongCookie } from './second-hello.ts'
import { helloRetryRequest } from './server-messages.ts'

/** A ClientHello, and the message as it came. */
export interface ReceivedHello {
  readonly hello: ClientHello
  readonly raw: Uint8Array
}

/** What a HelloRetryRequest said, known again from the ClientHello that answers it. */
export interface Answered {
  readonly suite: CipherSuite
  /** The group that it named. */
  readonly group: Group | undefined
  /** The transcript before this ClientHello: for binders. */
  readonly before: RunningHash
}

/**
 * RFC 9846 §4.3.2, §5: where nothing is kept, change_cipher_spec may be the first record; early data, refused by the HelloRetryRequest
 * (§4.3.10), may follow it. Neither can be told from what a client must not send, so both are passed over.
 */
export function admitLeftovers({ output }: Talk, config: ServerConfig): void {
  if (!config.cookies) return
  output.tolerateChangeCipherSpec(true)
  output.skipEarlyData(config.skippedEarlyData)
}

/** Answers a ClientHello with a HelloRetryRequest whose cookie holds all there is to know, and forgets it. */
export function retryStatelessly(
  talk: Talk,
  jar: CookieJar,
  { hello, raw }: ReceivedHello,
  suite: CipherSuite,
  named: Group | undefined,
  config: ServerConfig,
): void {
  const { output, transcript } = talk
  const cookie = jar.seal({
    cipherSuite: suite.id,
    group: named?.id ?? 0,
    clientHello: config.crypto.hashes[suite.hash].digest(raw),
    unchanged: digest(hello, named !== undefined, config),
  })
  talk.send(ServerHello, helloRetryRequest(hello, suite, named, cookie))
  output.learn({ fact: 'retry', group: named?.name, cookie: 'sealed' })
  if (hello.legacy_session_id.length > 0) output.changeCipherSpec()
  output.endOfFlight()
  transcript.clear()
}

/**
 * Goes on from the HelloRetryRequest whose cookie this ClientHello brings, and makes the transcript anew; undefined for a ClientHello without
 * one, which is a first, unless it is `expected` to have one: nobody is asked twice.
 */
export function goOnFromCookie(
  { output, transcript }: Talk,
  hello: ClientHello,
  config: ServerConfig,
  expected: boolean,
): Answered | undefined {
  if (!config.cookies) return undefined
  const cookie = cookieOf(hello)
  if (!cookie && !expected) return undefined
  const state = cookie && config.cookies.open(cookie)
  // Who shares our keys may have other suites and groups.
  const suite = config.suites.find(({ id }) => id === state?.cipherSuite)
  const group = config.groups.find(({ id }) => id === state?.group)
  if (!cookie || !state || !suite || (state.group !== 0 && !group)) throw wrongCookie()
  if (!equal(digest(hello, group !== undefined, config), state.unchanged))
    throw changed('what may not change')
  checkAnswer(hello, group?.id)
  const made = helloRetryRequest(hello, suite, group, cookie)
  const retry = encodeMessage(ServerHello, config.edit?.('ServerHello', made) ?? made)
  const before = transcript.goOn(config.crypto.hashes[suite.hash], state.clientHello, retry)
  output.learn({ fact: 'retry', group: group?.name, cookie: 'opened' })
  return { suite, group, before }
}

/** SHA-256 of what may not change, each part with its length before it. */
function digest(hello: ClientHello, newShare: boolean, config: ServerConfig): Bytes {
  const parts = unchanged(hello, newShare).map(({ bytes }) => encode(part, bytes))
  return config.crypto.hashes.sha256.digest(...parts)
}

const part = opaque(0, 2 ** 24 - 1)
