/** Failures as one line: the alert, the state and the section, so that a reader can look it up. */
import { CarrierError, type Stop, type TlsAlert } from '@biopair/ssl'
import { rfc } from '@biopair/wire'

/** Why a connection failed. */
export function failureLine(stop: Stop, state: string): string {
  switch (stop.status) {
    case 'failed':
      return errorLine(stop.error, state)
    case 'truncated':
      return `truncated in ${state} (${rfc('6.1')}): the peer ended the carrier without a close_notify`
    case 'closed':
      return `close_notify received in ${state} (${rfc('6.1')}): the peer ended the connection`
    default:
      return `${stop.status} in ${state}`
  }
}

function errorLine(error: TlsAlert | CarrierError, state: string): string {
  if (error instanceof CarrierError) return oneLine(`broken in ${state}: ${error.message}`)
  const where = error.state ?? state
  return oneLine(
    `${error.alert} ${error.origin} in ${where} (${error.reason}, ${rfc(error.section)}): ${error.why}`,
  )
}

/** Any text as one line that a terminal can show: a peer may have written it. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/\p{C}/gu, '?')
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error))
}
