/** What a handshake's flow is told of its context, and of its connection. */
import {
  type ClientConfig,
  type FlowConfig,
  mostRecordLimit,
  type OfferedSession12,
  type ServerConfig,
  type Sessions12,
  type TicketRequest,
} from '@biopair/handshake'
import type { SslContext } from './context.ts'
import { ticketCount } from './issuing.ts'
import { sniOf } from './name-demands.ts'
import type { SslOptions } from './ssl-options.ts'
import { hasPsks } from './start-checks.ts'

/** For a client; `resumes`: there is a session to offer, `session12` is one of TLS 1.2, and `early`: early data comes behind the ClientHello. */
export function clientConfig(
  context: SslContext,
  options: SslOptions,
  {
    resumes,
    session12,
    early,
  }: {
    readonly resumes: boolean
    readonly session12: OfferedSession12 | undefined
    readonly early: boolean
  },
): ClientConfig {
  return {
    ...common(context),
    ...fragments(context),
    serverName: sniOf(options),
    alpn: context.alpn,
    shares: context.shares,
    compatibility: context.options.middleboxCompat ?? true,
    tickets: context.options.tickets ?? true,
    ticketRequest: ticketRequest(context),
    earlyData: early,
    authorities: context.requestAuthorities,
    postHandshakeAuth: context.options.postHandshakeAuth,
    look: context.look,
    session12,
    fallback: context.options.fallbackScsv,
    psk: resumes || hasPsks(context),
  }
}

export function serverConfig(
  context: SslContext,
  options: SslOptions,
  sessions12: Sessions12 | undefined,
): ServerConfig {
  const { maxEarlyData = 0 } = context.options
  return {
    ...common(context),
    ...context.clientAuthentication,
    cookie: context.cookie,
    pskIdentityHint: context.pskIdentityHint,
    cookies: context.cookieJar(options.cookieContext ?? new Uint8Array(0)),
    psk: context.opensTickets || hasPsks(context),
    maxEarlyData,
    skippedEarlyData: Math.max(context.limits.skippedEarlyData, maxEarlyData),
    sessions12,
    ticketCount: (resumed, requested) => ticketCount(context, resumed, requested),
  }
}

/** RFC 8449 §5: a server that knows record_size_limit goes by that alone, and so hears of the same length. */
function fragments(context: SslContext) {
  const { maxFragmentLength } = context.options
  if (maxFragmentLength === undefined) return {}
  const { recordSizeLimit = 0 } = common(context)
  return {
    maxFragmentLength,
    recordSizeLimit: Math.min(recordSizeLimit, maxFragmentLength) || undefined,
  }
}

function common(context: SslContext): Omit<FlowConfig, 'psk'> {
  // 0 says nothing.
  const recordSizeLimit = (context.options.recordSizeLimit ?? mostRecordLimit) || undefined
  return { ...flowConfig(context), recordSizeLimit }
}

/** What is the same whatever carries the messages; record_size_limit is for records alone. */
export function flowConfig(context: SslContext): Omit<FlowConfig, 'psk' | 'recordSizeLimit'> {
  const { crypto, suites, groups, schemes, certificateSchemes, options, riding } = context
  const { versions, suites12 } = context
  const { random, edit, pskModes = ['psk_dhe_ke'] } = options
  const { serverTypes, clientTypes, delegatedSchemes } = context
  return {
    ...{ crypto, suites, groups, schemes, certificateSchemes },
    ...{ random, edit, pskModes },
    ...{ serverTypes, clientTypes, delegatedSchemes },
    ...riding,
    ...{ versions, suites12 },
    extendedMasterSecret: options.requireExtendedMasterSecret,
  }
}

/** RFC 9149's names for it. */
export function ticketRequest({ options }: SslContext): TicketRequest | undefined {
  const { ticketRequest: asked } = options
  return asked && { new_session_count: asked.newSessions, resumption_count: asked.resumptions }
}
