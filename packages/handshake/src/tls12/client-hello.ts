/** What a ClientHello says for TLS 1.2: beside TLS 1.3's, or alone (RFC 5246 §7.4.1.2). */
import type { Bytes } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import { writeExtension } from '../extensions/index.ts'
import { askedFragment } from '../fragment-length.ts'
import type { ClientHello, RawExtension } from '../messages/index.ts'
import { serverNameList } from '../names.ts'
import { offeredTypes } from '../tls13/certificate-types.ts'
import { certificateWishes } from '../tls13/certificate-wishes.ts'
import { speaks12 } from '../versions.ts'
import { curvesOf } from './groups.ts'
import { recordLimit12 } from './record-limits.ts'
import { schemes12 } from './schemes.ts'
import { fallback } from './scsv.ts'
import { offeredId, offeredTicket } from './session-offer.ts'

/** The extensions that TLS 1.2 needs and TLS 1.3 has no use for; none where TLS 1.2 is not offered. */
export function extensions12(config: ClientConfig): RawExtension[] {
  if (!speaks12(config)) return []
  return [
    writeExtension('ClientHello12', 'extended_master_secret', {}),
    // RFC 5746 §3.4: empty, since there was no connection before.
    writeExtension('ClientHello12', 'renegotiation_info', {
      renegotiated_connection: new Uint8Array(0),
    }),
    writeExtension('ClientHello12', 'ec_point_formats', { ec_point_format_list: Uint8Array.of(0) }),
    ...offeredTicket(config),
  ]
}

/** The ClientHello of a client that speaks TLS 1.2 alone. */
export function clientHello12(config: ClientConfig, random: Bytes): ClientHello {
  const { serverName, alpn, certificateSchemes } = config
  const limit = recordLimit12(config)
  const extensions: RawExtension[] = []
  if (serverName !== undefined)
    extensions.push(writeExtension('ClientHello', 'server_name', serverNameList(serverName)))
  extensions.push(
    writeExtension('ClientHello', 'supported_groups', {
      named_group_list: curvesOf(config.groups).map(group => group.id),
    }),
  )
  const schemes = schemes12(config.schemes)
  // Whoever has pre-shared keys alone verifies no signature.
  if (schemes.length > 0)
    extensions.push(
      writeExtension('ClientHello', 'signature_algorithms', {
        supported_signature_algorithms: schemes.map(scheme => scheme.id),
      }),
    )
  if (certificateSchemes)
    extensions.push(
      writeExtension('ClientHello', 'signature_algorithms_cert', {
        supported_signature_algorithms: certificateSchemes.map(scheme => scheme.id),
      }),
    )
  if (alpn.length > 0)
    extensions.push(
      writeExtension('ClientHello', 'application_layer_protocol_negotiation', {
        protocol_name_list: [...alpn],
      }),
    )
  // RFC 8879 §3 is for TLS 1.3.
  extensions.push(
    ...certificateWishes('ClientHello', { ...config, certificateCompression: [] }),
    ...offeredTypes(config),
    ...(limit === undefined ? [] : [writeExtension('ClientHello', 'record_size_limit', limit)]),
    ...askedFragment(config),
    ...extensions12(config),
  )
  return {
    legacy_version: 0x0303,
    random,
    legacy_session_id: offeredId(config) ?? new Uint8Array(0),
    cipher_suites: [
      ...(config.suites12 ?? []).map(suite => suite.id),
      ...(config.fallback ? [fallback] : []),
    ],
    legacy_compression_methods: Uint8Array.of(0),
    extensions,
  }
}
