/** Nearly valid ClientHellos: one that is right, with one thing changed that has a name. */
import { type Bytes, concat, type Random } from '@biopair/crypto'
import { extensionTypes } from '@biopair/handshake'
import {
  helloMessage,
  type LooseExtension,
  type LooseHello,
  looseHello,
  plainRecord,
  u8,
  u16,
  vector8,
  vector16,
} from './loose-hello.ts'

/** A client's first bytes, and what is special about them. */
export interface NearlyHello {
  /** The change's name: `extension twice`, `versions: none that is known`. */
  readonly change: string
  readonly bytes: Bytes
}

/** Choices for a change. */
interface Dice {
  below(count: number): number
  pick<T>(list: readonly T[]): T
  bytes(length: number): Bytes
}

type Change = (hello: LooseHello, dice: Dice) => LooseHello | Bytes

const ext = extensionTypes

function changed(hello: LooseHello, type: number, data: (old: Bytes) => Bytes): LooseHello {
  const extensions = hello.extensions ?? []
  if (!extensions.some(each => each.type === type))
    return { ...hello, extensions: [{ type, data: data(concat()) }, ...extensions] }
  const other = extensions.map(each =>
    each.type === type ? { ...each, data: data(each.data) } : each,
  )
  return { ...hello, extensions: other }
}

function without(hello: LooseHello, ...types: readonly number[]): LooseHello {
  const extensions = hello.extensions?.filter(({ type }) => !types.includes(type))
  return { ...hello, extensions }
}

function withExtension(hello: LooseHello, type: number, data: Bytes): LooseHello {
  return { ...hello, extensions: [{ type, data }, ...(without(hello, type).extensions ?? [])] }
}

function last(hello: LooseHello, ...more: readonly LooseExtension[]): LooseHello {
  return { ...hello, extensions: [...(hello.extensions ?? []), ...more] }
}

const set =
  (type: number, data: (dice: Dice) => Bytes): Change =>
  (hello, dice) =>
    changed(hello, type, () => data(dice))

const drop =
  (...types: readonly number[]): Change =>
  hello =>
    without(hello, ...types)

const share = (group: number, key: Uint8Array): Bytes => concat(u16(group), vector16(key))
const shares = (...entries: readonly Bytes[]): Bytes => vector16(...entries)
const name = (type: number, text: string): Bytes =>
  concat(u8(type), vector16(Uint8Array.from(text, letter => letter.charCodeAt(0))))
const protocol = (text: string): Bytes =>
  vector8(Uint8Array.from(text, letter => letter.charCodeAt(0)))
const identity = (dice: Dice, length: number): Bytes =>
  concat(vector16(dice.bytes(length)), dice.bytes(4))
const offer = (dice: Dice, identities: number, binders: number, length = 32): Bytes =>
  concat(
    vector16(...Array.from({ length: identities }, () => identity(dice, 40))),
    vector16(...Array.from({ length: binders }, () => vector8(dice.bytes(length)))),
  )

const { server_name: sni, application_layer_protocol_negotiation: alpn } = ext

/** Every change by its name. */
const changes: Readonly<Record<string, Change>> = {
  nothing: hello => hello,
  'legacy_version: older': (hello, dice) => ({
    ...hello,
    legacy_version: dice.pick([0x0200, 0x0300, 0x0301, 0x0302]),
  }),
  'legacy_version: newer': (hello, dice) => ({
    ...hello,
    legacy_version: dice.pick([0x0304, 0x0305, 0x7f1c, 0xffff]),
  }),
  'session id: any length': (hello, dice) => ({
    ...hello,
    legacy_session_id: dice.bytes(dice.below(33)),
  }),
  'session id: too long': (hello, dice) => ({
    ...hello,
    legacy_session_id: dice.bytes(33 + dice.below(100)),
  }),
  'suites: none': hello => ({ ...hello, cipher_suites: concat() }),
  'suites: odd length': hello => ({ ...hello, cipher_suites: hello.cipher_suites.slice(1) }),
  'suites: none that is known': hello => ({ ...hello, cipher_suites: u16(0x1399) }),
  'suites: twice': hello => ({
    ...hello,
    cipher_suites: concat(hello.cipher_suites, hello.cipher_suites),
  }),
  'suites: unknown ones first': hello => ({
    ...hello,
    cipher_suites: concat(u16(0x0a0a), u16(0xfefe), hello.cipher_suites),
  }),
  'suites: the fallback SCSV': hello => ({
    ...hello,
    cipher_suites: concat(hello.cipher_suites, u16(0x5600)),
  }),
  'suites: the renegotiation SCSV': hello => ({
    ...hello,
    cipher_suites: concat(hello.cipher_suites, u16(0x00ff)),
  }),
  'compression: none': hello => ({ ...hello, legacy_compression_methods: concat() }),
  'compression: not null': hello => ({ ...hello, legacy_compression_methods: u8(1) }),
  'compression: null and others': (hello, dice) => ({
    ...hello,
    legacy_compression_methods: dice.pick([Uint8Array.of(0, 1), Uint8Array.of(1, 0)]),
  }),
  'extensions: absent': hello => ({ ...hello, extensions: undefined }),
  'extensions: empty': hello => ({ ...hello, extensions: [] }),
  'extensions: another order': hello => ({
    ...hello,
    extensions: [...(hello.extensions ?? [])].reverse(),
  }),
  'extension twice': (hello, dice) => last(hello, dice.pick(hello.extensions ?? [])),
  'unknown extension': (hello, dice) => {
    const type = dice.pick([0x0a0a, 0x1234, 0xfe0d, 0xffff])
    return last(without(hello, type), { type, data: dice.bytes(dice.below(20)) })
  },
  'unknown extension twice': hello =>
    last(hello, { type: 0x1234, data: u8(1) }, { type: 0x1234, data: u8(2) }),
  'extension empty': (hello, dice) =>
    changed(hello, dice.pick(hello.extensions ?? []).type, () => concat()),
  'extension with a byte more': (hello, dice) =>
    changed(hello, dice.pick(hello.extensions ?? []).type, data => concat(data, u8(0))),
  'extension with a byte less': (hello, dice) =>
    changed(hello, dice.pick(hello.extensions ?? []).type, data => data.slice(0, -1)),
  'extension with a length that is wrong': (hello, dice) => {
    const extensions = hello.extensions ?? []
    const which = dice.below(extensions.length)
    return {
      ...hello,
      extensions: extensions.map((each, i) =>
        i === which ? { ...each, length: each.data.length + dice.pick([-1, 1, 500]) } : each,
      ),
    }
  },
  'extension gone': (hello, dice) => without(hello, dice.pick(hello.extensions ?? []).type),
  'an extension of other messages': (hello, dice) =>
    withExtension(hello, dice.pick([ext.oid_filters]), vector16()),
  'bytes behind the extensions': (hello, dice) => ({
    ...hello,
    behind: dice.bytes(1 + dice.below(4)),
  }),
  'extensions longer than said': hello => ({ ...hello, extensionsOff: -1 }),
  'extensions shorter than said': hello => ({ ...hello, extensionsOff: 1 }),
  'message longer than said': hello => ({ ...hello, lengthOff: -1 }),
  'versions: none that is known': set(ext.supported_versions, dice =>
    vector8(u16(dice.pick([0x0305, 0x7f1c, 0x0a0a]))),
  ),
  'versions: unknown ones too': set(ext.supported_versions, () =>
    vector8(u16(0x0a0a), u16(0x0305), u16(0x0304), u16(0x0303)),
  ),
  'versions: no list': set(ext.supported_versions, () => vector8()),
  'versions: old ones alone': set(ext.supported_versions, dice =>
    vector8(u16(dice.pick([0x0300, 0x0301, 0x0302]))),
  ),
  'versions: odd length': set(ext.supported_versions, () => vector8(u16(0x0304), u8(3))),
  'versions: gone': drop(ext.supported_versions),
  'groups: no list': set(ext.supported_groups, () => vector16()),
  'groups: none that is known': set(ext.supported_groups, () => vector16(u16(0x0a0a), u16(0x4444))),
  'groups: odd length': set(ext.supported_groups, () => vector16(u16(29), u8(0))),
  'groups: twice': set(ext.supported_groups, () => vector16(u16(29), u16(29), u16(23))),
  'groups: gone': drop(ext.supported_groups),
  'groups and shares gone': drop(ext.supported_groups, ext.key_share),
  'shares: no list': set(ext.key_share, () => shares()),
  'shares: gone': drop(ext.key_share),
  'shares: of no group in the list': set(ext.key_share, dice => shares(share(30, dice.bytes(56)))),
  'shares: known, of no group in the list': (hello, dice) =>
    changed(
      changed(hello, ext.supported_groups, () => vector16(u16(23))),
      ext.key_share,
      () => shares(share(29, dice.bytes(32))),
    ),
  'shares: unknown ones first': (hello, dice) =>
    changed(hello, ext.key_share, data => vector16(share(0x0a0a, dice.bytes(1)), data.subarray(2))),
  'shares: of one group twice': set(ext.key_share, dice =>
    shares(share(29, dice.bytes(32)), share(29, dice.bytes(32))),
  ),
  'shares: in another order than the groups': (hello, dice) =>
    changed(
      changed(hello, ext.supported_groups, () => vector16(u16(23), u16(29))),
      ext.key_share,
      () => shares(share(29, dice.bytes(32))),
    ),
  'x25519: too short or too long': set(ext.key_share, dice =>
    shares(share(29, dice.bytes(dice.pick([1, 31, 33, 64])))),
  ),
  'x25519: empty': set(ext.key_share, () => shares(share(29, concat()))),
  'x25519: zero': set(ext.key_share, dice =>
    shares(share(29, new Uint8Array(32).fill(0).fill(dice.below(2), 0, 1))),
  ),
  'p256: no point of the curve': set(ext.key_share, dice =>
    shares(share(23, concat(u8(4), dice.bytes(64)))),
  ),
  'p256: another form': set(ext.key_share, dice =>
    shares(
      share(23, dice.pick([concat(u8(2), dice.bytes(32)), concat(u8(6), dice.bytes(64)), u8(0)])),
    ),
  ),
  'p256: too short': set(ext.key_share, dice => shares(share(23, concat(u8(4), dice.bytes(63))))),
  'sigalgs: no list': set(ext.signature_algorithms, () => vector16()),
  'sigalgs: odd length': set(ext.signature_algorithms, () => vector16(u16(0x0403), u8(4))),
  'sigalgs: none that is known': set(ext.signature_algorithms, () =>
    vector16(u16(0x0a0a), u16(0xfefe)),
  ),
  'sigalgs: none of the key': set(ext.signature_algorithms, () =>
    vector16(u16(0x0804), u16(0x0807)),
  ),
  'sigalgs: old ones alone': set(ext.signature_algorithms, () =>
    vector16(u16(0x0401), u16(0x0203)),
  ),
  'sigalgs: gone': drop(ext.signature_algorithms),
  'sigalgs of certificates: none that is known': hello =>
    withExtension(hello, ext.signature_algorithms_cert, vector16(u16(0xfefe))),
  'sigalgs of certificates: no list': hello =>
    withExtension(hello, ext.signature_algorithms_cert, vector16()),
  'alpn: no list': set(alpn, () => vector16()),
  'alpn: an empty name': set(alpn, () => vector16(protocol('h2'), protocol(''))),
  'alpn: none that is known': set(alpn, () => vector16(protocol('spdy/1'))),
  'alpn: the same twice': set(alpn, () => vector16(protocol('h2'), protocol('h2'))),
  'server_name: no list': set(sni, () => vector16()),
  'server_name: another type': set(sni, () => vector16(name(7, 'server.example'))),
  'server_name: two of a type': set(sni, () =>
    vector16(name(0, 'server.example'), name(0, 'b.example')),
  ),
  'server_name: empty': set(sni, () => vector16(name(0, ''))),
  'server_name: a zero inside': set(sni, () => vector16(name(0, 'a\0b'))),
  'server_name: an address': set(sni, () => vector16(name(0, '127.0.0.1'))),
  'server_name: a dot behind': set(sni, () => vector16(name(0, 'server.example.'))),
  'server_name: no text': set(sni, () => vector16(name(0, '\xff\xfe'))),
  'server_name: very long': set(sni, () => vector16(name(0, 'a'.repeat(300)))),
  'psk: a ticket of nobody': (hello, dice) =>
    last(withModes(hello), { type: ext.pre_shared_key, data: offer(dice, 1, 1) }),
  'psk: not last': (hello, dice) =>
    withExtension(withModes(hello), ext.pre_shared_key, offer(dice, 1, 1)),
  'psk: without modes': (hello, dice) =>
    last(without(hello, ext.psk_key_exchange_modes), {
      type: ext.pre_shared_key,
      data: offer(dice, 1, 1),
    }),
  'psk: more identities than binders': (hello, dice) =>
    last(withModes(hello), { type: ext.pre_shared_key, data: offer(dice, 2, 1) }),
  'psk: more binders than identities': (hello, dice) =>
    last(withModes(hello), { type: ext.pre_shared_key, data: offer(dice, 1, 2) }),
  'psk: no identities': (hello, dice) =>
    last(withModes(hello), { type: ext.pre_shared_key, data: offer(dice, 0, 0) }),
  'psk: short binder': (hello, dice) =>
    last(withModes(hello), { type: ext.pre_shared_key, data: offer(dice, 1, 1, 31) }),
  'psk modes: no list': set(ext.psk_key_exchange_modes, () => vector8()),
  'psk modes: none that is known': set(ext.psk_key_exchange_modes, () => vector8(u8(77))),
  'early data without a psk': hello => withExtension(hello, ext.early_data, concat()),
  'early data with content': hello => withExtension(hello, ext.early_data, u8(1)),
  'a cookie of nobody': (hello, dice) => withExtension(hello, ext.cookie, vector16(dice.bytes(20))),
  'an empty cookie': hello => withExtension(hello, ext.cookie, vector16()),
  'renegotiation_info with content': hello =>
    withExtension(hello, ext.renegotiation_info, vector8(Uint8Array.of(1, 2, 3))),
  'extended_master_secret with content': hello =>
    withExtension(hello, ext.extended_master_secret, u8(1)),
  'point formats: none that is known': hello =>
    withExtension(hello, ext.ec_point_formats, vector8(u8(9))),
  'point formats: no list': hello => withExtension(hello, ext.ec_point_formats, vector8()),
  'record_size_limit: too small': hello => withExtension(hello, ext.record_size_limit, u16(63)),
  'record_size_limit: large': hello => withExtension(hello, ext.record_size_limit, u16(0xffff)),
  'max_fragment_length: unknown': hello => withExtension(hello, 1, u8(9)),
  'padding that is not zero': hello => withExtension(hello, ext.padding, Uint8Array.of(0, 1, 0)),
  'status_request: malformed': hello =>
    withExtension(hello, ext.status_request, Uint8Array.of(1, 0)),
  'status_request: another type': hello =>
    withExtension(hello, ext.status_request, Uint8Array.of(9, 0, 0)),
  'post_handshake_auth with content': hello => withExtension(hello, ext.post_handshake_auth, u8(0)),
  'record: its version': (hello, dice) =>
    plainRecord(helloMessage(hello), dice.pick([0x0300, 0x0302, 0x0303, 0x0304, 0x03ff])),
  'record: no version of TLS': hello => plainRecord(helloMessage(hello), 0x0203),
  'record: cut in two': (hello, dice) => {
    const message = helloMessage(hello)
    const at = 1 + dice.below(message.length - 1)
    return concat(plainRecord(message.subarray(0, at)), plainRecord(message.subarray(at)))
  },
  'record: empty, then the message': hello =>
    concat(plainRecord(concat()), plainRecord(helloMessage(hello))),
  'record: too long': (_, dice) => plainRecord(dice.bytes(16_385)),
  'record: application data first': (_, dice) => plainRecord(dice.bytes(20), 0x0303, 23),
  'record: of no type': (hello, dice) =>
    plainRecord(helloMessage(hello), 0x0301, dice.pick([0, 19, 24, 99, 255])),
  'change_cipher_spec first': hello =>
    concat(plainRecord(u8(1), 0x0303, 20), plainRecord(helloMessage(hello))),
  'an alert first: fatal': (_, dice) =>
    plainRecord(Uint8Array.of(2, dice.pick([10, 40, 80])), 0x0301, 21),
  'an alert first: close_notify': () => plainRecord(Uint8Array.of(1, 0), 0x0301, 21),
  'an alert first: warning': hello =>
    concat(plainRecord(Uint8Array.of(1, 90), 0x0301, 21), plainRecord(helloMessage(hello))),
  'another message first': (_, dice) =>
    plainRecord(Uint8Array.of(dice.pick([0, 2, 4, 11, 20, 24, 77]), 0, 0, 1, 0)),
  'the hello twice in a record': hello =>
    plainRecord(concat(helloMessage(hello), helloMessage(hello))),
  'part of another message behind the hello': hello =>
    plainRecord(concat(helloMessage(hello), Uint8Array.of(20, 0))),
  'a byte changed': (hello, dice) => {
    const bytes = helloMessage(hello)
    const at = 4 + dice.below(bytes.length - 4)
    bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8))
    return plainRecord(bytes)
  },
  'cut short': (hello, dice) => {
    const record = plainRecord(helloMessage(hello))
    return record.slice(0, 1 + dice.below(record.length - 1))
  },
}

function withModes(hello: LooseHello): LooseHello {
  const pre_shared = without(hello, ext.pre_shared_key)
  return changed(pre_shared, ext.psk_key_exchange_modes, () => vector8(u8(1)))
}

/** The names of all changes, in their order. */
export const helloChanges: readonly string[] = Object.keys(changes)

/**
 * Hellos made of one that is right, a change each, in the order of `helloChanges` and around again; what a change leaves open follows from `random`. Every
 * so often two changes are made.
 * @param record a ClientHello in its record, as a client sends it first
 */
export function* nearlyHellos(record: Uint8Array, random: Random): Generator<NearlyHello, never> {
  const hello = looseHello(record)
  const dice: Dice = {
    below: count => new DataView(random('dice', 4).buffer).getUint32(0) % count,
    pick: list => list[dice.below(list.length)] as (typeof list)[number],
    bytes: length => random('bytes', length),
  }
  for (let round = 0; ; round++)
    for (const name of helloChanges) {
      // From the second round on, now and then behind a change that has taken the message to be right still.
      const second = round > 0 && dice.below(4) === 0 ? dice.pick(helloChanges) : undefined
      const before = second && made(second, hello, dice)
      const from = before instanceof Uint8Array || !before ? hello : before
      const change = second && from !== hello ? `${second} + ${name}` : name
      const after = made(name, from, dice)
      const bytes = after instanceof Uint8Array ? after : plainRecord(helloMessage(after))
      yield { change, bytes }
    }
}

function made(name: string, hello: LooseHello, dice: Dice): LooseHello | Bytes {
  const change = changes[name] as Change
  const left = hello.extensions ?? []
  // A change of some extension needs one.
  return left.length === 0 && name.startsWith('extension ') ? hello : change(hello, dice)
}
