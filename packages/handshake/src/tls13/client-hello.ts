/** What a client says first (RFC 9846 §4.2.2). */
import type { KeyShare } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import { extensionTypes, writeExtension } from '../extensions/index.ts'
import { askedFragment } from '../fragment-length.ts'
import type { ClientHello, RawExtension } from '../messages/index.ts'
import { serverNameList } from '../names.ts'
import { extensions12 } from '../tls12/client-hello.ts'
import { speaks12 } from '../versions.ts'
import { offeredTypes } from './certificate-types.ts'
import { certificateWishes } from './certificate-wishes.ts'
import { offeredDelegation } from './delegated-credential.ts'
import { offeredParameters } from './quic.ts'
import { recordLimit } from './record-limits.ts'

/** The ClientHello of a configuration. */
export function clientHello(
  config: ClientConfig,
  random: Bytes,
  sessionId: Bytes,
  shares: ReadonlyMap<number, KeyShare>,
  offersPsk: boolean,
): ClientHello {
  const extensions: RawExtension[] = []
  if (config.serverName !== undefined)
    extensions.push(writeExtension('ClientHello', 'server_name', serverNameList(config.serverName)))
  extensions.push(
    writeExtension('ClientHello', 'supported_versions', {
      versions: speaks12(config) ? [0x0304, 0x0303] : [0x0304],
    }),
    writeExtension('ClientHello', 'supported_groups', {
      named_group_list: config.groups.map(group => group.id),
    }),
    writeExtension('ClientHello', 'signature_algorithms', {
      supported_signature_algorithms: config.schemes.map(scheme => scheme.id),
    }),
  )
  if (config.certificateSchemes)
    extensions.push(
      writeExtension('ClientHello', 'signature_algorithms_cert', {
        supported_signature_algorithms: config.certificateSchemes.map(scheme => scheme.id),
      }),
    )
  if (config.authorities && config.authorities.length > 0)
    extensions.push(
      writeExtension('ClientHello', 'certificate_authorities', {
        authorities: [...config.authorities],
      }),
    )
  if (config.postHandshakeAuth)
    extensions.push(writeExtension('ClientHello', 'post_handshake_auth', {}))
  if (config.alpn.length > 0)
    extensions.push(
      writeExtension('ClientHello', 'application_layer_protocol_negotiation', {
        protocol_name_list: [...config.alpn],
      }),
    )
  if (config.tickets || offersPsk)
    extensions.push(
      writeExtension('ClientHello', 'psk_key_exchange_modes', { ke_modes: [...config.pskModes] }),
    )
  if (config.ticketRequest)
    extensions.push(writeExtension('ClientHello', 'ticket_request', config.ticketRequest))
  extensions.push(...offeredTypes(config), ...offeredDelegation('ClientHello', config))
  extensions.push(
    ...recordLimit('ClientHello', config),
    ...askedFragment(config),
    ...certificateWishes('ClientHello', config),
    ...offeredParameters(config),
    ...extensions12(config),
    keyShare(shares),
  )
  return {
    legacy_version: 0x0303,
    random,
    legacy_session_id: sessionId,
    cipher_suites: [...config.suites, ...(config.suites12 ?? [])].map(suite => suite.id),
    legacy_compression_methods: Uint8Array.of(0),
    extensions,
  }
}

/** The ClientHello that answers a HelloRetryRequest: the same, but for its shares and cookie, and without early_data (RFC 9846 §4.2.2); what pre-shared keys it offers is added last. */
export function secondHello(
  first: ClientHello,
  cookie: Bytes | undefined,
  shares: ReadonlyMap<number, KeyShare> | undefined,
): ClientHello {
  const extensions = (first.extensions ?? [])
    .filter(({ extension_type }) => !remade.includes(extension_type))
    .map(extension =>
      shares && extension.extension_type === extensionTypes.key_share
        ? keyShare(shares)
        : extension,
    )
  if (cookie) extensions.push(writeExtension('ClientHello', 'cookie', { cookie }))
  return { ...first, extensions }
}

/** Early data was rejected by then; keys are offered anew. */
const remade: readonly number[] = [extensionTypes.early_data, extensionTypes.pre_shared_key]

/** The second ClientHello, if a cookie has left room for it: its extensions have 2^16-1 bytes at most (RFC 9846 §4.2.2). */
export function fitting(hello: ClientHello): ClientHello {
  const length = extensionsLength(hello)
  if (length < 2 ** 16) return hello
  throw new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: '4.3.2',
    why: `with the cookie, the extensions of a ClientHello would have ${length} bytes`,
  })
}

/** Bytes of all extensions, their headers included. */
export function extensionsLength({ extensions = [] }: ClientHello): number {
  return extensions.reduce((sum, { extension_data }) => sum + 4 + extension_data.length, 0)
}

function keyShare(shares: ReadonlyMap<number, KeyShare>): RawExtension {
  return writeExtension('ClientHello', 'key_share', {
    client_shares: [...shares].map(([group, share]) => ({ group, key_exchange: share.publicKey })),
  })
}
