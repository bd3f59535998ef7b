/** Judging a ServerHello of TLS 1.2 (RFC 5246 §7.4.1.3, RFC 5746 §3.4, RFC 7627 §5.2, RFC 9846 §4.2.3). */
import type { CipherSuite12 } from '@biopair/crypto'
import { equal } from '@biopair/crypto'
import { type AlertName, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import { type ExtensionsOf, extensionTypes, readExtensions } from '../extensions/index.ts'
import type { ClientHello, ServerHello } from '../messages/index.ts'
import { hex } from '../names.ts'
import { speaks12, speaks13 } from '../versions.ts'
import { sentinelOf } from './sentinel.ts'

/** What a server has chosen. */
export interface Choice12 {
  readonly suite: CipherSuite12
  readonly extensions: ExtensionsOf<'ServerHello12'>
  readonly extendedMasterSecret: boolean
}

/** Whether a ServerHello is one of TLS 1.2, and we offered that: a downgrade that its random gives away is not (RFC 9846 §4.2.3). */
export function chose12(answer: ServerHello, config: ClientConfig): boolean {
  const versioned = answer.extensions.some(
    ({ extension_type }) => extension_type === extensionTypes.supported_versions,
  )
  if (versioned || !speaks12(config)) return false
  return !speaks13(config) || sentinelOf(answer.random) === undefined
}

/** Judges all that a ServerHello of TLS 1.2 says. */
export function choice12(answer: ServerHello, hello: ClientHello, config: ClientConfig): Choice12 {
  if (answer.legacy_version !== 0x0303)
    throw refused(
      'UNSUPPORTED_PROTOCOL',
      'RFC 5246 7.4.1.3',
      `expected server_version 0x0303, got ${hex(answer.legacy_version)}`,
      'protocol_version',
    )
  // RFC 9846 §4.2.3: a client of TLS 1.2 looks for the value that stands for what is below it.
  if (sentinelOf(answer.random) === 'below')
    throw refused('TLS13_DOWNGRADE', '4.2.3', 'the server was made to choose an older version')
  const offered = new Set(hello.extensions?.map(raw => raw.extension_type))
  const extensions = readExtensions('ServerHello12', answer.extensions, offered)
  const suite = config.suites12?.find(({ id }) => id === answer.cipher_suite)
  if (!suite)
    throw refused(
      'WRONG_CIPHER_RETURNED',
      'RFC 5246 7.4.1.3',
      `cipher suite ${hex(answer.cipher_suite)} was not offered for TLS 1.2`,
    )
  if (answer.legacy_compression_method !== 0)
    throw refused(
      'INVALID_COMPRESSION_ALGORITHM',
      'RFC 5246 7.4.1.3',
      `expected compression_method 0, got ${answer.legacy_compression_method}`,
    )
  // RFC 9846 §4.2.2: an id of compatibility mode is of no session.
  if (
    !config.session12 &&
    hello.legacy_session_id.length > 0 &&
    equal(hello.legacy_session_id, answer.legacy_session_id_echo)
  )
    throw refused(
      'SERVER_ECHOED_INVALID_SESSION_ID',
      'RFC 5246 7.4.1.3',
      'the server resumes a session that was not offered',
    )
  const { renegotiation_info, extended_master_secret, ec_point_formats } = extensions
  if (!renegotiation_info)
    throw refused(
      'UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
      'RFC 5746 3.4',
      'expected renegotiation_info in the ServerHello',
      'handshake_failure',
    )
  if (renegotiation_info.renegotiated_connection.length > 0)
    throw refused(
      'RENEGOTIATION_MISMATCH',
      'RFC 5746 3.4',
      'expected an empty renegotiated_connection in a first handshake',
      'handshake_failure',
    )
  if (!extended_master_secret && config.extendedMasterSecret !== false)
    throw refused(
      'NO_EXTENDED_MASTER_SECRET',
      'RFC 7627 5.2',
      'expected extended_master_secret in the ServerHello',
      'handshake_failure',
    )
  if (ec_point_formats && !ec_point_formats.ec_point_format_list.includes(0))
    throw refused(
      'TLS_INVALID_ECPOINTFORMAT_LIST',
      'RFC 8422 5.1.2',
      'expected uncompressed among the ec_point_formats',
    )
  return { suite, extensions, extendedMasterSecret: extended_master_secret !== undefined }
}

function refused(
  reason: string,
  section: string,
  why: string,
  alert: AlertName = 'illegal_parameter',
): TlsAlert {
  return new TlsAlert(alert, { reason, section, why })
}
