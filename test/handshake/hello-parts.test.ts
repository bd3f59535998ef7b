/** Which extensions a ClientHello has: each for an option that asks for it, none for one that is empty, and room for all of them (RFC 9846 §4.2.2, §9.2). */
import {
  type ClientConfig,
  type ClientHello,
  extensionTypes,
  type OfferedPsk,
  readExtension,
} from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import { external, offered } from '../support/conversations.ts'
import { converse } from '../support/converse.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))

/** What a client says first. */
function said(config: Partial<ClientConfig>, psks: readonly OfferedPsk[] = []): ClientHello {
  const hellos: unknown[] = []
  converse({
    until: 1,
    client: {
      serverName: undefined,
      tickets: false,
      ...config,
      edit: (name, message) => {
        if (name === 'ClientHello') hellos.push(message)
        return message
      },
    },
    clientAnswers: { psk_offer: () => psks },
  })
  return hellos[0] as ClientHello
}

const names = Object.fromEntries(Object.entries(extensionTypes).map(([name, id]) => [id, name]))
const namesIn = ({ extensions = [] }: ClientHello): string[] =>
  extensions.map(({ extension_type }) => names[extension_type] ?? 'unknown').toSorted()

const least = ['key_share', 'signature_algorithms', 'supported_groups', 'supported_versions']

test('9.2: the least that a ClientHello without keys has are versions, groups, schemes and shares', t => {
  t.deepEqual(namesIn(said({})), least)
})

const counts = { new_session_count: 1, resumption_count: 0 }
for (const [name, config] of Object.entries<Partial<ClientConfig>>({
  server_name: { serverName: 'a.example' },
  certificate_authorities: { authorities: [bytes('a name')] },
  application_layer_protocol_negotiation: { alpn: [bytes('h2')] },
  post_handshake_auth: { postHandshakeAuth: true },
  psk_key_exchange_modes: { tickets: true },
  ticket_request: { ticketRequest: counts },
  record_size_limit: { recordSizeLimit: 16_385 },
  max_fragment_length: { maxFragmentLength: 512 },
  status_request: { requestOcsp: true },
  signed_certificate_timestamp: { requestScts: true },
  client_certificate_type: { clientTypes: ['rpk'] },
  server_certificate_type: { serverTypes: ['rpk'] },
}))
  test(`4.3: ${name} stands in a ClientHello for one option, and for no other`, t => {
    t.deepEqual(namesIn(said(config)), [...least, name].toSorted())
  })

for (const [what, config] of Object.entries<Partial<ClientConfig>>({
  'no authorities': { authorities: [] },
  'no protocols': { alpn: [] },
  'X.509 alone': { clientTypes: ['x509'], serverTypes: ['x509'] },
  'no way to compress': { certificateCompression: [] },
  'no authentication after the handshake': { postHandshakeAuth: false },
}))
  test(`4.3: ${what}: nothing is said of it`, t => {
    t.deepEqual(namesIn(said(config)), least)
  })

test('4.3.9, 4.3.11: who offers a key says modes beside it, and it stands last; who has none says neither', t => {
  const { extensions = [] } = said({ psk: true }, [offered(external)])
  t.is(extensions.at(-1)?.extension_type, extensionTypes.pre_shared_key)
  t.deepEqual(
    namesIn({ extensions } as ClientHello),
    [...least, 'pre_shared_key', 'psk_key_exchange_modes'].toSorted(),
  )
  t.deepEqual(namesIn(said({ psk: true })), least)
})

test('4.3.11: keys of a hash that no suite of the client has are not offered', t => {
  const of = (hash: OfferedPsk['hash']) => offered({ ...external, hash })
  const { extensions = [] } = said({ psk: true }, [of('sha512'), of('sha384'), of('sha256')])
  const keys = readExtension('ClientHello', 'pre_shared_key', extensions)
  t.deepEqual(
    keys?.binders.map(({ length }) => length),
    [48, 32],
  )
})

test('4.2.2: of many keys the first are there, as many as there is room for', t => {
  for (const length of [1, 130, 1000]) {
    const psks = Array.from({ length: 3000 }, (_, i) =>
      offered({ ...external, identity: new Uint8Array(length).fill(i), obfuscatedAge: () => i }),
    )
    const { extensions = [] } = said({ psk: true }, psks)
    const whole = extensions.reduce((sum, one) => sum + 4 + one.extension_data.length, 0)
    const { identities = [] } = readExtension('ClientHello', 'pre_shared_key', extensions) ?? {}
    t.true(whole < 2 ** 16 && whole + length + 39 > 65_535 - 2048, `${length}: ${whole}`)
    for (const [i, { obfuscated_ticket_age }] of identities.entries())
      if (obfuscated_ticket_age !== i) t.fail(`${i}`)
  }
})

test('4.2.2: however many keys there are, and however long their tickets, the extensions have 2^16-1 bytes at most, and a key that fits is there', t => {
  const lengths = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 8 }),
    fc
      .tuple(fc.integer({ min: 300, max: 700 }), fc.integer({ min: 1, max: 300 }))
      .map(([count, length]) => Array.from({ length: count }, () => length)),
  )
  fc.assert(
    fc.property(lengths, fc.nat(40_000), (all, beside) => {
      const psks = all.map((length, i) =>
        offered({ ...external, identity: new Uint8Array(length).fill(i) }),
      )
      const authorities = [new Uint8Array(beside + 1)]
      const { extensions = [] } = said({ psk: true, authorities }, psks)
      const whole = extensions.reduce((sum, one) => sum + 4 + one.extension_data.length, 0)
      t.true(whole < 2 ** 16)
      const { identities = [] } = readExtension('ClientHello', 'pre_shared_key', extensions) ?? {}
      const there = identities.map(({ identity }) => identity.length)
      for (const length of all) {
        if (there[0] === length) there.shift()
        // An identity has 6 bytes about it, and a binder of 33; a cookie and a look may want 2 KiB.
        else t.true(whole + length + 39 > 65_535 - 2048, `${length} would have had room`)
      }
      t.deepEqual(there, [])
    }),
    { numRuns: 15 },
  )
})
