/** What a policy makes of a ClientHello, place by place and byte by byte: GREASE (RFC 8701 §3.1) and padding (RFC 7685). */
import {
  type ClientConfig,
  ClientHello,
  type ClientHelloPolicy,
  encodeMessage,
  extensionTypes,
  type GreasePlace,
  greasePlaces,
  isGrease,
  readExtension,
} from '@biopair/handshake'
import test from 'ava'
import { converse } from '../support/converse.ts'

const protocol = new Uint8Array(Buffer.from('h2'))

/** The first ClientHello of a client, all of whose GREASE is drawn from one byte. */
function said(
  look: ClientHelloPolicy | undefined,
  { drawn = 3, ...config }: { drawn?: number } & Partial<ClientConfig> = {},
): ClientHello {
  const hellos: unknown[] = []
  converse({
    until: 1,
    client: {
      look,
      alpn: [protocol],
      random: (_, length) => new Uint8Array(length).fill(drawn),
      edit: (name, message) => {
        if (name === 'ClientHello') hellos.push(message)
        return message
      },
      ...config,
    },
  })
  return hellos[0] as ClientHello
}

const padding = ({ extensions = [] }: ClientHello) =>
  readExtension('ClientHello', 'padding', extensions)
const extensionsLength = ({ extensions = [] }: ClientHello) =>
  extensions.reduce((sum, { extension_data }) => sum + 4 + extension_data.length, 0)
const lengthOf = (hello: ClientHello) => encodeMessage(ClientHello, hello).length

/** The values without a meaning in each list of a ClientHello. */
function values({ cipher_suites, extensions = [] }: ClientHello): Record<GreasePlace, number[]> {
  const grease = (all: readonly (number | string)[] = []) =>
    all.filter((one): one is number => typeof one === 'number' && isGrease(one))
  const schemes = readExtension('ClientHello', 'signature_algorithms', extensions)
  const modes = readExtension('ClientHello', 'psk_key_exchange_modes', extensions)
  const alpn = readExtension('ClientHello', 'application_layer_protocol_negotiation', extensions)
  return {
    cipher_suites: grease(cipher_suites),
    extensions: grease(extensions.map(({ extension_type }) => extension_type)),
    supported_groups: grease(
      readExtension('ClientHello', 'supported_groups', extensions)?.named_group_list,
    ),
    supported_versions: grease(
      readExtension('ClientHello', 'supported_versions', extensions)?.versions,
    ),
    signature_algorithms: grease(schemes?.supported_signature_algorithms),
    // A single byte: 0x0B, 0x2A, 0x49 ... 0xE4.
    psk_key_exchange_modes: (modes?.ke_modes ?? []).filter(
      (mode): mode is number => typeof mode === 'number' && mode % 0x1f === 0x0b,
    ),
    application_layer_protocol_negotiation: grease(
      alpn?.protocol_name_list.map(([high = 0, low = 0, ...more]) =>
        more.length > 0 ? 0 : high * 256 + low,
      ),
    ),
  }
}

for (const places of [[], greasePlaces, ...greasePlaces.map(place => [place])])
  test(`8701 3.1: GREASE stands in ${places.join(', ') || 'no list'}, and nowhere else`, t => {
    for (const [place, found] of Object.entries(values(said({ grease: places })))) {
      const due = places.includes(place as GreasePlace) ? (place === 'extensions' ? 2 : 1) : 0
      t.is(found.length, due, place)
    }
  })

test('8701 3.1: grease: true stands in the lists that servers have long seen it in; false, and no policy, in none', t => {
  const where = (look: ClientHelloPolicy | undefined) =>
    Object.entries(values(said(look))).flatMap(([place, { length }]) => (length > 0 ? [place] : []))
  t.deepEqual(where({ grease: true }), [
    'cipher_suites',
    'extensions',
    'supported_groups',
    'supported_versions',
  ])
  t.deepEqual(where({ grease: false }), [])
  t.deepEqual(where({}), [])
  t.deepEqual(where(undefined), [])
})

test('8701 2: sixteen draws are sixteen values, and for one byte eight; no extension comes twice', t => {
  const all = Array.from({ length: 16 }, (_, drawn) =>
    values(said({ grease: greasePlaces }, { drawn })),
  )
  for (const place of greasePlaces) {
    const some = new Set(all.map(one => one[place][0]))
    t.is(some.size, place === 'psk_key_exchange_modes' ? 8 : 16, place)
  }
  for (const { extensions } of all) t.is(new Set(extensions).size, 2)
  // The upper half of what was drawn is left over.
  t.deepEqual(values(said({ grease: greasePlaces }, { drawn: 0x53 })), all[3])
})

test('8701 3.1: a GREASE group has a share of one byte, first in both lists; GREASE extensions stand around the others', t => {
  const { extensions = [] } = said({ grease: true })
  const groups = readExtension('ClientHello', 'supported_groups', extensions)?.named_group_list
  const shares = readExtension('ClientHello', 'key_share', extensions)?.client_shares
  t.true(isGrease(groups?.[0] ?? 0))
  t.is(shares?.[0]?.group, groups?.[0])
  t.is(shares?.[0]?.key_exchange.length, 1)
  t.is(shares?.length, 2)
  const [first, last] = [extensions[0], extensions.at(-1)]
  t.true(isGrease(first?.extension_type ?? 0) && isGrease(last?.extension_type ?? 0))
  t.deepEqual([first?.extension_data.length, last?.extension_data.length], [0, 1])
})

test('7685 3: a padded ClientHello has the least multiple that it can have, and its padding is zeros', t => {
  const plain = lengthOf(said({}))
  for (const block of [1, 2, 7, 64, plain - 1, plain, plain + 1, plain + 4, plain + 5, 512, 3000]) {
    const hello = said({ padding: block })
    const whole = lengthOf(hello)
    t.is(whole % block, 0)
    t.true(padding(hello)?.every(byte => byte === 0) ?? true)
    // An extension has 4 bytes before its first.
    let least = plain
    while (least % block !== 0 || (least > plain && least < plain + 5)) least++
    t.is(whole, least, `${block}`)
    t.is(padding(hello) === undefined, plain % block === 0)
  }
})

test('7685 3: padding by a function makes the length that it says; without it there is none', t => {
  const plain = lengthOf(said(undefined))
  t.is(padding(said({})), undefined)
  for (const more of [5, 6, 100])
    t.is(lengthOf(said({ padding: length => length + more })), plain + more)
  for (const more of [1, 4]) t.is(lengthOf(said({ padding: () => plain + more })), plain + 5)
  for (const less of [0, 1, plain])
    t.is(padding(said({ padding: length => length - less })), undefined)
})

test('4.2.2: padding fills what is left of 2^16-1 bytes of extensions, and no more, and nothing where no extension fits', t => {
  const { length } = said(undefined).extensions ?? []
  const without = extensionsLength(said(undefined))
  for (let left = 0; left < 8; left++) {
    // certificate_authorities: 4 bytes of an extension, 2 of a list, 2 of a name.
    const name = new Uint8Array(65_535 - left - without - 8)
    const hello = said({ padding: () => 200_000 }, { authorities: [name] })
    t.is(hello.extensions?.length, length + (left < 5 ? 1 : 2))
    t.is(extensionsLength(hello), left < 5 ? 65_535 - left : 65_535, `${left}`)
  }
})

test('4.2.2: what a policy drew for the first ClientHello stands in the second, padding is made anew, and a cookie finds its place', t => {
  const hellos: ClientHello[] = []
  converse({
    client: {
      look: { grease: true, padding: 512, order: ['cookie', 'key_share'] },
      edit: (name, message) => {
        if (name === 'ClientHello') hellos.push(message as ClientHello)
        return message
      },
    },
    server: { cookie: 'always' },
  })
  t.is(hellos.length, 2)
  const [before, after] = hellos as [ClientHello, ClientHello]
  t.deepEqual(values(after), values(before))
  for (const hello of hellos) t.is(lengthOf(hello) % 512, 0)
  const order = (after.extensions ?? [])
    .map(({ extension_type }) => extension_type)
    .filter(id => !isGrease(id))
  t.deepEqual(order.slice(0, 2), [extensionTypes.cookie, extensionTypes.key_share])
  t.is(order.filter(id => id === extensionTypes.padding).length, 1)
})

test('8701 3: nothing is drawn for a look that nobody asked for', t => {
  const drawn: string[] = []
  const random: ClientConfig['random'] = (purpose, length) => {
    drawn.push(purpose)
    return new Uint8Array(length).fill(1)
  }
  const plain = () => {
    drawn.length = 0
    said(undefined, { random })
    return drawn.join()
  }
  const without = plain()
  for (const look of [
    {},
    { grease: false },
    { grease: [] },
    { order: [] },
    { padding: 64 },
  ] as const) {
    drawn.length = 0
    said(look, { random })
    t.is(drawn.join(), without)
  }
  for (const [look, more] of [
    [{ grease: true }, 1],
    [{ grease: ['extensions'] }, 1],
    [{ order: 'shuffled' }, 1],
    [{ grease: true, order: 'shuffled' }, 2],
  ] as const) {
    drawn.length = 0
    said(look, { random })
    t.is(drawn.length, without.split(',').length + more)
  }
})
