/** Certificate and CertificateVerify, sent and received by either role (RFC 9846 §4.5). */
import { type PublicKeyMaterial, type SignatureScheme, signatureSchemeById } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import { readExtensions } from '../extensions/index.ts'
import { ask, type Flow, type Identity, type Role } from '../flow.ts'
import { Certificate, CertificateVerify } from '../messages/index.ts'
import { hex } from '../names.ts'
import { signedContent, type Talk } from '../talk.ts'

/**
 * Judges the peer's Certificate, awaits its CertificateVerify, and answers its chain.
 * `offered` are the extensions that its certificate entries may carry, `request` is the context of a request after the handshake.
 */
export function* receiveAuthentication(
  talk: Talk,
  config: FlowConfig,
  peer: Role,
  certificate: Certificate,
  offered: ReadonlySet<number>,
  request?: Bytes,
): Flow<readonly Bytes[]> {
  // After the handshake, whose request it answers is known before.
  if (!request && certificate.certificate_request_context.length > 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.5.1',
      why: `expected an empty certificate_request_context, got ${certificate.certificate_request_context.length} bytes`,
    })
  for (const entry of certificate.certificate_list)
    readExtensions('Certificate', entry.extensions, offered)
  const chain = certificate.certificate_list.map(entry => entry.cert_data)
  talk.output.learn({ fact: 'certificate', of: peer, chain })
  talk.enter('WAIT_CV')
  const verification = yield* ask({
    want: 'verification',
    role: peer,
    chain,
    resuming: false,
    request,
  })
  if (!verification.trusted) throw verification.alert

  const content = signedContent(peer, talk.transcript.hash())
  const verify = yield* talk.receive('WAIT_CV', CertificateVerify)
  const scheme = signatureSchemeById(verify.algorithm)
  // RFC 9846 §4.5.2: one that we offered, fit for handshakes, and compatible with the key.
  if (!scheme?.handshake || !config.schemes.includes(scheme))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_SIGNATURE_TYPE',
      section: '4.5.2',
      why: `expected one of ${handshakeSchemes(config.schemes)}, got ${scheme?.name ?? hex(verify.algorithm)}`,
    })
  if (scheme.key !== keyType(verification.key.material))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_SIGNATURE_TYPE',
      section: '4.5.2',
      why: `${scheme.name} is for a ${scheme.key} key, the certificate has a ${keyType(verification.key.material)} key`,
    })
  if (!verification.key.verify(scheme.algorithm, content, verify.signature))
    throw new TlsAlert('decrypt_error', {
      reason: 'BAD_SIGNATURE',
      section: '4.5.2',
      why: `the ${peer}'s CertificateVerify (${scheme.name}) does not match the transcript and its certificate`,
    })
  talk.output.learn({ fact: 'signature', of: peer, scheme: scheme.name })
  return chain
}

/** Sends Certificate and CertificateVerify. */
export function* sendAuthentication(
  talk: Talk,
  role: Role,
  identity: Identity,
  scheme: SignatureScheme,
  context: Bytes,
): Flow<void> {
  talk.send(Certificate, {
    certificate_request_context: context,
    certificate_list: identity.chain.map(cert_data => ({ cert_data, extensions: [] })),
  })
  talk.output.learn({ fact: 'certificate', of: role, chain: identity.chain })
  const content = signedContent(role, talk.transcript.hash())
  const signature = yield* ask({ want: 'signature', identity, scheme, content })
  talk.send(CertificateVerify, { algorithm: scheme.id, signature })
  talk.output.learn({ fact: 'signature', of: role, scheme: scheme.name })
}

/** The first scheme of the peer's that the identity can sign with in a handshake. */
export function commonScheme(
  identity: Identity,
  peer: readonly SignatureScheme[],
): SignatureScheme | undefined {
  return peer.find(scheme => scheme.handshake && identity.schemes.includes(scheme))
}

/** The schemes that we know among ids, in their order. */
export function knownSchemes(ids: readonly number[]): SignatureScheme[] {
  return ids.map(signatureSchemeById).filter(scheme => scheme !== undefined)
}

/** The kind of key that a scheme has to be for. */
export function keyType(material: PublicKeyMaterial): SignatureScheme['key'] {
  if (material.kind === 'ec') return material.curve
  if (material.kind === 'ed25519') return 'ed25519'
  return material.pss ? 'rsa-pss' : 'rsa'
}

function handshakeSchemes(schemes: readonly SignatureScheme[]): string {
  return schemes
    .filter(scheme => scheme.handshake)
    .map(scheme => scheme.name)
    .join(', ')
}
