/** ec_point_formats of TLS 1.2 (RFC 8422 section 5.1.2). */
import { opaque, struct } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         ECPointFormat ec_point_format_list<1..2^8-1>;
 *     } ECPointFormatList;
 *
 * uncompressed(0) is the one that is left.
 */
const ECPointFormatList = struct({ ec_point_format_list: opaque(1, 2 ** 8 - 1) })

export const ec_point_formats = {
  id: 11,
  name: 'ec_point_formats',
  in: { ClientHello12: ECPointFormatList, ServerHello12: ECPointFormatList },
} as const satisfies Extension
