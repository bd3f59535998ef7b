/** What a server says, put together (RFC 9846 §4.2.3, §4.2.4, §4.4). */
import type { CipherSuite, Group } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { draw, type ServerConfig } from '../config.ts'
import { writeExtension } from '../extensions/index.ts'
import {
  type CertificateRequest,
  type ClientHello,
  type EncryptedExtensions,
  helloRetryRequestRandom,
  type RawExtension,
  type ServerHello,
} from '../messages/index.ts'
import type { Offer } from './offer.ts'

/** RFC 9846 §4.2.4. */
export function helloRetryRequest(
  hello: ClientHello,
  suite: CipherSuite,
  group: Group,
  offer: Offer,
  config: ServerConfig,
): ServerHello {
  const extensions = [
    writeExtension('HelloRetryRequest', 'supported_versions', { selected_version: 0x0304 }),
  ]
  if (!offer.shares.has(group.id))
    extensions.push(writeExtension('HelloRetryRequest', 'key_share', { selected_group: group.id }))
  if (config.cookie !== 'never')
    extensions.push(
      writeExtension('HelloRetryRequest', 'cookie', { cookie: draw(config, 'cookie', 32) }),
    )
  return {
    legacy_version: 0x0303,
    random: helloRetryRequestRandom.slice(),
    legacy_session_id_echo: hello.legacy_session_id,
    cipher_suite: suite.id,
    legacy_compression_method: 0,
    extensions,
  }
}

/** RFC 9846 §4.2.3. */
export function serverHello(
  hello: ClientHello,
  random: Bytes,
  suite: CipherSuite,
  group: Group,
  publicKey: Bytes,
): ServerHello {
  return {
    legacy_version: 0x0303,
    random,
    legacy_session_id_echo: hello.legacy_session_id,
    cipher_suite: suite.id,
    legacy_compression_method: 0,
    extensions: [
      writeExtension('ServerHello', 'key_share', {
        server_share: { group: group.id, key_exchange: publicKey },
      }),
      writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0304 }),
    ],
  }
}

/** RFC 9846 §4.4.1. */
export function encryptedExtensions(
  named: boolean,
  alpn: Bytes | undefined,
  group: Group,
  config: ServerConfig,
): EncryptedExtensions {
  const extensions: RawExtension[] = []
  // RFC 9846 §4.3.7: tells the client of a group that we would have preferred.
  if (config.groups[0] && config.groups[0] !== group)
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
  return { extensions }
}

/** RFC 9846 §4.4.2. */
export function certificateRequest(
  config: ServerConfig,
  authorities: readonly Bytes[],
): CertificateRequest {
  const extensions = [
    writeExtension('CertificateRequest', 'signature_algorithms', {
      supported_signature_algorithms: config.schemes.map(scheme => scheme.id),
    }),
  ]
  if (authorities.length > 0)
    extensions.push(
      writeExtension('CertificateRequest', 'certificate_authorities', {
        authorities: [...authorities],
      }),
    )
  return { certificate_request_context: new Uint8Array(0), extensions }
}
