/** How a ClientHello looks by its policy, in either version: where GREASE stands, and what may be ordered (RFC 8701, RFC 7685). */
import {
  type ClientHello,
  type ClientHelloPolicy,
  type Edit,
  extensionName,
  type GreasePlace,
  greasePlaces,
  isGrease,
  orderedExtensions,
  readExtension,
  usualGrease,
} from '@biopair/handshake'
import test from 'ava'
import { converse } from '../support/converse.ts'

const versions = { 'TLS 1.2': ['TLSv1.2'], 'TLS 1.3': ['TLSv1.3'] } as const

/** A ClientHello that offers all that GREASE can stand in. */
function helloOf(look: ClientHelloPolicy, version: keyof typeof versions): ClientHello {
  let heard: ClientHello | undefined
  const edit: Edit = (name, message) => {
    if (name === 'ClientHello') heard = message as unknown as ClientHello
    return message
  }
  const spoken = { versions: versions[version] }
  converse({
    client: { ...spoken, look, edit, alpn: [Uint8Array.of(104, 50)] },
    server: spoken,
    serverAnswers: { alpn: () => 'none' },
  })
  if (!heard) throw new Error('no ClientHello was said')
  return heard
}

/** Where a hello has GREASE. */
function greased(hello: ClientHello): GreasePlace[] {
  const raw = hello.extensions ?? []
  const protocols =
    readExtension('ClientHello', 'application_layer_protocol_negotiation', raw)
      ?.protocol_name_list ?? []
  const lists: Record<GreasePlace, readonly unknown[]> = {
    cipher_suites: hello.cipher_suites,
    extensions: raw.map(({ extension_type }) => extension_type),
    supported_groups: readExtension('ClientHello', 'supported_groups', raw)?.named_group_list ?? [],
    supported_versions: readExtension('ClientHello', 'supported_versions', raw)?.versions ?? [],
    signature_algorithms:
      readExtension('ClientHello', 'signature_algorithms', raw)?.supported_signature_algorithms ??
      [],
    psk_key_exchange_modes:
      readExtension('ClientHello', 'psk_key_exchange_modes', raw)?.ke_modes.filter(
        mode => typeof mode === 'number',
      ) ?? [],
    // RFC 8701 §3.1: names of two bytes that are alike.
    application_layer_protocol_negotiation: protocols.map(name =>
      name.length === 2 ? ((name[0] as number) << 8) | (name[1] as number) : 0,
    ),
  }
  // RFC 8701 §2: modes are of one byte, 0x0B and 0x1F further each time.
  const mode = (id: number) => (id - 0x0b) % 0x1f === 0
  return greasePlaces.filter(place =>
    lists[place].some(id => (place === 'psk_key_exchange_modes' ? mode : isGrease)(Number(id))),
  )
}

test('RFC 8701 3.1: the places of a ClientHello that take GREASE, and those that servers have long seen it in', t => {
  t.deepEqual([...greasePlaces].sort(), [
    ...['application_layer_protocol_negotiation', 'cipher_suites', 'extensions'],
    ...['psk_key_exchange_modes', 'signature_algorithms', 'supported_groups', 'supported_versions'],
  ])
  t.deepEqual([...usualGrease].sort(), [
    ...['cipher_suites', 'extensions', 'supported_groups', 'supported_versions'],
  ])
})

/** TLS 1.2 alone has neither supported_versions nor modes. */
const newer = ['supported_versions', 'psk_key_exchange_modes']

for (const version of Object.keys(versions) as (keyof typeof versions)[]) {
  const here = (places: readonly GreasePlace[]) =>
    places.filter(place => version === 'TLS 1.3' || !newer.includes(place))
  for (const place of greasePlaces)
    test(`GREASE in ${place} alone, ${version}`, t => {
      t.deepEqual(greased(helloOf({ grease: [place] }, version)), here([place]))
    })
  test(`GREASE where servers have long seen it, everywhere, and nowhere, ${version}`, t => {
    t.deepEqual(greased(helloOf({ grease: true }, version)), here(usualGrease))
    t.deepEqual(greased(helloOf({ grease: greasePlaces }, version)), here(greasePlaces))
    for (const look of [{ grease: false }, { grease: [] }, {}])
      t.deepEqual(greased(helloOf(look, version)), [])
  })
  test(`extensions that are named stand first, in their order, ${version}`, t => {
    const order = ['signature_algorithms', 'server_name', 'supported_groups'] as const
    const names = (hello: ClientHello) =>
      hello.extensions?.map(({ extension_type }) => extensionName(extension_type)) ?? []
    const [plain, ordered] = [names(helloOf({}, version)), names(helloOf({ order }, version))]
    t.deepEqual(ordered.slice(0, 3), order)
    t.deepEqual(
      ordered.slice(3),
      plain.filter(name => !(order as readonly string[]).includes(name)),
    )
  })
}

test('RFC 9846 4.3.11, RFC 7685: what stands last cannot be put elsewhere, and what is of no ClientHello nowhere', t => {
  t.deepEqual([...orderedExtensions].sort(), [
    'application_layer_protocol_negotiation',
    'certificate_authorities',
    'client_certificate_type',
    'compress_certificate',
    'cookie',
    'delegated_credential',
    'early_data',
    'ec_point_formats',
    'extended_master_secret',
    'key_share',
    'max_fragment_length',
    'post_handshake_auth',
    'psk_key_exchange_modes',
    'quic_transport_parameters',
    'record_size_limit',
    'renegotiation_info',
    'server_certificate_type',
    'server_name',
    'session_ticket',
    'signature_algorithms',
    'signature_algorithms_cert',
    'signed_certificate_timestamp',
    'status_request',
    'supported_groups',
    'supported_versions',
    'ticket_request',
  ])
})
