/** `tunnel`: a stream through an HTTP proxy (CONNECT, RFC 9110 §9.3.6): what TLS in TLS runs over. */
import type { Duplex } from 'node:stream'
import { coded } from './errors.ts'
import { misuse } from './misuse.ts'

export interface TunnelOptions {
  /** Header fields of the request: `proxy-authorization`, say. */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds that the proxy may take to answer: 30 000; 0 for any time. */
  readonly timeout?: number
}

/** The longest head of an answer, in bytes. */
const longestHead = 16_384

/**
 * Asks the proxy at the other end of `proxy` to connect to `authority`, `host:port`; settles with the same stream, which is the target's from then on: what came behind the proxy's
 * answer is still to be read. Rejects, and destroys the stream, with `ERR_PROXY_TUNNEL` and the proxy's `statusCode`, where it has one.
 *
 * TLS to the proxy and TLS through it have options of their own: `connect({ socket: tunnel(connect(toTheProxy), 'host:443'), ...toTheTarget })`.
 */
export function tunnel(
  proxy: Duplex,
  authority: string,
  { headers = {}, timeout = 30_000 }: TunnelOptions = {},
): Promise<Duplex> {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (!/^[\w.[\]:-]+:\d+$/.test(authority) || lines.some(line => /[\r\n\0]/.test(line)))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      'tunnel: expected host:port, and header fields of one line',
    )
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0)
    const timer =
      timeout > 0 ? setTimeout(() => fail('the proxy did not answer'), timeout).unref() : undefined
    const settle = () => {
      clearTimeout(timer)
      proxy.off('readable', read).off('end', early).off('close', early)
    }
    const fail = (why: string, statusCode?: number) => {
      settle()
      const error = Object.assign(coded('ERR_PROXY_TUNNEL', why), { statusCode })
      proxy.destroy(error)
      reject(error)
    }
    const broke = (error: Error) => {
      settle()
      reject(error)
    }
    const early = () => fail('the proxy closed before it answered')
    const read = () => {
      for (;;) {
        const chunk: Buffer | null = proxy.read()
        if (chunk === null) return
        head = Buffer.concat([head, chunk])
        const end = head.indexOf('\r\n\r\n')
        if (end < 0 && head.length <= longestHead) continue
        if (end < 0)
          return fail(`the head of the proxy's answer has more than ${longestHead} bytes`)
        const [first = ''] = head.toString('latin1', 0, end).split('\r\n')
        const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first) ?? []
        if (status === undefined) return fail('the proxy did not answer in HTTP/1.1')
        if (!status.startsWith('2')) return fail(`the proxy refused: ${first}`, Number(status))
        settle()
        const rest = head.subarray(end + 4)
        if (rest.length > 0) proxy.unshift(rest)
        return resolve(proxy)
      }
    }
    // That of 'error' stays: there may be one before whoever waits for the promise can listen, and what TLS is put on knows of it.
    proxy.on('error', broke).on('readable', read).once('end', early).once('close', early)
    if (proxy.errored) return broke(proxy.errored)
    if (proxy.destroyed) return early()
    proxy.write(`${lines.join('\r\n')}\r\n\r\n`)
  })
}
