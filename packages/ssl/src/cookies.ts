/** Cookies that hold what a server without state has to know again: authenticated, dated, and bound to who asked (RFC 9846 §4.3.2). */
import { ascii, type CryptoProvider, concat, equal, type Hmac } from '@biopair/crypto'
import type { CookieJar, RetryState } from '@biopair/handshake'
import {
  type Bytes,
  decode,
  encode,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
} from '@biopair/wire'
import type { ContextOptions } from './context-options.ts'
import { keysOf, oneOf, wholeNumber } from './option-values.ts'

/** What stands before the tag. */
const CookieState = struct({
  version: uint8,
  /** Seconds since 1970. */
  sealed: uint32,
  cipher_suite: uint16,
  group: uint16,
  client_hello: opaque(32, 64),
  unchanged: fixed(32),
})

const version = 1
const keyLength = 32
const tagLength = 32
/** No cookie of ours is longer: what is, is not looked at. */
const longestCookie = 1 + 4 + 2 + 2 + 1 + 64 + 32 + tagLength
/** So that a tag is of nothing else that these keys may be used for. */
const label = ascii('biopair HelloRetryRequest cookie')
const binding = opaque(0, 2 ** 16 - 1)

/** TypeError for a `cookie` that is no way, and a lifetime out of its bounds. */
export function checkCookieOptions({
  cookie,
  cookieLifetime,
}: Pick<ContextOptions, 'cookie' | 'cookieLifetime'>): void {
  oneOf('cookie', cookie, ['never', 'with_retry', 'always'])
  wholeNumber('cookieLifetime', cookieLifetime, 1, 3600)
}

/** Keys of cookies: the first seals, and all open. */
export class CookieKeys {
  readonly #keys: readonly Hmac[]

  /** TypeError unless there is at least one, of 32 bytes each. */
  constructor(given: Uint8Array | readonly Uint8Array[], { hashes }: CryptoProvider) {
    this.#keys = keysOf('cookieKeys', given, keyLength).map(key => hashes.sha256.hmac(key))
  }

  seal(...parts: readonly Uint8Array[]): Bytes {
    return (this.#keys[0] as Hmac).mac(...parts)
  }

  opens(tag: Uint8Array, ...parts: readonly Uint8Array[]): boolean {
    return this.#keys.some(key => equal(key.mac(...parts), tag))
  }
}

export interface CookieTerms {
  /** As they stand: they may change while a cookie is out. */
  readonly keys: () => CookieKeys
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Seconds that a cookie is good for; the clock of another server may be off by as many. */
  readonly lifetime: number
  /** A cookie is good for this alone: the client's address, say. */
  readonly context: Uint8Array
}

/** A jar with these keys: another one with the same keys and context opens its cookies. */
export function cookieJar({ keys, now, lifetime, context }: CookieTerms): CookieJar {
  const bound = encode(binding, new Uint8Array(context))
  const seconds = () => Math.floor(now() / 1000)
  return {
    seal({ cipherSuite, group, clientHello, unchanged }: RetryState): Bytes {
      const state = encode(CookieState, {
        version,
        sealed: seconds(),
        cipher_suite: cipherSuite,
        group,
        client_hello: clientHello,
        unchanged,
      })
      return concat(state, keys().seal(label, bound, state))
    },
    open(cookie: Uint8Array): RetryState | undefined {
      if (cookie.length <= tagLength || cookie.length > longestCookie) return undefined
      const state = cookie.subarray(0, -tagLength)
      if (!keys().opens(cookie.subarray(-tagLength), label, bound, state)) return undefined
      if (state[0] !== version) return undefined
      const { sealed, cipher_suite, group, client_hello, unchanged } = decode(CookieState, state)
      if (Math.abs(seconds() - sealed) > lifetime) return undefined
      return { cipherSuite: cipher_suite, group, clientHello: client_hello, unchanged }
    },
  }
}
