/** server_name (RFC 6066 section 3; in CertificateRequest RFC 9261). */
import { empty, enumerated, opaque, struct, uint8, variant, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         NameType name_type;
 *         select (name_type) { case host_name: HostName; } name;
 *     } ServerName;
 *
 *     enum { host_name(0), (255) } NameType;
 *     opaque HostName<1..2^16-1>;
 *     struct { ServerName server_name_list<1..2^16-1> } ServerNameList;
 *
 * RFC 6066 §3: the data of any later NameType begins with a 16-bit length, so it can be passed over.
 */
const ServerNameList = struct({
  server_name_list: vector(
    variant(
      ['name_type', enumerated(uint8, { host_name: 0 }, { unknown: 'keep' })],
      ['name', { host_name: opaque(1, 2 ** 16 - 1) }],
      opaque(0, 2 ** 16 - 1),
    ),
    1,
    2 ** 16 - 1,
  ),
})

export const server_name = {
  id: 0,
  name: 'server_name',
  in: {
    ClientHello: ServerNameList,
    EncryptedExtensions: empty,
    ServerHello12: empty,
    CertificateRequest: ServerNameList,
  },
} as const satisfies Extension
