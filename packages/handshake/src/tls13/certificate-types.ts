/** Which type of certificate each end shows: raw public keys are agreed on in both directions apart (RFC 7250 §4). */
import { TlsAlert } from '@biopair/wire'
import type { ClientAuthentication, FlowConfig, ServerConfig } from '../config.ts'
import { type ExtensionsOf, writeExtension } from '../extensions/index.ts'
import type { RawExtension } from '../messages/index.ts'
import type { CertificateTypeName } from '../shown.ts'

const onWire = { x509: 'X509', rpk: 'RawPublicKey' } as const
/** What a ClientHello of either version says of types. */
interface Offer {
  readonly extensions: Pick<
    ExtensionsOf<'ClientHello'>,
    'client_certificate_type' | 'server_certificate_type'
  >
}

const x509: readonly CertificateTypeName[] = ['x509']

/** The types of an end's certificates that a configuration allows, most preferred first. */
export function allowedTypes(config: FlowConfig, of: 'client' | 'server') {
  return (of === 'client' ? config.clientTypes : config.serverTypes) ?? x509
}

/** What a ClientHello says of types. RFC 7250 §4.1: who has nothing but X.509 leaves it out. */
export function offeredTypes(config: FlowConfig): RawExtension[] {
  const client = allowedTypes(config, 'client')
  const server = allowedTypes(config, 'server')
  const extensions: RawExtension[] = []
  if (client.includes('rpk'))
    extensions.push(
      writeExtension('ClientHello', 'client_certificate_type', {
        client_certificate_types: client.map(type => onWire[type]),
      }),
    )
  if (server.includes('rpk'))
    extensions.push(
      writeExtension('ClientHello', 'server_certificate_type', {
        server_certificate_types: server.map(type => onWire[type]),
      }),
    )
  return extensions
}

/** Server: the types that it can show this client, its own preference first. */
export function serverTypes(offer: Offer, config: ServerConfig): readonly CertificateTypeName[] {
  const said = offer.extensions.server_certificate_type?.server_certificate_types ?? ['X509']
  const common = allowedTypes(config, 'server').filter(type => said.includes(onWire[type]))
  if (common.length > 0) return common
  throw nothingInCommon('server', said)
}

/**
 * Server: the type that it asks the client for. RFC 7250 §4.2: with none in common there is no CertificateRequest, which a server that
 * insists on a certificate cannot leave at that.
 */
export function clientType(
  offer: Offer,
  config: ServerConfig,
  { clientCertificate }: ClientAuthentication,
): CertificateTypeName | undefined {
  if (clientCertificate === 'none' || clientCertificate === 'later') return undefined
  const said = offer.extensions.client_certificate_type?.client_certificate_types ?? ['X509']
  const common = allowedTypes(config, 'client').find(type => said.includes(onWire[type]))
  if (common || clientCertificate === 'request') return common
  throw nothingInCommon('client', said)
}

/** What EncryptedExtensions answer. `client` is undefined where no certificate is asked for, which is the condition that RFC 7250 §4.2 makes. */
export function agreedTypes(
  offer: Offer,
  types: { readonly server: CertificateTypeName; readonly client: CertificateTypeName | undefined },
): RawExtension[] {
  const { client_certificate_type, server_certificate_type } = offer.extensions
  const extensions: RawExtension[] = []
  if (client_certificate_type && types.client)
    extensions.push(
      writeExtension('EncryptedExtensions', 'client_certificate_type', {
        client_certificate_type: onWire[types.client],
      }),
    )
  if (server_certificate_type)
    extensions.push(
      writeExtension('EncryptedExtensions', 'server_certificate_type', {
        server_certificate_type: onWire[types.server],
      }),
    )
  return extensions
}

/** Client: the types that the server has chosen; of its own, X.509 where it says nothing. */
export function chosenTypes(
  parameters: Pick<
    ExtensionsOf<'EncryptedExtensions'>,
    'client_certificate_type' | 'server_certificate_type'
  >,
  config: FlowConfig,
): { readonly server: CertificateTypeName; readonly client: CertificateTypeName } {
  return {
    server: chosen(parameters.server_certificate_type?.server_certificate_type, config, 'server'),
    client: chosen(parameters.client_certificate_type?.client_certificate_type, config, 'client'),
  }
}

/** Client: a server that does not know the extension shows X.509, which may be what is not wanted. */
export function checkServerType(type: CertificateTypeName, config: FlowConfig): void {
  if (!allowedTypes(config, 'server').includes(type))
    throw new TlsAlert('unsupported_certificate', {
      reason: 'UNKNOWN_CERTIFICATE_TYPE',
      section: 'RFC 7250 4.2',
      why: 'expected a raw public key of the server, which chose X.509',
    })
}

function chosen(
  said: string | number | undefined,
  config: FlowConfig,
  of: 'client' | 'server',
): CertificateTypeName {
  if (said === undefined) return 'x509'
  const ours = allowedTypes(config, of).find(type => onWire[type] === said)
  if (ours) return ours
  throw new TlsAlert('illegal_parameter', {
    reason: 'BAD_VALUE',
    section: 'RFC 7250 4.2',
    why: `expected a ${of}_certificate_type that was offered, got ${said}`,
  })
}

function nothingInCommon(of: 'client' | 'server', said: readonly (string | number)[]): TlsAlert {
  return new TlsAlert('unsupported_certificate', {
    reason: 'UNKNOWN_CERTIFICATE_TYPE',
    section: 'RFC 7250 4.2',
    why: `none of the client's ${of}_certificate_types will do: ${said.slice(0, 10).join(', ')}`,
  })
}
