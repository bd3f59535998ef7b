/** What -msg and -trace print: a heading in OpenSSL's manner, and below it what the message says. */
import { showMessage } from '@biopair/handshake'
import type { TraceEvent } from '@biopair/ssl'

/** The lines of an event; none for what `detail` does not ask for. */
export function traceLines(event: TraceEvent, detail: 'messages' | 'all'): string[] {
  switch (event.event) {
    case 'message': {
      const [msg_type = 0] = event.message
      const [name = '', ...fields] = showMessage(msg_type, event.message.subarray(4))
      const length = event.message.length.toString(16).padStart(4, '0')
      return [
        `${arrow(event.direction)} TLS 1.3, Handshake [length ${length}], ${name}`,
        ...fields.map(line => `  ${line}`),
      ]
    }
    case 'alert':
      return [`${arrow(event.direction)} TLS 1.3, Alert [length 0002], ${event.alert}`]
    case 'record':
      if (detail !== 'all') return []
      return [
        `${arrow(event.direction)} record ${event.type}, ${event.length} bytes${event.protected ? ', protected' : ''}`,
      ]
    case 'key':
      return detail === 'all' ? [`=== ${event.direction} key: ${event.level}`] : []
    case 'state':
      return detail === 'all' ? [`=== state: ${event.state}`] : []
  }
}

function arrow(direction: 'read' | 'write'): string {
  return direction === 'read' ? '<<<' : '>>>'
}
