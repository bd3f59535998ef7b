/** The table of RFC 9846 section 4.3, and the rules that hold for every extension in every message. */
import { type Codec, type Decoded, decode, encode, TlsAlert } from '@biopair/wire'
import type { RawExtension } from '../messages/raw-extension.ts'
import { application_layer_protocol_negotiation } from './application-layer-protocol-negotiation.ts'
import { certificate_authorities } from './certificate-authorities.ts'
import { client_certificate_type } from './client-certificate-type.ts'
import { compress_certificate } from './compress-certificate.ts'
import { cookie } from './cookie.ts'
import { delegated_credential } from './delegated-credential.ts'
import { early_data } from './early-data.ts'
import { ec_point_formats } from './ec-point-formats.ts'
import { extended_master_secret } from './extended-master-secret.ts'
import type { Extension, ExtensionMessage } from './extension.ts'
import { key_share } from './key-share.ts'
import { max_fragment_length } from './max-fragment-length.ts'
import { isGrease, otherNames } from './names.ts'
import { oid_filters } from './oid-filters.ts'
import { padding } from './padding.ts'
import { post_handshake_auth } from './post-handshake-auth.ts'
import { pre_shared_key } from './pre-shared-key.ts'
import { psk_key_exchange_modes } from './psk-key-exchange-modes.ts'
import { quic_transport_parameters } from './quic-transport-parameters.ts'
import { record_size_limit } from './record-size-limit.ts'
import { renegotiation_info } from './renegotiation-info.ts'
import { server_certificate_type } from './server-certificate-type.ts'
import { server_name } from './server-name.ts'
import { session_ticket } from './session-ticket.ts'
import { signature_algorithms } from './signature-algorithms.ts'
import { signature_algorithms_cert } from './signature-algorithms-cert.ts'
import { signed_certificate_timestamp } from './signed-certificate-timestamp.ts'
import { status_request } from './status-request.ts'
import { supported_groups } from './supported-groups.ts'
import { supported_versions } from './supported-versions.ts'
import { ticket_request } from './ticket-request.ts'

export { DelegatedCredential } from './delegated-credential.ts'
export type { Extension, ExtensionMessage } from './extension.ts'
export type { KeyShareEntry } from './key-share.ts'
export { isGrease } from './names.ts'
export { bindersLength, type OfferedPsks, type PskIdentity } from './pre-shared-key.ts'

/** Every extension that we know, by its RFC's name. A new one is a file and a line here. */
export const extensions = {
  server_name,
  status_request,
  supported_groups,
  signature_algorithms,
  application_layer_protocol_negotiation,
  signed_certificate_timestamp,
  client_certificate_type,
  server_certificate_type,
  padding,
  compress_certificate,
  record_size_limit,
  max_fragment_length,
  delegated_credential,
  pre_shared_key,
  early_data,
  supported_versions,
  cookie,
  psk_key_exchange_modes,
  certificate_authorities,
  oid_filters,
  post_handshake_auth,
  signature_algorithms_cert,
  key_share,
  quic_transport_parameters,
  ticket_request,
  ec_point_formats,
  extended_master_secret,
  session_ticket,
  renegotiation_info,
} as const

export type ExtensionName = keyof typeof extensions

type CodecsOf<N extends ExtensionName> = (typeof extensions)[N]['in']

/** The names of the extensions that may stand in a message. */
export type ExtensionIn<M extends ExtensionMessage> = {
  [N in ExtensionName]: M extends keyof CodecsOf<N>
    ? N
    : M extends 'ClientHello12'
      ? 'ClientHello' extends keyof CodecsOf<N>
        ? N
        : never
      : never
}[ExtensionName]

/** The value of an extension in a message. */
export type ExtensionValue<M extends ExtensionMessage, N extends ExtensionName> =
  CodecsOf<N> extends {
    readonly [K in M]: Codec<unknown>
  }
    ? Decoded<CodecsOf<N>[M]>
    : M extends 'ClientHello12'
      ? CodecsOf<N> extends { readonly ClientHello: Codec<infer T> }
        ? T
        : never
      : never

/** What a message says in its extensions: the value of each one that is there. */
export type ExtensionsOf<M extends ExtensionMessage> = {
  readonly [N in ExtensionIn<M>]?: ExtensionValue<M, N>
}

/** The id of each extension that we know. */
export const extensionTypes = Object.fromEntries(
  Object.values(extensions).map(({ name, id }) => [name, id]),
) as { readonly [N in ExtensionName]: (typeof extensions)[N]['id'] }

const rows: ReadonlyMap<number, Extension> = new Map(
  Object.values(extensions).map((row: Extension) => [row.id, row]),
)

/** §4.3: messages whose extensions answer those of another message. */
const responses: ReadonlySet<ExtensionMessage> = new Set<ExtensionMessage>([
  'ServerHello',
  'HelloRetryRequest',
  'EncryptedExtensions',
  'Certificate',
  'ServerHello12',
])

const nothing: ReadonlySet<number> = new Set()

/**
 * The extensions of a message, checked and decoded. Those that we do not know are passed over in requests, unread.
 * @param offered in a response, the ids that our request carried (ours: the ClientHello, or for a client's
 *   Certificate the CertificateRequest); without it nothing was offered
 * @throws TlsAlert `illegal_parameter` (DUPLICATE_EXTENSION, BAD_EXTENSION), `unsupported_extension`
 *   (UNSOLICITED_EXTENSION) or `decode_error`
 */
export function readExtensions<M extends ExtensionMessage>(
  message: M,
  raw: readonly RawExtension[],
  offered: ReadonlySet<number> = nothing,
): ExtensionsOf<M> {
  const seen = new Set<number>()
  const values: Record<string, unknown> = {}
  for (const { extension_type, extension_data } of raw) {
    if (seen.has(extension_type)) throw duplicate(message, extension_type)
    // §4.3.11: servers MUST check that pre_shared_key is the last extension of a ClientHello.
    if (message.startsWith('ClientHello') && seen.has(pre_shared_key.id))
      throw notLast(extension_type)
    seen.add(extension_type)
    const row = rowFor(message, extension_type)
    const codec = row && codecIn(row, message)
    if (row !== undefined && codec === undefined) throw misplaced(message, extension_type)
    if (responses.has(message) && !solicited(message, extension_type, offered))
      throw unsolicited(message, extension_type)
    if (row !== undefined && codec !== undefined) values[row.name] = decode(codec, extension_data)
    // Offered by us without a row, so GREASE or a request of TLS 1.2: no response is specified for it.
    else if (responses.has(message)) throw misplaced(message, extension_type)
  }
  return values as ExtensionsOf<M>
}

/**
 * One extension of a message, whatever else is wrong with the others: §4.3.1 wants the version known before the
 * rest of a ServerHello is judged. Undefined where it is absent.
 * @throws TlsAlert `decode_error`
 */
export function readExtension<M extends ExtensionMessage, N extends ExtensionIn<M>>(
  message: M,
  name: N,
  raw: readonly RawExtension[],
): ExtensionValue<M, N> | undefined {
  const found = raw.find(({ extension_type }) => extension_type === extensions[name].id)
  if (found === undefined) return undefined
  return decode(codecOf(message, name), found.extension_data) as ExtensionValue<M, N>
}

/**
 * An extension as it stands in a message.
 * @throws RangeError (`ERR_OUT_OF_RANGE`) or TypeError where the value does not fit, or the extension the message
 */
export function writeExtension<M extends ExtensionMessage, N extends ExtensionIn<M>>(
  message: M,
  name: N,
  value: ExtensionValue<M, N>,
): RawExtension {
  return {
    extension_type: extensions[name].id,
    extension_data: encode(codecOf(message, name), value),
  }
}

/** The codec of an extension in a message, undefined where it may not stand there or has no row. */
export function extensionCodec(message: ExtensionMessage, id: number): Codec<unknown> | undefined {
  return rows.get(id)?.in[message]
}

/** The registered name of an extension, `GREASE`, or `extension_NN`. */
export function extensionName(id: number): string {
  return rows.get(id)?.name ?? otherNames.get(id) ?? (isGrease(id) ? 'GREASE' : `extension_${id}`)
}

/** A ClientHello says everything at once: for TLS 1.2 as well. */
function codecIn(row: Extension, message: ExtensionMessage): Codec<unknown> | undefined {
  return row.in[message] ?? (message === 'ClientHello12' ? row.in.ClientHello : undefined)
}

/** The row of an extension; TLS 1.3 does not know what TLS 1.2 alone has. */
function rowFor(message: ExtensionMessage, id: number): Extension | undefined {
  const row = rows.get(id)
  if (!row || message.endsWith('12')) return row
  return Object.keys(row.in).every(place => place.endsWith('12')) ? undefined : row
}

function codecOf(message: ExtensionMessage, name: ExtensionName): Codec<unknown> {
  const row: Extension = extensions[name]
  const codec = codecIn(row, message)
  if (codec === undefined) throw new TypeError(`${name} does not stand in ${message}`)
  return codec
}

/** §4.3: responses to what was not asked for are forbidden, except for the cookie of a HelloRetryRequest. */
function solicited(message: ExtensionMessage, id: number, offered: ReadonlySet<number>): boolean {
  return offered.has(id) || (message === 'HelloRetryRequest' && id === cookie.id)
}

function duplicate(message: ExtensionMessage, id: number): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'DUPLICATE_EXTENSION',
    section: '4.3',
    why: `expected each extension once in ${message}, got ${extensionName(id)} again`,
  })
}

function misplaced(message: ExtensionMessage, id: number): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: '4.3',
    why: `expected extensions that may stand in ${message}, got ${extensionName(id)}`,
  })
}

function notLast(id: number): TlsAlert {
  return new TlsAlert('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: '4.3.11',
    why: `expected pre_shared_key as the last extension, got ${extensionName(id)} after it`,
  })
}

function unsolicited(message: ExtensionMessage, id: number): TlsAlert {
  return new TlsAlert('unsupported_extension', {
    reason: 'UNSOLICITED_EXTENSION',
    section: '4.3',
    why: `expected only extensions that we had asked for in ${message}, got ${extensionName(id)}`,
  })
}
