/** A client that is asked for a certificate, in the handshake or after it (RFC 9846 §4.4.2, §4.5.1.2). */
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { FlowConfig, OidFilter } from '../config.ts'
import { type ExtensionsOf, readExtensions } from '../extensions/index.ts'
import { ask, type Flow } from '../flow.ts'
import { Certificate, type CertificateRequest } from '../messages/index.ts'
import type { CertificateTypeName } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { checkIdentity, commonScheme, sendAuthentication } from './authentication.ts'
import { allowedTypes } from './certificate-types.ts'
import { wishesOf } from './certificate-wishes.ts'
import { delegatedSchemesOf } from './delegated-credential.ts'
import { knownSchemes } from './known-schemes.ts'

/** What a CertificateRequest asks for. */
export type Wanted = ExtensionsOf<'CertificateRequest'>

/** What a CertificateRequest of the handshake asks for (RFC 9846 §4.4.2). */
export function requested(request: CertificateRequest): Wanted {
  if (request.certificate_request_context.length > 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.4.2',
      why: `expected an empty certificate_request_context, got ${request.certificate_request_context.length} bytes`,
    })
  return readRequest(request)
}

/** What a CertificateRequest asks for, whatever its context. */
export function readRequest(request: CertificateRequest): Wanted {
  const extensions = readExtensions('CertificateRequest', request.extensions)
  if (!extensions.signature_algorithms)
    throw new TlsAlert('missing_extension', {
      reason: 'MISSING_SIGALGS_EXTENSION',
      section: '4.4.2',
      why: 'expected signature_algorithms in the CertificateRequest',
    })
  const oids = filtersOf(extensions).map(({ oid }) => oid.join())
  // RFC 9846 §4.3.5: "Any given OID MUST NOT appear more than once in the filters list."
  if (new Set(oids).size < oids.length)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_EXTENSION',
      section: '4.3.5',
      why: 'expected each OID once in oid_filters, got one again',
    })
  return extensions
}

/** Shows a certificate that the server takes, or says that there is none. `request` is the context of a request after the handshake. */
export function* authenticate(
  talk: Talk,
  config: FlowConfig,
  wanted: Wanted,
  type: CertificateTypeName,
  request?: Bytes,
): Flow<void> {
  if (!request) talk.output.learn({ fact: 'certificate_type', of: 'client', type })
  const schemes = knownSchemes(wanted.signature_algorithms?.supported_signature_algorithms ?? [])
  const certificateSchemes = wanted.signature_algorithms_cert
    ? knownSchemes(wanted.signature_algorithms_cert.supported_signature_algorithms)
    : schemes
  const delegatedSchemes = delegatedSchemesOf(wanted.delegated_credential)
  const identity = yield* ask({
    want: 'certificate',
    role: 'client',
    schemes,
    certificateSchemes,
    authorities: wanted.certificate_authorities?.authorities ?? [],
    filters: filtersOf(wanted),
    serverName: undefined,
    types: allowedTypes(config, 'client').filter(ours => ours === type),
    delegatedSchemes,
    request,
  })
  if (identity) checkIdentity(identity, [type])
  const scheme = identity && commonScheme(identity, schemes, delegatedSchemes)
  const context = request ?? new Uint8Array(0)
  if (identity && scheme)
    return yield* sendAuthentication(
      talk,
      'client',
      identity,
      scheme,
      context,
      wishesOf(wanted, config),
    )
  talk.send(Certificate, { certificate_request_context: context, certificate_list: [] })
}

function filtersOf({ oid_filters }: Wanted): readonly OidFilter[] {
  return (oid_filters?.filters ?? []).map(filter => ({
    oid: filter.certificate_extension_oid,
    values: filter.certificate_extension_values,
  }))
}
