/** max_fragment_length, which a client asks for (SSL_CTX_set_tlsext_max_fragment_length(3)). */
import { fragmentLengths } from '@biopair/handshake'
import { type Configured, refuse, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'

export const TLSEXT_max_fragment_length_DISABLED = 0
export const TLSEXT_max_fragment_length_512 = 1
export const TLSEXT_max_fragment_length_1024 = 2
export const TLSEXT_max_fragment_length_2048 = 3
export const TLSEXT_max_fragment_length_4096 = 4

/** One of TLSEXT_max_fragment_length_. 1, or 0 for another number. */
export function SSL_CTX_set_tlsext_max_fragment_length(ctx: SSL_CTX, mode: number): 0 | 1 {
  return ask(ctx, mode)
}

export function SSL_set_tlsext_max_fragment_length(ssl: SSL, mode: number): 0 | 1 {
  return ask(ssl, mode)
}

function ask(owner: Configured, mode: number): 0 | 1 {
  owner.errors.clear()
  const askedFragment = fragmentLengths[mode - 1]
  if (mode !== TLSEXT_max_fragment_length_DISABLED && askedFragment === undefined)
    return refuse(owner, 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH')
  return set(owner, { askedFragment })
}
