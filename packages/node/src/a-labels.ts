/** Host names as people write them, in the A-labels of certificates and of TLS (RFC 5890 §2.3.2.1, UTS #46). */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/**
 * `münchen.example` as `xn--mnchen-3ya.example`, as a URL has it. A name that is ASCII already, an address, and anything else in ASCII stays as it is: whether
 * it can be a name is for `servername` to say. TypeError `ERR_INVALID_ARG_VALUE` for what is no host name.
 */
export function aLabels(name: string): string {
  if (!/[^\0-\x7f]/.test(name)) return name
  // What a URL would decode or end at has no place in a name.
  const ascii = /[^\w.\-\u0080-\u{10ffff}]/u.test(name) ? '' : domainToASCII(name)
  // Full-width digits are not a way to write an address here.
  if (ascii !== '' && isIP(ascii) === 0) return ascii
  throw Object.assign(new TypeError(`aLabels: expected a host name, got ${JSON.stringify(name)}`), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
}
