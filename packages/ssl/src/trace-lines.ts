/** A trace's events as readable lines: a heading in OpenSSL's manner, and below it what a message says. */
import { showMessage } from '@biopair/handshake'
import type { TraceNews } from './trace.ts'
import { redacted } from './tracer.ts'

/** The lines of an event: the first says what it is, those after it are indented. Secrets are not shown, also where the event holds them. */
export function traceLines(event: TraceNews): string[] {
  switch (event.event) {
    case 'bio':
      return [`=== bio ${event.call}: ${came(event)}`]
    case 'message': {
      const { message, redacted: blank } = redacted(event)
      const [msg_type = 0] = message
      const [name = '', ...fields] = showMessage(msg_type, message.subarray(4))
      const length = event.message.length.toString(16).padStart(4, '0')
      const note = blank ? ', redacted' : ''
      return [
        `${arrow(event.direction)} TLS 1.3, Handshake [length ${length}], ${name}${note}`,
        ...fields.map(line => `  ${line}`),
      ]
    }
    case 'alert':
      return [`${arrow(event.direction)} TLS 1.3, Alert [length 0002], ${event.alert}`]
    case 'record':
      return [
        `${arrow(event.direction)} record ${event.type}, ${event.length} bytes${event.protected ? ', protected' : ''}`,
      ]
    case 'secret':
      return [`=== secret: ${event.name}`]
    case 'key':
      return [`=== ${event.direction} key: ${event.level}, epoch ${event.epoch}, of ${event.name}`]
    case 'state':
      return [`=== state: ${event.state}`]
  }
}

function came({ call, outcome, bytes }: Extract<TraceNews, { event: 'bio' }>): string {
  const moves = outcome === 'done' && (call === 'read' || call === 'write')
  return moves ? `${bytes.length} bytes` : outcome
}

function arrow(direction: 'read' | 'write'): string {
  return direction === 'read' ? '<<<' : '>>>'
}
