/** What a server of TLS 1.2 says, put together (RFC 5246 §7.4.1.3, §7.4.4). */
import type { CipherSuite12 } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { ClientAuthentication, FlowConfig } from '../config.ts'
import { writeExtension } from '../extensions/index.ts'
import { type FragmentLength, fragmentAnswer } from '../fragment-length.ts'
import {
  type CertificateRequest12,
  clientCertificateTypes,
  type RawExtension,
  type ServerHello,
} from '../messages/index.ts'
import type { Offer12 } from './offer.ts'
import { schemes12 } from './schemes.ts'

/** A ServerHello; it answers what was offered alone. */
export function serverHello12(
  offer: Offer12,
  said: {
    readonly random: Bytes
    readonly suite: CipherSuite12
    /** Of the session, which is resumed or new; empty for none. */
    readonly sessionId: Bytes
    /** Whether NewSessionTicket follows. */
    readonly ticket: boolean
    /** Whether the name that the client asked for was used. */
    readonly named: boolean
    readonly alpn: Bytes | undefined
    /** Whether CertificateStatus follows. */
    readonly status: boolean
    readonly scts: readonly Bytes[]
    /** The longest record that we take, where the client said its own. */
    readonly limit: number | undefined
    /** As max_fragment_length answers. */
    readonly fragment: FragmentLength | undefined
    /** Which types of certificates were agreed on (RFC 7250 §4.2). */
    readonly types: readonly RawExtension[]
  },
): ServerHello {
  const { random, suite, sessionId, ticket, named, alpn, status, scts, limit, fragment, types } =
    said
  const extensions: RawExtension[] = [...types, ...fragmentAnswer(fragment)]
  if (named) extensions.push(writeExtension('ServerHello12', 'server_name', {}))
  if (offer.secureRenegotiation)
    extensions.push(
      writeExtension('ServerHello12', 'renegotiation_info', {
        renegotiated_connection: new Uint8Array(0),
      }),
    )
  if (offer.extendedMasterSecret)
    extensions.push(writeExtension('ServerHello12', 'extended_master_secret', {}))
  if (offer.extensions.ec_point_formats)
    extensions.push(
      writeExtension('ServerHello12', 'ec_point_formats', {
        ec_point_format_list: Uint8Array.of(0),
      }),
    )
  if (ticket) extensions.push(writeExtension('ServerHello12', 'session_ticket', {}))
  if (alpn)
    extensions.push(
      writeExtension('ServerHello12', 'application_layer_protocol_negotiation', {
        protocol_name_list: [alpn],
      }),
    )
  if (status) extensions.push(writeExtension('ServerHello12', 'status_request', {}))
  if (scts.length > 0)
    extensions.push(
      writeExtension('ServerHello12', 'signed_certificate_timestamp', { sct_list: [...scts] }),
    )
  if (limit !== undefined)
    extensions.push(writeExtension('ServerHello12', 'record_size_limit', limit))
  return {
    legacy_version: 0x0303,
    random,
    legacy_session_id_echo: sessionId,
    cipher_suite: suite.id,
    legacy_compression_method: 0,
    extensions,
  }
}

/** Asks for a certificate whose key signs with one of our schemes. */
export function certificateRequest12(
  { schemes }: FlowConfig,
  { authorities }: ClientAuthentication,
): CertificateRequest12 {
  const { rsa_sign, ecdsa_sign } = clientCertificateTypes
  return {
    certificate_types: Uint8Array.of(ecdsa_sign, rsa_sign),
    supported_signature_algorithms: schemes12(schemes).map(({ id }) => id),
    certificate_authorities: [...authorities],
  }
}
