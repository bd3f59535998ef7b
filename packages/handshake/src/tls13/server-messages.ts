/** What a server says, put together (RFC 9846 §4.2.3, §4.2.4, §4.4). */
import type { CipherSuite, Group, SignatureScheme } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { CertificateDemands, FlowConfig, ServerConfig } from '../config.ts'
import { type KeyShareEntry, writeExtension } from '../extensions/index.ts'
import { type FragmentLength, fragmentAnswer } from '../fragment-length.ts'
import {
  type CertificateRequest,
  type ClientHello,
  type EncryptedExtensions,
  helloRetryRequestRandom,
  type RawExtension,
  type ServerHello,
} from '../messages/index.ts'
import type { ChosenPsk } from '../psk.ts'
import { certificateWishes } from './certificate-wishes.ts'
import { offeredDelegation } from './delegated-credential.ts'
import { recordLimit } from './record-limits.ts'

/** RFC 9846 §4.2.4. The group that is `named` is one without a share. */
export function helloRetryRequest(
  hello: ClientHello,
  suite: CipherSuite,
  named: Group | undefined,
  cookie: Bytes | undefined,
): ServerHello {
  const extensions = [
    writeExtension('HelloRetryRequest', 'supported_versions', { selected_version: 0x0304 }),
  ]
  if (named)
    extensions.push(writeExtension('HelloRetryRequest', 'key_share', { selected_group: named.id }))
  if (cookie) extensions.push(writeExtension('HelloRetryRequest', 'cookie', { cookie }))
  return {
    legacy_version: 0x0303,
    random: helloRetryRequestRandom.slice(),
    legacy_session_id_echo: hello.legacy_session_id,
    cipher_suite: suite.id,
    legacy_compression_method: 0,
    extensions,
  }
}

/** RFC 9846 §4.2.3. Without a `share` the key stands alone (psk_ke). */
export function serverHello(
  hello: ClientHello,
  random: Bytes,
  suite: CipherSuite,
  share: KeyShareEntry | undefined,
  psk: ChosenPsk | undefined,
): ServerHello {
  const extensions: RawExtension[] = []
  if (share) extensions.push(writeExtension('ServerHello', 'key_share', { server_share: share }))
  extensions.push(writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0304 }))
  if (psk)
    extensions.push(
      writeExtension('ServerHello', 'pre_shared_key', { selected_identity: psk.selected }),
    )
  return {
    legacy_version: 0x0303,
    random,
    legacy_session_id_echo: hello.legacy_session_id,
    cipher_suite: suite.id,
    legacy_compression_method: 0,
    extensions,
  }
}

/** RFC 9846 §4.4.1. */
export function encryptedExtensions(
  said: {
    /** Whether the name that the client asked for was used. */
    readonly named: boolean
    readonly alpn: Bytes | undefined
    readonly group: Group | undefined
    /** Tickets that will follow, where the client said how many it would like (RFC 9149 §2). */
    readonly tickets: number | undefined
    /** Whether the client said how long its records may be. */
    readonly limited: boolean
    /** As max_fragment_length answers. */
    readonly fragment: FragmentLength | undefined
    /** The answers to the client's certificate types. */
    readonly types: readonly RawExtension[]
    /** Whether early data is taken. */
    readonly early: boolean
    /** Over QUIC: what we say of our transport. */
    readonly transport: readonly RawExtension[]
  },
  config: ServerConfig,
): EncryptedExtensions {
  const { named, alpn, group, tickets, limited, fragment, types, early, transport } = said
  const extensions: RawExtension[] = []
  // RFC 9846 §4.3.7: tells the client of a group that we would have preferred.
  if (config.groups[0] && config.groups[0] !== group && group)
    extensions.push(
      writeExtension('EncryptedExtensions', 'supported_groups', {
        named_group_list: config.groups.map(ours => ours.id),
      }),
    )
  // RFC 6066 §3: empty, to say that the name was used.
  if (named) extensions.push(writeExtension('EncryptedExtensions', 'server_name', {}))
  if (alpn)
    extensions.push(
      writeExtension('EncryptedExtensions', 'application_layer_protocol_negotiation', {
        protocol_name_list: [alpn],
      }),
    )
  if (tickets !== undefined)
    extensions.push(
      writeExtension('EncryptedExtensions', 'ticket_request', { expected_count: tickets }),
    )
  extensions.push(...types)
  if (limited) extensions.push(...recordLimit('EncryptedExtensions', config))
  extensions.push(...fragmentAnswer(fragment))
  if (early) extensions.push(writeExtension('EncryptedExtensions', 'early_data', {}))
  extensions.push(...transport)
  return { extensions }
}

/** RFC 9846 §4.4.2; `context` is empty in the handshake. */
export function certificateRequest(
  demands: CertificateDemands & FlowConfig,
  context: Bytes = new Uint8Array(0),
): CertificateRequest {
  const extensions = [
    writeExtension('CertificateRequest', 'signature_algorithms', schemeList(demands.schemes)),
    ...offeredDelegation('CertificateRequest', demands),
  ]
  if (demands.certificateSchemes)
    extensions.push(
      writeExtension(
        'CertificateRequest',
        'signature_algorithms_cert',
        schemeList(demands.certificateSchemes),
      ),
    )
  const { authorities, filters = [] } = demands
  if (authorities.length > 0)
    extensions.push(
      writeExtension('CertificateRequest', 'certificate_authorities', {
        authorities: [...authorities],
      }),
    )
  if (filters.length > 0)
    extensions.push(
      writeExtension('CertificateRequest', 'oid_filters', {
        filters: filters.map(({ oid, values }) => ({
          certificate_extension_oid: oid,
          certificate_extension_values: values,
        })),
      }),
    )
  extensions.push(...certificateWishes('CertificateRequest', demands))
  return { certificate_request_context: context, extensions }
}

/** SignatureSchemeList (RFC 9846 §4.3.3). */
export function schemeList(schemes: readonly SignatureScheme[]): {
  supported_signature_algorithms: number[]
} {
  return { supported_signature_algorithms: schemes.map(({ id }) => id) }
}
