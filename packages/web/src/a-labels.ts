/** Host names as people write them, in the A-labels of certificates and of TLS (RFC 5890 §2.3.2.1, UTS #46), as a URL has them. */
import { misuse } from './misuse.ts'

/**
 * `münchen.example` as `xn--mnchen-3ya.example`. What is ASCII already stays as it is: whether it can be a name is for the connection to say. TypeError `ERR_INVALID_ARG_VALUE` for what is no host name.
 */
export function aLabels(name: string): string {
  if (typeof name !== 'string' || !/[^\0-\x7f]/.test(name)) return name
  // What a URL would decode or end at has no place in a name.
  const ascii = /[^\w.\-\u0080-\u{10ffff}]/u.test(name) ? '' : hostnameOf(name)
  // Full-width digits are not a way to write an address here.
  if (ascii !== '' && !/^[\d.]+$/.test(ascii)) return ascii
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `servername: expected a host name, got ${JSON.stringify(name)}`,
  )
}

/** Empty for what is none, and where there is no URL to ask. */
function hostnameOf(name: string): string {
  try {
    return new URL(`https://${name}/`).hostname
  } catch {
    return ''
  }
}
