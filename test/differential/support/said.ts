/** What our calls came to, in the words of libssl.c. */
import * as C from '@biopair/ssl/openssl'

export interface Named {
  readonly name: string
  readonly bio?: C.BIO
  readonly ssl?: C.SSL
  /** The connection that a BIO was given to. */
  owner?: Named
  sent: number
}

/** What a call came to: what it returned, what SSL_get_error says of that, and bytes that it passed out. */
export interface Came {
  readonly ret: number
  readonly of?: C.SSL | C.BIO
  readonly out?: Uint8Array
  readonly passed?: number
  /** What SSL_read_early_data came to, beside the 1 or 0 that it is worth. */
  readonly early?: number
  /** SSL_get_error is not asked of it. */
  readonly only?: 'error'
}

/** `ret`, `status`, `want`, the oldest error, and a sum of the bytes that were passed out. */
export function saidOf({ ret, of, out, passed, early, only }: Came): string[] {
  const said = [`ret=${ret}`]
  if (of && 'port' in of && !only)
    said.push(`status=${C.SSL_get_error(of, ret)}`, `want=${C.SSL_want(of)}`)
  const code = of ? C.ERR_peek_error(of) : 0
  if (code === 0) said.push('error=0')
  else {
    const text = C.ERR_reason_error_string(code)?.replaceAll(' ', '_')
    said.push(`error=${C.ERR_GET_LIB(code)}.${C.ERR_GET_REASON(code)}`, `why=${text}`)
  }
  if (early !== undefined) said.push(`early=${early}`)
  if (out && out.length > 0) said.push(`sum=${sumOf(out)}`)
  if (passed !== undefined) said.push(`passed=${passed}`)
  return said
}

/** What can be asked of an object without a call on it. */
export function state({ name, bio, ssl }: Named): string[] {
  const said: string[] = []
  const say = (what: string, value: number | string) => said.push(`${name}.${what}=${value}`)
  if (ssl) {
    say('shut', C.SSL_get_shutdown(ssl))
    say('pending', C.SSL_pending(ssl))
    say('has', C.SSL_has_pending(ssl))
    say('init', C.SSL_in_init(ssl))
    say('reused', C.SSL_session_reused(ssl))
    say('early', C.SSL_get_early_data_status(ssl))
    if (C.SSL_is_server(ssl)) say('named', C.SSL_get_peer_certificate(ssl) ? 1 : 0)
  }
  if (!bio) return said
  const letters = [
    C.BIO_should_read(bio) ? 'r' : '',
    C.BIO_should_write(bio) ? 'w' : '',
    C.BIO_should_io_special(bio) ? 's' : '',
    C.BIO_should_retry(bio) ? '+' : '-',
  ]
  say('flags', letters.join(''))
  say('pending', C.BIO_ctrl_pending(bio))
  say('wpending', C.BIO_ctrl_wpending(bio))
  say('eof', C.BIO_eof(bio))
  say('read', C.BIO_number_read(bio))
  say('written', C.BIO_number_written(bio))
  if (C.BIO_method_type(bio) !== C.BIO_TYPE_BIO) return said
  say('guarantee', C.BIO_ctrl_get_write_guarantee(bio))
  say('request', C.BIO_ctrl_get_read_request(bio))
  say('size', C.BIO_get_write_buf_size(bio))
  return said
}

function sumOf(bytes: Uint8Array): string {
  let sum = 2166136261
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 16777619)
  return (sum >>> 0).toString(16)
}
