/** oid_filters (RFC 9846 section 4.3.5). */
import { opaque, struct, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         opaque certificate_extension_oid<1..2^8-1>;
 *         opaque certificate_extension_values<0..2^16-1>;
 *     } OIDFilter;
 *
 *     struct {
 *         OIDFilter filters<0..2^16-1>;
 *     } OIDFilterExtension;
 */
const OIDFilterExtension = struct({
  filters: vector(
    struct({
      certificate_extension_oid: opaque(1, 2 ** 8 - 1),
      certificate_extension_values: opaque(0, 2 ** 16 - 1),
    }),
    0,
    2 ** 16 - 1,
  ),
})

export const oid_filters = {
  id: 48,
  name: 'oid_filters',
  in: { CertificateRequest: OIDFilterExtension },
} as const satisfies Extension
