/** What one connection is told beside its context, and of which type each option is. */
import type { NameOptions } from './name-demands.ts'
import { checkOptions, type OptionType } from './option-types.ts'
import type { Session } from './session.ts'

/** What one connection is told beside its context. */
export interface SslOptions extends NameOptions {
  /**
   * Client: a session to resume, as an object or as bytes. It is offered where its time is not up, it is of the same `servername`, and its
   * server's certificates are believed still (`verifyCallback` is asked again, with `resuming`); else the handshake is a full one.
   */
  readonly session?: Session | Uint8Array | undefined
  /** Client: offers a session object that this context has offered before; others can then tell that both connections are one client's (RFC 9846 appendix C.4). False. */
  readonly reuseSession?: boolean
  /** Raw public keys that this peer may have, as SubjectPublicKeyInfo, PEM or DER, in place of the context's (SSL_add_expected_rpk). */
  readonly rawPublicKeys?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** Server with `cookieKeys`: a cookie is good for this alone, at most 1024 bytes: the client's address, so that one who did not get it cannot use it. Empty. */
  readonly cookieContext?: Uint8Array
  /** Client: is told of each ticket of this connection, beside the context's own. */
  readonly onSession?: (session: Session) => void
  /** Lines of the key log of this connection (RFC 9850), beside the context's own. Whoever has them reads everything. */
  readonly keylog?: (line: string) => void
}

const optionTypes: Readonly<Record<keyof SslOptions, OptionType>> = {
  servername: 'string',
  verifyNames: 'string or list of strings',
  allowWildcards: 'boolean',
  session: 'object',
  reuseSession: 'boolean',
  rawPublicKeys: 'text, bytes, an object or a list of them',
  cookieContext: 'Uint8Array',
  onSession: 'function',
  keylog: 'function',
}

/** A copy, of which each option has its type. TypeError otherwise. */
export function sslOptionsFrom(options: SslOptions): SslOptions {
  checkOptions(options, optionTypes)
  return { ...options }
}
