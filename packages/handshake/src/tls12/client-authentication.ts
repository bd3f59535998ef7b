/** A client's certificate in TLS 1.2 (RFC 5246 §7.4.4, §7.4.6, §7.4.8). */
import type { SignatureScheme } from '@biopair/crypto'
import { ask, type Flow, type Identity } from '../flow.ts'
import {
  type CertificateRequest12,
  CertificateVerify,
  clientCertificateTypes,
} from '../messages/index.ts'
import type { CertificateTypeName } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { checkIdentity } from '../tls13/authentication.ts'
import { knownSchemes } from '../tls13/known-schemes.ts'
import { sendChain } from './certificate12.ts'
import { commonScheme12, schemes12 } from './schemes.ts'

/** What a client shows, and signs with. */
export interface OwnProof {
  readonly identity: Identity
  readonly scheme: SignatureScheme
}

/** Client: shows a certificate that the server takes, or says that there is none. */
export function* showClient(
  talk: Talk,
  request: CertificateRequest12,
  type: CertificateTypeName,
): Flow<OwnProof | undefined> {
  const types = request.certificate_types
  const schemes = schemes12(knownSchemes(request.supported_signature_algorithms)).filter(scheme =>
    types.includes(
      rsaSigned(scheme) ? clientCertificateTypes.rsa_sign : clientCertificateTypes.ecdsa_sign,
    ),
  )
  const identity = yield* ask({
    want: 'certificate',
    role: 'client',
    schemes,
    certificateSchemes: schemes,
    authorities: request.certificate_authorities,
    serverName: undefined,
    types: [type],
    delegatedSchemes: [],
    version: 'TLSv1.2',
  })
  if (identity) checkIdentity(identity, [type])
  const scheme = identity && commonScheme12(identity, schemes)
  const chain = identity && scheme ? identity.chain : []
  sendChain(talk, 'client', chain, type)
  if (!identity || !scheme) return undefined
  return { identity, scheme }
}

/** Client: signs all messages so far. */
export function* proveClient(talk: Talk, { identity, scheme }: OwnProof): Flow<void> {
  const content = talk.transcript.content()
  const signature = yield* ask({ want: 'signature', identity, scheme, content })
  talk.send(CertificateVerify, { algorithm: scheme.id, signature })
  talk.output.learn({ fact: 'signature', of: 'client', scheme: scheme.name })
}

function rsaSigned({ algorithm }: SignatureScheme): boolean {
  return algorithm.kind === 'rsa_pss' || algorithm.kind === 'rsa_pkcs1'
}
