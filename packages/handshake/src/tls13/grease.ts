/** Values that mean nothing, among those that a ClientHello offers: a server has to pass over them (RFC 8701 §3.1). */
import type { Bytes } from '@biopair/wire'
import type { GreasePlace } from '../client-hello-policy.ts'
import {
  type ExtensionIn,
  type ExtensionValue,
  extensionTypes,
  readExtension,
  writeExtension,
} from '../extensions/index.ts'
import type { RawExtension } from '../messages/index.ts'

/** Bytes that are drawn: one for each place, and one more for the second extension. */
export const greaseDraw = 8

/** What an extension says with a value more. */
interface Row {
  readonly place: GreasePlace
  readonly id: number
  readonly edit: (extension: RawExtension) => RawExtension
}

/** The values of one connection: both of its hellos have the same ones. */
export class Grease {
  readonly #suite: number | undefined
  readonly #extensions: readonly [first: number, last: number] | undefined
  readonly #rows: readonly Row[]

  constructor(places: readonly GreasePlace[], drawn: Bytes) {
    const [suite, first, last, group, version, scheme, mode, protocol] = [...drawn].map(
      byte => byte & 15,
    ) as [number, number, number, number, number, number, number, number]
    if (places.includes('cipher_suites')) this.#suite = value(suite)
    // No extension may stand there twice, one that means nothing neither (RFC 9846 §4.3).
    const other = last === first ? last ^ 1 : last
    if (places.includes('extensions')) this.#extensions = [value(first), value(other)]
    const rows = [
      row('supported_groups', 'supported_groups', said => ({
        named_group_list: [value(group), ...said.named_group_list],
      })),
      // §3.1: a share of a group that does not exist; it stands where its group does (RFC 9846 §4.3.8).
      row('supported_groups', 'key_share', said => ({
        client_shares: [
          { group: value(group), key_exchange: new Uint8Array(1) },
          ...said.client_shares,
        ],
      })),
      row('supported_versions', 'supported_versions', said => ({
        versions: [value(version), ...said.versions],
      })),
      row('signature_algorithms', 'signature_algorithms', said => ({
        supported_signature_algorithms: [value(scheme), ...said.supported_signature_algorithms],
      })),
      // §2: for a single byte the values are 0x0B, 0x2A, 0x49, and so on up to 0xE4.
      row('psk_key_exchange_modes', 'psk_key_exchange_modes', said => ({
        ke_modes: [0x0b + 0x1f * (mode & 7), ...said.ke_modes],
      })),
      row(
        'application_layer_protocol_negotiation',
        'application_layer_protocol_negotiation',
        said => ({ protocol_name_list: [name(protocol), ...said.protocol_name_list] }),
      ),
    ]
    this.#rows = rows.filter(({ place }) => places.includes(place))
  }

  suites(offered: readonly number[]): readonly number[] {
    return this.#suite === undefined ? offered : [this.#suite, ...offered]
  }

  extension(offered: RawExtension): RawExtension {
    const found = this.#rows.find(({ id }) => id === offered.extension_type)
    return found ? found.edit(offered) : offered
  }

  /** An empty extension first; last one of a byte, since some servers cannot do with an empty one there. */
  between(extensions: readonly RawExtension[]): readonly RawExtension[] {
    if (!this.#extensions) return extensions
    const [first, last] = this.#extensions
    return [
      { extension_type: first, extension_data: new Uint8Array(0) },
      ...extensions,
      { extension_type: last, extension_data: new Uint8Array(1) },
    ]
  }

  /** The extensions without those that `between` puts around them. */
  within(extensions: readonly RawExtension[]): readonly RawExtension[] {
    return extensions.filter(
      ({ extension_type }) =>
        !(this.#extensions as readonly number[] | undefined)?.includes(extension_type),
    )
  }
}

/** One of 0x0A0A, 0x1A1A, ..., 0xFAFA (§2). */
function value(nibble: number): number {
  return nibble * 0x1010 + 0x0a0a
}

function name(nibble: number): Bytes {
  return new Uint8Array(2).fill(value(nibble) & 0xff)
}

function row<N extends ExtensionIn<'ClientHello'>>(
  place: GreasePlace,
  extension: N,
  add: (said: ExtensionValue<'ClientHello', N>) => ExtensionValue<'ClientHello', N>,
): Row {
  return {
    place,
    id: extensionTypes[extension],
    edit: raw => {
      const said = readExtension('ClientHello', extension, [raw]) as ExtensionValue<
        'ClientHello',
        N
      >
      return writeExtension('ClientHello', extension, add(said))
    },
  }
}
