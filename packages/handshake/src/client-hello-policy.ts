/** How a ClientHello looks. Nothing here changes what it offers: what we cannot do is claimed by no policy. */
import { type ExtensionIn, extensionCodec, extensions } from './extensions/index.ts'

/** Lists of a ClientHello that take a value which means nothing (RFC 8701 §3.1). */
export const greasePlaces = [
  'cipher_suites',
  'extensions',
  'supported_groups',
  'supported_versions',
  'signature_algorithms',
  'psk_key_exchange_modes',
  'application_layer_protocol_negotiation',
] as const
export type GreasePlace = (typeof greasePlaces)[number]

/** Where `grease: true` puts values: in lists that servers have long seen them in. */
export const usualGrease: readonly GreasePlace[] = [
  'cipher_suites',
  'extensions',
  'supported_groups',
  'supported_versions',
]

/** Extensions whose place can be chosen: padding and pre_shared_key stand last, in this order (RFC 9846 §4.3.11). */
export type OrderedExtension = Exclude<ExtensionIn<'ClientHello12'>, 'padding' | 'pre_shared_key'>

export interface ClientHelloPolicy {
  /** Which extensions stand first, and in which order; those that are not named follow in ours. `shuffled`: all of them, in another order for each connection. */
  readonly order?: 'shuffled' | readonly OrderedExtension[]
  /** Values that a server has to pass over, another each time, so that none forgets how: true, or where (RFC 8701). */
  readonly grease?: boolean | readonly GreasePlace[]
  /**
   * Bytes of the whole message, header included (RFC 7685): a multiple of this, or what a function makes of its length without padding. What
   * is not more than the length pads nothing; an extension takes 5 bytes at least.
   */
  readonly padding?: number | ((length: number) => number)
}

/** The names of extensions that an order may have. */
export const orderedExtensions: readonly string[] = Object.values(extensions)
  .filter(
    ({ id }) =>
      (extensionCodec('ClientHello', id) ?? extensionCodec('ClientHello12', id)) !== undefined,
  )
  .map(({ name }) => name)
  .filter(name => name !== 'padding' && name !== 'pre_shared_key')
