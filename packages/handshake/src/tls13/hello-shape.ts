/** A ClientHello in the look that a policy gives it: order, GREASE (RFC 8701), padding (RFC 7685). */
import { type ClientHelloPolicy, usualGrease } from '../client-hello-policy.ts'
import { type ClientConfig, draw } from '../config.ts'
import { extensionTypes, writeExtension } from '../extensions/index.ts'
import { ClientHello, encodeMessage, type RawExtension } from '../messages/index.ts'
import { extensionsLength } from './client-hello.ts'
import { Grease, greaseDraw } from './grease.ts'

/** The header of a padding extension and a byte: some servers cannot do with an empty extension at the end. */
const leastPadding = 5

/** extensions<7..2^16-1> (RFC 9846 §4.2.2). */
const mostExtensions = 2 ** 16 - 1

/** The look of one connection's hellos: what was drawn for the first stays for the second (RFC 9846 §4.2.2). Without a policy, nothing is drawn or changed. */
export class HelloShape {
  readonly #config: ClientConfig
  readonly #policy: ClientHelloPolicy
  readonly #grease: Grease | undefined

  constructor(config: ClientConfig) {
    this.#config = config
    this.#policy = config.look ?? {}
    const { grease = false } = this.#policy
    const places = typeof grease === 'boolean' ? (grease ? usualGrease : []) : grease
    if (places.length > 0)
      this.#grease = new Grease(places, draw(config, 'client hello grease', greaseDraw))
  }

  /** The first hello; pre-shared keys come to it later, and padding last. */
  first(hello: ClientHello): ClientHello {
    const grease = this.#grease
    const ordered = this.#ordered(hello.extensions ?? [])
    const mixed = this.#policy.order === 'shuffled' ? shuffled(ordered, this.#config) : ordered
    if (!grease) return { ...hello, extensions: mixed }
    const cipher_suites = grease.suites(hello.cipher_suites)
    const extensions = grease.between(mixed.map(extension => grease.extension(extension)))
    return { ...hello, cipher_suites, extensions }
  }

  /** The second hello, made of the first: a cookie finds its place, and padding is made anew (RFC 9846 §4.2.2). */
  second(hello: ClientHello): ClientHello {
    const grease = this.#grease
    const kept = (hello.extensions ?? []).filter(
      ({ extension_type }) => extension_type !== extensionTypes.padding,
    )
    const ordered = this.#ordered(grease ? grease.within(kept) : kept)
    return { ...hello, extensions: grease ? grease.between(ordered) : ordered }
  }

  /** A hello that has everything but its padding, at full length. */
  padded(hello: ClientHello): ClientHello {
    const { padding } = this.#policy
    if (padding === undefined) return hello
    const { length } = encodeMessage(ClientHello, hello)
    // A server's cookie may be long: padding then has what is left, since the extensions end at 2^16-1 bytes.
    const most = mostExtensions - extensionsLength(hello)
    const missing = Math.min(missingOf(padding, length), most)
    if (!(missing > 0) || most < leastPadding) return hello
    const bytes = new Uint8Array(Math.max(missing, leastPadding) - 4)
    const extensions = [...(hello.extensions ?? [])]
    const keys = extensions.findIndex(
      ({ extension_type }) => extension_type === extensionTypes.pre_shared_key,
    )
    // RFC 9846 §4.3.11: pre_shared_key stands last.
    const at = keys < 0 ? extensions.length : keys
    extensions.splice(at, 0, writeExtension('ClientHello', 'padding', bytes))
    return { ...hello, extensions }
  }

  #ordered(extensions: readonly RawExtension[]): readonly RawExtension[] {
    const { order } = this.#policy
    if (order === undefined || order === 'shuffled') return extensions
    const place = ({ extension_type }: RawExtension) => {
      const found = order.findIndex(name => extensionTypes[name] === extension_type)
      return found < 0 ? order.length : found
    }
    // Stable: what is not named stays in our order.
    return extensions.toSorted((a, b) => place(a) - place(b))
  }
}

/** Bytes that are missing; of a block, as many as an extension can have. */
function missingOf(padding: NonNullable<ClientHelloPolicy['padding']>, length: number): number {
  if (typeof padding === 'function') return Math.floor(padding(length)) - length
  if (length % padding === 0) return 0
  return padding * Math.ceil((length + leastPadding) / padding) - length
}

/** Every order is as likely as any other, but for what 16 bits leave over. */
function shuffled(
  extensions: readonly RawExtension[],
  config: ClientConfig,
): readonly RawExtension[] {
  const mixed = [...extensions]
  const drawn = draw(config, 'client hello order', 2 * mixed.length)
  const view = new DataView(drawn.buffer, drawn.byteOffset, drawn.length)
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = view.getUint16(2 * i) % (i + 1)
    ;[mixed[i], mixed[j]] = [mixed[j] as RawExtension, mixed[i] as RawExtension]
  }
  return mixed
}
