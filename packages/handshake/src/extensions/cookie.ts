/** cookie (RFC 9846 section 4.3.2). */
import { opaque, struct } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         opaque cookie<1..2^16-1>;
 *     } Cookie;
 */
const Cookie = struct({ cookie: opaque(1, 2 ** 16 - 1) })

export const cookie = {
  id: 44,
  name: 'cookie',
  in: { ClientHello: Cookie, HelloRetryRequest: Cookie },
} as const satisfies Extension
