/** supported_groups (RFC 9846 section 4.3.7). */
import { named, struct, uint16, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         NamedGroup named_group_list<2..2^16-1>;
 *     } NamedGroupList;
 */
const NamedGroupList = struct({
  named_group_list: vector(named('NamedGroup', uint16), 2, 2 ** 16 - 1),
})

export const supported_groups = {
  id: 10,
  name: 'supported_groups',
  in: { ClientHello: NamedGroupList, EncryptedExtensions: NamedGroupList },
} as const satisfies Extension
