/** Reading a ClientHello for TLS 1.2 (RFC 5246 §7.4.1.2, RFC 5746 §3.6, RFC 7507, RFC 7627 §5.2, RFC 8422 §5.1). */
import type { CipherSuite12, Group, SignatureScheme } from '@biopair/crypto'
import { type AlertName, TlsAlert } from '@biopair/wire'
import type { ServerConfig } from '../config.ts'
import { type ExtensionsOf, readExtension, readExtensions } from '../extensions/index.ts'
import type { ClientHello } from '../messages/index.ts'
import { hex, listed } from '../names.ts'
import { knownSchemes } from '../tls13/known-schemes.ts'
import { hostName } from '../tls13/offer.ts'
import { speaks12, speaks13 } from '../versions.ts'
import { curvesOf } from './groups.ts'
import { schemes12 } from './schemes.ts'
import { emptyRenegotiationInfo, fallback } from './scsv.ts'

/** What a client can do in TLS 1.2, as far as we can as well. */
export interface Offer12 {
  readonly extensions: ExtensionsOf<'ClientHello12'>
  readonly serverName: string | undefined
  /** Of ours, in our order. */
  readonly suites: readonly CipherSuite12[]
  readonly group: Group
  readonly schemes: readonly SignatureScheme[]
  readonly certificateSchemes: readonly SignatureScheme[]
  readonly extendedMasterSecret: boolean
  /** Whether it hears renegotiation_info. */
  readonly secureRenegotiation: boolean
}

/** Whether a server of TLS 1.3 answers this ClientHello with TLS 1.2: it does not offer TLS 1.3. */
export function offers12(hello: ClientHello, config: ServerConfig): boolean {
  if (!speaks12(config)) return false
  const said = versionsOf(hello)
  return said === undefined || !said.includes(0x0304)
}

/** Reads it. */
export function readHello12(hello: ClientHello, config: ServerConfig): Offer12 {
  const said = versionsOf(hello)
  if (hello.legacy_version !== 0x0303 || (said && !said.includes(0x0303)))
    throw refused(
      'protocol_version',
      'UNSUPPORTED_PROTOCOL',
      'RFC 5246 E.1',
      `expected TLS 1.2 (0x0303), got ${hex(hello.legacy_version)}${said ? ` and supported_versions ${listed(said)}` : ''}`,
    )
  // RFC 7507 §3: the version that it gives up is one that we have.
  if (speaks13(config) && hello.cipher_suites.includes(fallback))
    throw refused(
      'inappropriate_fallback',
      'INAPPROPRIATE_FALLBACK',
      'RFC 7507 3',
      'a client that fell back from a higher version reaches a server that has one',
    )
  if (!hello.legacy_compression_methods.includes(0))
    throw refused(
      'illegal_parameter',
      'INVALID_COMPRESSION_ALGORITHM',
      'RFC 5246 7.4.1.2',
      'expected the null method among the compression_methods',
    )
  const extensions = readExtensions('ClientHello12', hello.extensions ?? [])
  const { renegotiation_info, extended_master_secret, ec_point_formats } = extensions
  if (renegotiation_info && renegotiation_info.renegotiated_connection.length > 0)
    throw refused(
      'handshake_failure',
      'RENEGOTIATION_MISMATCH',
      'RFC 5746 3.6',
      'expected an empty renegotiated_connection in a first handshake',
    )
  if (!extended_master_secret && config.extendedMasterSecret !== false)
    throw refused(
      'handshake_failure',
      'NO_EXTENDED_MASTER_SECRET',
      'RFC 7627 5.2',
      'expected extended_master_secret in the ClientHello',
    )
  if (ec_point_formats && !ec_point_formats.ec_point_format_list.includes(0))
    throw refused(
      'illegal_parameter',
      'TLS_INVALID_ECPOINTFORMAT_LIST',
      'RFC 8422 5.1.2',
      'expected uncompressed among the ec_point_formats',
    )
  const suites = (config.suites12 ?? []).filter(({ id }) => hello.cipher_suites.includes(id))
  if (suites.length === 0)
    throw refused(
      'handshake_failure',
      'NO_SHARED_CIPHER',
      'RFC 5246 7.4.1.3',
      `expected one of ${(config.suites12 ?? []).map(({ name }) => name).join(', ')}, got ${listed(hello.cipher_suites)}`,
    )
  // RFC 5246 §7.4.1.4.1: a client without the extension means SHA-1, which is not spoken here. With a pre-shared key nobody signs.
  if (!extensions.signature_algorithms && !suites.some(({ auth }) => auth === 'psk'))
    throw refused(
      'handshake_failure',
      'MISSING_SIGALGS_EXTENSION',
      'RFC 5246 7.4.1.4.1',
      'expected signature_algorithms in the ClientHello',
    )
  const schemes = schemes12(
    knownSchemes(extensions.signature_algorithms?.supported_signature_algorithms ?? []),
  )
  const certified = extensions.signature_algorithms_cert
  return {
    extensions,
    serverName: hostName(extensions),
    suites,
    group: chooseGroup(extensions, config),
    schemes,
    certificateSchemes: certified
      ? knownSchemes(certified.supported_signature_algorithms)
      : schemes,
    extendedMasterSecret: extended_master_secret !== undefined,
    secureRenegotiation:
      renegotiation_info !== undefined || hello.cipher_suites.includes(emptyRenegotiationInfo),
  }
}

/** RFC 8422 §4: "the server is free to choose any one" of a client that does not say; P-256 is what such clients have. */
function chooseGroup(
  { supported_groups }: ExtensionsOf<'ClientHello12'>,
  config: ServerConfig,
): Group {
  const ours = curvesOf(config.groups)
  const theirs = supported_groups?.named_group_list
  const group = theirs
    ? ours.find(({ id }) => theirs.includes(id))
    : (ours.find(({ name }) => name === 'secp256r1') ?? ours[0])
  if (group) return group
  throw refused(
    'handshake_failure',
    'NO_SHARED_GROUPS',
    'RFC 8422 5.1',
    `expected one of ${ours.map(({ name }) => name).join(', ')}, got ${listed(theirs ?? [])}`,
  )
}

function versionsOf(hello: ClientHello): readonly number[] | undefined {
  return readExtension('ClientHello', 'supported_versions', hello.extensions ?? [])?.versions
}

function refused(alert: AlertName, reason: string, section: string, why: string): TlsAlert {
  return new TlsAlert(alert, { reason, section, why })
}
