/** What one connection over QUIC is told beside its context, read and checked. */
import type { CipherSuite } from '@biopair/crypto'
import type { Role } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { publicKeysFrom } from '@biopair/x509'
import type { SslContext } from '../context.ts'
import { misuse } from '../misuse.ts'
import { type NameOptions, verifyNamesFrom } from '../name-demands.ts'
import { checkOptions, type OptionType } from '../option-types.ts'
import { type Session, sessionFrom } from '../session.ts'
import { checkStart, type Told } from '../start-checks.ts'
import { type QuicVersion, versionRow } from './version.ts'

export interface QuicTlsOptions extends NameOptions {
  readonly role: Role
  /**
   * Ours, encoded as RFC 9000 §18 has it; or what makes them, once: for a server, of the client's, which nobody has proved yet.
   */
  readonly transportParameters: Uint8Array | ((peer: Bytes | undefined) => Uint8Array)
  /** 1. What tickets are for; where versions are negotiated, `QuicTls.version` is set as soon as that has happened. */
  readonly version?: QuicVersion
  /** Client: a session to resume, one of QUIC and of this version, as an object or as bytes; otherwise as for `Ssl`. */
  readonly session?: Session | Uint8Array | undefined
  /** Client: offers a session object that this context has offered before. False. */
  readonly reuseSession?: boolean
  /** Client: offers 0-RTT, if the session permits it. False. A server takes it where its context has a `maxEarlyData`, however much that is. */
  readonly earlyData?: boolean
  /** Server: 0-RTT is taken if this is what it was when the ticket was issued: whatever decides what such data means. Empty. */
  readonly earlyDataContext?: Uint8Array
  /** Raw public keys that this peer may have, in place of the context's. */
  readonly rawPublicKeys?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
}

const optionTypes: Readonly<Record<keyof QuicTlsOptions, OptionType>> = {
  role: 'string',
  transportParameters: 'Uint8Array or function',
  version: 'whole number',
  servername: 'string',
  verifyNames: 'string or list of strings',
  allowWildcards: 'boolean',
  session: 'object',
  reuseSession: 'boolean',
  earlyData: 'boolean',
  earlyDataContext: 'Uint8Array',
  rawPublicKeys: 'text, bytes, an object or a list of them',
}

/** The options as they were read. */
export interface QuicStarting extends Told {
  readonly role: Role
  readonly version: QuicVersion
  readonly session: Session | undefined
  readonly transportParameters: (peer: Bytes | undefined) => Bytes
  readonly earlyDataContext: Bytes
  /** RFC 9001 §5.3: CCM_8 has no header protection. */
  readonly suites: readonly CipherSuite[]
}

/** Reads the options, and checks that this end can do its part. TypeError with a stable `code`. */
export function startingFrom(context: SslContext, options: QuicTlsOptions): QuicStarting {
  checkOptions(options, optionTypes)
  const { role, version = 1, session, servername, rawPublicKeys, transportParameters } = options
  if (role !== 'client' && role !== 'server')
    throw misuse('ERR_INVALID_ARG_VALUE', `role: expected client or server, got ${String(role)}`)
  versionRow(version)
  if (transportParameters === undefined)
    throw misuse('ERR_INVALID_ARG_TYPE', 'transportParameters: expected bytes or a function')
  checkProtocols(role, context)
  const suites = context.suites.filter(({ aead }) => aead !== 'aes-128-ccm-8')
  if (suites.length === 0)
    throw misuse('ERR_INVALID_ARG_VALUE', 'ciphers: expected a suite that QUIC has a use for')
  const starting = {
    servername,
    verifyNames: verifyNamesFrom(options),
    rawPublicKeys: rawPublicKeys === undefined ? undefined : publicKeysFrom(rawPublicKeys),
  }
  checkStart(role, context, starting)
  const known = session && sessionFrom(session, version)
  const given = transportParameters
  const make = typeof given === 'function' ? given : () => given
  return {
    ...starting,
    ...{ role, version, suites },
    // The object itself is what the context remembers.
    session: session instanceof Uint8Array ? known : session,
    transportParameters: peer => Uint8Array.from(make(peer)),
    earlyDataContext: Uint8Array.from(options.earlyDataContext ?? []),
  }
}

/** RFC 9001 §8.1: over QUIC a protocol is agreed on. */
function checkProtocols(role: Role, { alpn, options }: SslContext): void {
  if (alpn.length > 0) return
  if (role === 'server' && (options.ALPNCallback || options.SNICallback)) return
  throw misuse('ERR_INVALID_ARG_VALUE', 'ALPNProtocols: expected at least one protocol for QUIC')
}
