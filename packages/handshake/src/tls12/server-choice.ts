/** What a server proves itself with in TLS 1.2, which decides about the suite: a certificate or raw public key, or a key that both ends have. */
import type { CipherSuite12, SignatureScheme } from '@biopair/crypto'
import { TlsAlert } from '@biopair/wire'
import type { ServerConfig } from '../config.ts'
import { ask, type Flow, type Identity } from '../flow.ts'
import type { CertificateTypeName } from '../shown.ts'
import { checkIdentity } from '../tls13/authentication.ts'
import { serverTypes } from '../tls13/certificate-types.ts'
import type { Offer12 } from './offer.ts'
import { commonScheme12, fitsSuite } from './schemes.ts'

/** What a server shows, and signs with. */
export interface OwnIdentity {
  readonly identity: Identity
  readonly type: CertificateTypeName
  readonly scheme: SignatureScheme
}

/** `own` is undefined where the suite has a pre-shared key in place of it. */
export interface ServerChoice {
  readonly suite: CipherSuite12
  readonly own: OwnIdentity | undefined
}

/**
 * Our preference among suites, the client's among schemes. One with a pre-shared key is taken where it comes first, or where there is no
 * certificate: which key it is about is known when the suite has long been chosen.
 */
export function* chooseProof(offer: Offer12, config: ServerConfig): Flow<ServerChoice> {
  const { suites, serverName, certificateSchemes } = offer
  const withKey = suites.find(({ auth }) => auth === 'psk')
  if (withKey && withKey === suites[0]) return { suite: withKey, own: undefined }
  const schemes = offer.schemes.filter(scheme => suites.some(suite => fitsSuite(scheme, suite)))
  const types = serverTypes(offer, config)
  const identity = yield* ask({
    want: 'certificate',
    role: 'server',
    schemes,
    certificateSchemes,
    authorities: offer.extensions.certificate_authorities?.authorities ?? [],
    serverName,
    types,
    delegatedSchemes: [],
    version: 'TLSv1.2',
  })
  if (identity) checkIdentity(identity, types)
  const scheme = identity && commonScheme12(identity, schemes)
  const suite = scheme && suites.find(ours => fitsSuite(scheme, ours))
  if (suite) return { suite, own: { identity, type: identity.type ?? 'x509', scheme } }
  if (withKey) return { suite: withKey, own: undefined }
  if (!identity)
    throw new TlsAlert('handshake_failure', {
      reason: 'NO_CERTIFICATE_SET',
      section: 'RFC 5246 7.4.2',
      why: `there is no certificate for ${serverName ?? 'a client without server_name'}`,
    })
  throw new TlsAlert('handshake_failure', {
    reason: 'NO_SUITABLE_SIGNATURE_ALGORITHM',
    section: 'RFC 5246 7.4.3',
    why: `our key signs ${identity.schemes.map(ours => ours.name).join(', ')}, the client with its suites verifies ${schemes.map(theirs => theirs.name).join(', ') || 'none'}`,
  })
}
