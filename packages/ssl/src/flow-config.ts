/** What a flow is told by a context, whatever carries the messages. */
import type { FlowConfig, TicketRequest } from '@biopair/handshake'
import type { SslContext } from './context.ts'

/** What client and server have in common; record_size_limit is for records alone. */
export function flowConfig(context: SslContext): Omit<FlowConfig, 'psk' | 'recordSizeLimit'> {
  const { crypto, suites, groups, schemes, certificateSchemes, options, riding } = context
  const { random, edit, pskModes = ['psk_dhe_ke'] } = options
  const { serverTypes, clientTypes, delegatedSchemes } = context
  return {
    ...{ crypto, suites, groups, schemes, certificateSchemes },
    ...{ random, edit, pskModes },
    ...{ serverTypes, clientTypes, delegatedSchemes },
    ...riding,
  }
}

/** RFC 9149's names for the option. */
export function ticketRequest({ options }: SslContext): TicketRequest | undefined {
  const { ticketRequest: asked } = options
  return asked && { new_session_count: asked.newSessions, resumption_count: asked.resumptions }
}
