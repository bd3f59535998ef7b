/** ClientHellos that a server has to answer, and ones with one thing wrong, which it has to refuse. */
import type { Bytes, GroupName } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { ClientHello, decodeMessage, encodeMessage, type RawExtension } from '@biopair/handshake'
import { Ssl, SslContext } from '@biopair/ssl'
import fc from 'fast-check'
import { countingPair } from '../schedule/counting-half.ts'
import { Seed, seededTime } from '../seeds/seed.ts'

/** A ClientHello by description; `helloOf` makes the same bytes of the same plan. */
export interface HelloPlan {
  readonly seed: string
  readonly groups: readonly GroupName[]
  readonly alpn: readonly string[]
  readonly servername: string
  readonly sessionId: boolean
  /** Extensions that nobody knows, by number. */
  readonly unknown: readonly number[]
  /** Extensions in another order. */
  readonly shuffled: boolean
}

/** Groups whose shares cost little. */
const cheap: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1']

/** Plans of ClientHellos of TLS 1.3 that are as they should be. */
export function helloPlans(): fc.Arbitrary<HelloPlan> {
  const name = fc.constantFrom('server.example', 'a.wild.example')
  return fc.record(
    {
      seed: fc.nat(9999).map(String),
      groups: fc.uniqueArray(fc.constantFrom(...cheap), { minLength: 1, maxLength: 3 }),
      alpn: fc.uniqueArray(fc.constantFrom('h2', 'http/1.1', 'chat'), { maxLength: 3 }),
      servername: name,
      sessionId: fc.boolean(),
      unknown: fc.uniqueArray(fc.integer({ min: 0x4000, max: 0x7fff }), { maxLength: 3 }),
      shuffled: fc.boolean(),
    },
    { noNullPrototype: true },
  )
}

/** The message of a plan, with its header. */
export function helloOf(plan: HelloPlan): Bytes {
  const hello = plainHello(plan)
  const all = [...(hello.extensions ?? []), ...plan.unknown.map(strange)]
  const extensions = plan.shuffled ? new Seed(plan.seed).dice('order').shuffled(all) : all
  return encodeMessage(ClientHello, { ...hello, extensions })
}

/** One thing that is wrong with a ClientHello. */
export interface HelloFault {
  /** What such a ClientHello is like. */
  readonly says: string
  readonly spoil: (message: Bytes) => Bytes
}

/** What can be wrong, by name. */
export const helloFaults: Readonly<Record<string, HelloFault>> = {
  twice: {
    says: 'has an extension twice',
    spoil: edited(hello => ({ ...hello, extensions: doubled(hello.extensions) })),
  },
  compression: {
    says: 'offers compression',
    spoil: edited(hello => ({ ...hello, legacy_compression_methods: Uint8Array.of(1, 0) })),
  },
  noCompression: {
    says: 'does not offer the null compression method',
    spoil: edited(hello => ({ ...hello, legacy_compression_methods: Uint8Array.of(1) })),
  },
  noSuites: {
    says: 'offers suites that nobody has',
    spoil: edited(hello => ({ ...hello, cipher_suites: [0x1399] })),
  },
  noVersion: {
    says: 'offers versions that nobody has',
    spoil: replaced(43, Uint8Array.of(2, 0x7f, 0x1c)),
  },
  oldVersion: {
    says: 'offers no version but TLS 1.1',
    spoil: replaced(43, Uint8Array.of(2, 3, 2)),
  },
  noGroups: { says: 'has no supported_groups', spoil: without(10) },
  noShares: { says: 'has no key_share', spoil: without(51) },
  noSchemes: { says: 'has no signature_algorithms', spoil: without(13) },
  emptyName: {
    says: 'has a server name of no bytes',
    spoil: replaced(0, Uint8Array.of(0, 3, 0, 0, 0)),
  },
  strangeShare: {
    says: 'has a share of a group that it does not offer',
    spoil: replaced(51, Uint8Array.of(0, 5, 0, 30, 0, 1, 7)),
  },
  shortShare: {
    says: 'has a share that is too short for its group',
    spoil: replaced(51, Uint8Array.of(0, 5, 0, 29, 0, 1, 7), 10, Uint8Array.of(0, 2, 0, 29)),
  },
  pskNotLast: {
    says: 'has pre_shared_key before another extension',
    spoil: edited(hello => ({
      ...hello,
      extensions: [raw(41, offeredPsk), ...(hello.extensions ?? [])],
    })),
  },
  trailing: {
    says: 'has a byte behind its extensions',
    spoil: message => relengthened(Uint8Array.of(...message, 0)),
  },
  cut: {
    says: 'ends a byte early',
    spoil: message => relengthened(message.slice(0, -1)),
  },
}

/** A plan and what is wrong with it. */
export function faultyHellos(): fc.Arbitrary<{ readonly plan: HelloPlan; readonly fault: string }> {
  return fc.record({ plan: helloPlans(), fault: fc.constantFrom(...Object.keys(helloFaults)) })
}

/** A message as the record that carries it; several, where it is long. */
export function helloRecord(message: Uint8Array): Bytes {
  const records: number[] = []
  for (let at = 0; at < message.length; at += 16_384) {
    const part = message.subarray(at, at + 16_384)
    records.push(22, 3, 1, part.length >> 8, part.length & 255, ...part)
  }
  return Uint8Array.from(records)
}

/** One identity of one byte and a binder of 32. */
const offeredPsk = Uint8Array.of(0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32, ...new Uint8Array(32))

/** What a client of ours says first. */
function plainHello({ seed, groups, alpn, servername, sessionId }: HelloPlan): ClientHello {
  const context = new SslContext({
    crypto: noble,
    random: new Seed(seed).random('client'),
    now: () => seededTime,
    rejectUnauthorized: false,
    groups,
    keyShares: groups.slice(0, 1),
    middleboxCompat: sessionId,
    ...(alpn.length > 0 ? { ALPNProtocols: alpn } : {}),
  })
  const [near, far] = countingPair(1 << 16)
  new Ssl(context, { servername }).setBio(near).setConnectState().doHandshake()
  return decodeMessage(ClientHello, far.take().subarray(9))
}

function edited(edit: (hello: ClientHello) => ClientHello): HelloFault['spoil'] {
  return message =>
    encodeMessage(ClientHello, edit(decodeMessage(ClientHello, message.subarray(4))))
}

function without(type: number): HelloFault['spoil'] {
  return edited(hello => ({
    ...hello,
    extensions: hello.extensions?.filter(({ extension_type }) => extension_type !== type),
  }))
}

/** Pairs of types and data: each is put where it stood, or behind the others. */
function replaced(...pairs: readonly (number | Bytes)[]): HelloFault['spoil'] {
  return edited(hello => {
    let extensions: readonly RawExtension[] = hello.extensions ?? []
    for (let at = 0; at < pairs.length; at += 2) {
      const extension = raw(pairs[at] as number, pairs[at + 1] as Bytes)
      const same = ({ extension_type }: RawExtension) => extension_type === extension.extension_type
      extensions = extensions.some(same)
        ? extensions.map(other => (same(other) ? extension : other))
        : [...extensions, extension]
    }
    return { ...hello, extensions }
  })
}

function doubled(extensions: readonly RawExtension[] = []): readonly RawExtension[] {
  return [...extensions, extensions[0] as RawExtension]
}

function strange(type: number): RawExtension {
  return raw(type, Uint8Array.of(type & 255))
}

function raw(extension_type: number, extension_data: Bytes): RawExtension {
  return { extension_type, extension_data }
}

/** The length of the header as it has to be. */
function relengthened(message: Bytes): Bytes {
  const length = message.length - 4
  message.set([length >> 16, (length >> 8) & 255, length & 255], 1)
  return message
}
