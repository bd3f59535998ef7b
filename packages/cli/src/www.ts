/** -www: reads one HTTP request, and answers it with a page about the connection. */

const longest = 16384

export interface Answer {
  readonly status: '200 OK' | '400 Bad Request' | '405 Method Not Allowed' | '431 Too Large'
  /** A HEAD is answered without a body. */
  readonly head: boolean
}

/** A request as it comes, bounded. Only its end is looked for: every path has the same page. */
export class Request {
  #text = ''

  /** How to answer, once that is clear. */
  push(bytes: Uint8Array): Answer | undefined {
    this.#text += Buffer.from(bytes).toString('latin1')
    const newline = this.#text.indexOf('\n')
    if (newline < 0 && this.#text.length < longest) return undefined
    const line = this.#text.slice(0, newline).replace(/\r$/, '')
    const [, method, version] = /^([A-Z]{1,32}) [!-~]+( HTTP\/1\.[01])?$/.exec(line) ?? []
    if (newline < 0 || method === undefined) return { status: '400 Bad Request', head: false }
    if (version !== undefined && !/\n\r?\n/.test(this.#text)) {
      if (this.#text.length < longest) return undefined
      return { status: '431 Too Large', head: false }
    }
    const known = method === 'GET' || method === 'HEAD'
    return { status: known ? '200 OK' : '405 Method Not Allowed', head: method === 'HEAD' }
  }
}

/** The whole response. */
export function response({ status, head }: Answer, lines: readonly string[]): Uint8Array {
  const shown = status === '200 OK' ? lines : [status]
  const body = `<!DOCTYPE html>\n<html><head><title>biopair s_server</title></head>\n<body><pre>\n${shown.map(escaped).join('\n')}\n</pre></body></html>\n`
  const headers = [
    `HTTP/1.1 ${status}`,
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status.startsWith('405') ? ['Allow: GET, HEAD'] : []),
    'Connection: close',
    '',
    '',
  ].join('\r\n')
  return Buffer.from(head ? headers : headers + body)
}

// Names in a report come from the peer.
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
