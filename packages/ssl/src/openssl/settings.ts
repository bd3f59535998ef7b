/** What an SSL_CTX was set to, as a value: an SSL keeps the one it was made with, and our own context is made from it. */
import type { Bytes } from '@biopair/wire'
import { type ContextOptions, SslContext } from '../context.ts'
import { misuse } from '../misuse.ts'
import type { Session } from '../session.ts'
import type { VerifyCallback } from '../verification.ts'
import {
  SSL_MODE_AUTO_RETRY,
  SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
  SSL_OP_NO_COMPRESSION,
  SSL_OP_NO_TICKET,
  SSL_OP_NO_TLSv1_3,
  SSL_TLSEXT_ERR_NOACK,
  SSL_TLSEXT_ERR_OK,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
} from './constants.ts'
import { protocolList } from './protocols.ts'
import type { SSL } from './ssl.ts'
import { verifyResult } from './verify-result.ts'

export type Pem = string | Uint8Array

/** What OpenSSL takes from its process, and here is given: primitives, randomness, time, and what has no C name. */
export type Surroundings = Pick<
  ContextOptions,
  | 'allowPartialTrustChain'
  | 'cookie'
  | 'crypto'
  | 'edit'
  | 'keyShares'
  | 'limits'
  | 'minimumRsaBits'
  | 'now'
  | 'random'
  | 'ticketKeys'
  | 'trace'
  | 'verifyLimits'
>

/** What a verify callback is shown (X509_STORE_CTX). */
export interface X509_STORE_CTX {
  /** X509_V_OK, or why the chain is not believed. */
  readonly error: number
  /** Which certificate is at fault: 0 is the peer's own. */
  readonly error_depth: number
  /** DER, as the peer sent it. */
  readonly chain: readonly Uint8Array[]
  readonly ssl: SSL
}

/** Once per chain: what was found, and its answer, where not 0 or false, is to go on. It may answer later. */
export type SSL_verify_cb = (
  preverify_ok: 0 | 1,
  x509_ctx: X509_STORE_CTX,
) => number | boolean | Promise<number | boolean>

/** Answers `[SSL_TLSEXT_ERR_OK, protocol]`, or SSL_TLSEXT_ERR_NOACK or ALERT_FATAL; `list` is the client's, lengths before names. */
export type SSL_CTX_alpn_select_cb_func = (
  ssl: SSL,
  list: Bytes,
  arg: unknown,
) => readonly [result: number, protocol?: Uint8Array] | number

export interface Values {
  readonly surroundings: Surroundings
  readonly ca: readonly Pem[]
  /** Whole pairs, and the halves of one that is not whole yet. */
  readonly credentials: readonly { readonly cert: Pem; readonly key: Pem; readonly kind: string }[]
  readonly certificate?: Pem | undefined
  readonly key?: Pem | undefined
  readonly ciphers?: string
  readonly groups?: string
  readonly sigalgs?: string
  readonly alpn: readonly string[]
  readonly selectAlpn?:
    | { readonly call: SSL_CTX_alpn_select_cb_func; readonly arg: unknown }
    | undefined
  readonly keylog?: ((ssl: SSL, line: string) => void) | undefined
  readonly newSession?: ((ssl: SSL, session: Session) => unknown) | undefined
  /** undefined: a client verifies, a server asks for no certificate. */
  readonly verifyMode?: number
  readonly verify?: SSL_verify_cb | undefined
  readonly verifyDepth?: number
  /** The chain has to be believed, whatever name it is for (SSL_set1_host with null). */
  readonly anyName: boolean
  readonly tickets: number
  readonly options: number
  readonly mode: number
  readonly quiet: boolean
  readonly maxFragment?: number
}

/** A value: `with` makes another one. */
export class Settings {
  readonly values: Values
  readonly #keys: { first?: SslContext }
  #client: SslContext | undefined
  #server: SslContext | undefined
  /** Whose call is under way, for the callbacks. */
  #caller: SSL | undefined

  constructor(values: Values, keys: { first?: SslContext } = {}) {
    this.values = values
    this.#keys = keys
  }

  with(changes: Partial<Values>): Settings {
    return new Settings({ ...this.values, ...changes }, this.#keys)
  }

  /** Does some work of an SSL's, whose callbacks are given that SSL. */
  during<T>(ssl: SSL, work: () => T): T {
    const before = this.#caller
    this.#caller = ssl
    try {
      return work()
    } finally {
      this.#caller = before
    }
  }

  /** Our own context, made once. TypeError for settings that do not fit each other. */
  context(role: 'client' | 'server'): SslContext {
    const made = role === 'client' ? this.#client : this.#server
    if (made) return made
    const context = new SslContext({
      ...this.#common(),
      ...(role === 'client' ? this.#asClient() : this.#asServer()),
    })
    // Contexts that were made from one SSL_CTX open each other's tickets.
    this.#keys.first ??= context
    if (role === 'client') this.#client = context
    else this.#server = context
    return context
  }

  #common(): ContextOptions {
    const { surroundings, ca, credentials, keylog, newSession, verifyDepth, maxFragment } =
      this.values
    if (this.values.options & SSL_OP_NO_TLSv1_3)
      throw misuse('ERR_INVALID_ARG_VALUE', 'SSL_OP_NO_TLSv1_3 leaves no version')
    const { first } = this.#keys
    return {
      ...surroundings,
      ca,
      cert: credentials.map(({ cert }) => cert),
      key: credentials.map(({ key }) => key),
      ...given('ciphers', this.values.ciphers),
      ...given('groups', this.values.groups),
      ...given('sigalgs', this.values.sigalgs),
      ...given('ticketKeys', first && joined(first)),
      ...(keylog ? { keylog: (line: string) => keylog(this.#calling, line) } : {}),
      ...(newSession
        ? { onSession: (session: Session) => void newSession(this.#calling, session) }
        : {}),
      verifyLimits: { ...surroundings.verifyLimits, ...given('depth', verifyDepth) },
      limits: { ...surroundings.limits, ...given('maxFragment', maxFragment) },
    }
  }

  #asClient(): ContextOptions {
    const { verifyMode = SSL_VERIFY_PEER, verify, anyName, options, alpn } = this.values
    const verifies = (verifyMode & SSL_VERIFY_PEER) !== 0
    const callback = verify ? this.#asked(verify) : anyName ? believed : undefined
    return {
      ALPNProtocols: alpn,
      tickets: (options & SSL_OP_NO_TICKET) === 0,
      middleboxCompat: (options & SSL_OP_ENABLE_MIDDLEBOX_COMPAT) !== 0,
      // Where any name will do, which is said explicitly, the callback alone stands between us and a stranger.
      rejectUnauthorized: verifies && !anyName,
      ...(verifies ? given('verifyCallback', callback) : {}),
    }
  }

  #asServer(): ContextOptions {
    const { verifyMode = 0, verify, options, tickets, selectAlpn } = this.values
    const asks = (verifyMode & SSL_VERIFY_PEER) !== 0
    const requires = asks && (verifyMode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) !== 0
    // A certificate that is shown has to be believed, whether or not one has to be shown.
    const callback = verify ? this.#asked(verify) : requires ? undefined : believed
    return {
      numTickets: options & SSL_OP_NO_TICKET ? 0 : tickets,
      requestCert: asks,
      rejectUnauthorized: requires,
      ...(asks ? given('verifyCallback', callback) : {}),
      ...(selectAlpn ? { ALPNCallback: offer => this.#select(offer.protocols) } : {}),
    }
  }

  #asked(verify: SSL_verify_cb): VerifyCallback {
    return (verdict, chain) => {
      const said = verify(verdict.ok ? 1 : 0, {
        error: verifyResult(verdict),
        error_depth: verdict.ok ? 0 : verdict.depth,
        chain,
        ssl: this.#calling,
      })
      return said instanceof Promise ? said.then(Boolean) : Boolean(said)
    }
  }

  #select(protocols: readonly string[]): string | null | undefined {
    const { call, arg } = this.values.selectAlpn as NonNullable<Values['selectAlpn']>
    const answer = call(this.#calling, protocolList(protocols), arg)
    const [result, protocol] = typeof answer === 'number' ? [answer, undefined] : answer
    if (result === SSL_TLSEXT_ERR_NOACK) return null
    if (result !== SSL_TLSEXT_ERR_OK || !protocol) return undefined
    return String.fromCharCode(...protocol)
  }

  get #calling(): SSL {
    return this.#caller as SSL
  }
}

/** What SSL_CTX_new(3) starts from. */
export function initialValues(surroundings: Surroundings): Values {
  return {
    surroundings,
    ca: [],
    credentials: [],
    alpn: [],
    anyName: false,
    tickets: 2,
    options: SSL_OP_NO_COMPRESSION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
    mode: SSL_MODE_AUTO_RETRY,
    quiet: false,
  }
}

const believed: VerifyCallback = verdict => verdict.ok

function given<K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: T }
}

function joined({ ticketKey }: SslContext): Bytes {
  const bytes = new Uint8Array(48)
  bytes.set(ticketKey.name)
  bytes.set(ticketKey.secret, ticketKey.name.length)
  return bytes
}
