/** key_share (RFC 9846 section 4.3.8). */
import { type Decoded, named, opaque, struct, uint16, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

const NamedGroup = named('NamedGroup', uint16)

const KeyShareEntry = struct({
  group: NamedGroup,
  key_exchange: opaque(1, 2 ** 16 - 1),
})

export type KeyShareEntry = Decoded<typeof KeyShareEntry>

/**
 *     struct {
 *         NamedGroup group;
 *         opaque key_exchange<1..2^16-1>;
 *     } KeyShareEntry;
 *
 *     struct { KeyShareEntry client_shares<0..2^16-1>; } KeyShareClientHello;
 *     struct { NamedGroup selected_group; } KeyShareHelloRetryRequest;
 *     struct { KeyShareEntry server_share; } KeyShareServerHello;
 */
export const key_share = {
  id: 51,
  name: 'key_share',
  in: {
    ClientHello: struct({ client_shares: vector(KeyShareEntry, 0, 2 ** 16 - 1) }),
    HelloRetryRequest: struct({ selected_group: NamedGroup }),
    ServerHello: struct({ server_share: KeyShareEntry }),
  },
} as const satisfies Extension
