/** pre_shared_key (RFC 9846 section 4.3.11). */
import {
  type Bytes,
  type Decoded,
  encode,
  opaque,
  struct,
  uint16,
  uint32,
  vector,
} from '@biopair/wire'
import type { Extension } from './extension.ts'

const PskIdentity = struct({
  identity: opaque(1, 2 ** 16 - 1),
  obfuscated_ticket_age: uint32,
})

/** `opaque PskBinderEntry<32..255>;`, `PskBinderEntry binders<33..2^16-1>;` */
const binders = vector(opaque(32, 255), 33, 2 ** 16 - 1)

/**
 *     struct {
 *         opaque identity<1..2^16-1>;
 *         uint32 obfuscated_ticket_age;
 *     } PskIdentity;
 *
 *     opaque PskBinderEntry<32..255>;
 *
 *     struct {
 *         PskIdentity identities<7..2^16-1>;
 *         PskBinderEntry binders<33..2^16-1>;
 *     } OfferedPsks;
 */
const OfferedPsks = struct({
  identities: vector(PskIdentity, 7, 2 ** 16 - 1),
  binders,
})

export type PskIdentity = Decoded<typeof PskIdentity>
export type OfferedPsks = Decoded<typeof OfferedPsks>

export const pre_shared_key = {
  id: 41,
  name: 'pre_shared_key',
  in: { ClientHello: OfferedPsks, ServerHello: struct({ selected_identity: uint16 }) },
} as const satisfies Extension

/**
 * How many bytes the binders take at the end of a ClientHello, their length field included.
 * §4.3.11.2: a binder covers the ClientHello up to but not including these bytes.
 */
export function bindersLength(list: readonly Bytes[]): number {
  return encode(binders, list).length
}
