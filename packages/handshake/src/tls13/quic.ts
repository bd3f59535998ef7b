/** What a handshake over QUIC says and judges otherwise (RFC 9001 §4, §8): every rule of it, so that a flow only calls them. */
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import {
  type ExtensionsOf,
  extensionName,
  extensionTypes,
  readExtension,
  writeExtension,
} from '../extensions/index.ts'
import type { JoinedMessage } from '../joiner.ts'
import {
  CertificateRequest,
  type ClientHello,
  decodeMessage,
  KeyUpdate,
  NewSessionTicket,
  type RawExtension,
} from '../messages/index.ts'
import type { Output } from '../output.ts'

/** max_early_data_size over QUIC, whose own limits hold for 0-RTT data: there is no other (RFC 9001 §4.6.1). */
export const quicEarlyData = 0xffffffff

/** A fault that QUIC has a code of its own for, PROTOCOL_VIOLATION (RFC 9000 §20.1); `alert` is the one that comes nearest. */
export class ProtocolViolation extends TlsAlert {}

/** What a client says of its transport in the ClientHello; nothing over records. */
export function offeredParameters({ quic }: FlowConfig): RawExtension[] {
  if (!quic) return []
  const ours = quic.transportParameters(undefined)
  return [writeExtension('ClientHello', 'quic_transport_parameters', ours)]
}

/** What a server answers to the client's. */
export function answeredParameters(
  { quic_transport_parameters: theirs }: ExtensionsOf<'ClientHello'>,
  { quic }: FlowConfig,
): RawExtension[] {
  if (!quic) return []
  const ours = quic.transportParameters(theirs)
  return [writeExtension('EncryptedExtensions', 'quic_transport_parameters', ours)]
}

/** Server: judges the first ClientHello. */
export function checkQuicHello(
  hello: ClientHello,
  extensions: ExtensionsOf<'ClientHello'>,
  { quic }: FlowConfig,
  output: Output,
): void {
  const parameters = extensions.quic_transport_parameters
  if (!quic) {
    // §8.2: whoever knows the extension refuses it where the transport is not QUIC.
    if (parameters) throw notQuic()
    return
  }
  // §8.4: compatibility mode is for middleboxes that meddle with TCP.
  if (hello.legacy_session_id.length > 0)
    throw new ProtocolViolation('illegal_parameter', {
      reason: 'UNEXPECTED_COMPATIBILITY_MODE',
      section: 'RFC 9001 8.4',
      why: `expected an empty legacy_session_id, got ${hello.legacy_session_id.length} bytes`,
    })
  learnParameters('ClientHello', parameters, output)
  if (!extensions.application_layer_protocol_negotiation)
    throw noProtocol('expected the client to offer protocols (ALPN)')
}

/** Client: takes in what the server says of its transport; without a protocol there is no connection. */
export function checkQuicAnswer(
  { quic_transport_parameters: parameters }: ExtensionsOf<'EncryptedExtensions'>,
  alpn: Bytes | undefined,
  { quic }: FlowConfig,
  output: Output,
): void {
  if (!quic) return
  learnParameters('EncryptedExtensions', parameters, output)
  agreed(alpn, { quic })
}

/** §8.1: over QUIC, a protocol is agreed on. */
export function agreed(
  alpn: Bytes | undefined,
  { quic }: Pick<FlowConfig, 'quic'>,
): Bytes | undefined {
  if (alpn || !quic) return alpn
  throw noProtocol('expected a protocol to be agreed on (ALPN), got none')
}

/** Judges a message after the handshake; whatever passes is good over records, too. */
export function checkQuicMessage({ msg_type, body }: JoinedMessage): void {
  if (msg_type === KeyUpdate.msg_type)
    throw new TlsAlert('unexpected_message', {
      reason: 'UNEXPECTED_MESSAGE',
      section: 'RFC 9001 6',
      why: 'got a KeyUpdate: QUIC changes keys by itself',
    })
  if (msg_type === CertificateRequest.msg_type)
    throw new ProtocolViolation('unexpected_message', {
      reason: 'UNEXPECTED_MESSAGE',
      section: 'RFC 9001 4.4',
      why: 'got a CertificateRequest after the handshake',
    })
  if (msg_type === NewSessionTicket.msg_type) checkTicket(decodeMessage(NewSessionTicket, body))
}

function checkTicket({ extensions }: NewSessionTicket): void {
  const said = readExtension('NewSessionTicket', 'early_data', extensions)
  if (!said || said.max_early_data_size === quicEarlyData) return
  throw new ProtocolViolation('illegal_parameter', {
    reason: 'BAD_EXTENSION',
    section: 'RFC 9001 4.6.1',
    why: `expected a max_early_data_size of 0xffffffff, got ${said.max_early_data_size}`,
  })
}

function learnParameters(message: string, parameters: Bytes | undefined, output: Output): void {
  if (!parameters)
    throw new TlsAlert('missing_extension', {
      reason: 'MISSING_QUIC_TRANSPORT_PARAMETERS',
      section: 'RFC 9001 8.2',
      why: `expected quic_transport_parameters in ${message}`,
    })
  output.learn({ fact: 'transport_parameters', parameters })
}

function notQuic(): TlsAlert {
  return new TlsAlert('unsupported_extension', {
    reason: 'UNSOLICITED_EXTENSION',
    section: 'RFC 9001 8.2',
    why: `got ${extensionName(extensionTypes.quic_transport_parameters)}, and this is not QUIC`,
  })
}

function noProtocol(why: string): TlsAlert {
  return new TlsAlert('no_application_protocol', {
    reason: 'NO_APPLICATION_PROTOCOL',
    section: 'RFC 9001 8.1',
    why,
  })
}
