/** An extension as it stands in a message, its data not looked at (RFC 9846 section 4.3). */
import { type Codec, type Decoded, named, opaque, struct, uint16, vector } from '@biopair/wire'

export const RawExtension = named(
  'Extension',
  struct({
    extension_type: named('ExtensionType', uint16),
    extension_data: opaque(0, 2 ** 16 - 1),
  }),
)

export type RawExtension = Decoded<typeof RawExtension>

/** `Extension extensions<min..2^16-1>`: each message has its own lower bound. */
export function extensionBlock(min: number): Codec<readonly RawExtension[]> {
  return vector(RawExtension, min, 2 ** 16 - 1)
}
