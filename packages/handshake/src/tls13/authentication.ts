/** Certificate and CertificateVerify, sent and received by either role (RFC 9846 §4.5). */
import { keyType, type SignatureScheme, signatureSchemeById } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { FlowConfig } from '../config.ts'
import { readExtensions } from '../extensions/index.ts'
import { ask, type Flow, type Identity, type Role } from '../flow.ts'
import { type Certificate, CertificateVerify } from '../messages/index.ts'
import { hex } from '../names.ts'
import type { CertificateTypeName, Shown } from '../shown.ts'
import { signedContent, type Talk } from '../talk.ts'
import { sendCertificate } from './certificate-message.ts'
import type { Wishes } from './certificate-wishes.ts'
import {
  checkAskedFor,
  delegatedOf,
  delegatedScheme,
  delegationOf,
  invalidDelegation,
} from './delegated-credential.ts'
import { readStapled, staple } from './stapled.ts'

/** What the peer has shown, and proved to have the key of. */
export interface PeerProof {
  readonly chain: readonly Bytes[]
  readonly shown: Shown
}

/**
 * Judges the peer's Certificate, awaits its CertificateVerify, and answers what it has shown.
 * `offered` are the extensions that its certificate entries may carry, `type` is what was agreed on, `request` is the context of a request after the handshake.
 */
export function* receiveAuthentication(
  talk: Talk,
  config: FlowConfig,
  peer: Role,
  certificate: Certificate,
  offered: ReadonlySet<number>,
  type: CertificateTypeName = 'x509',
  request?: Bytes,
): Flow<PeerProof> {
  // After the handshake, whose request it answers is known before.
  if (!request && certificate.certificate_request_context.length > 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.5.1',
      why: `expected an empty certificate_request_context, got ${certificate.certificate_request_context.length} bytes`,
    })
  checkAskedFor(certificate, offered)
  const stapled = certificate.certificate_list.map(entry =>
    readStapled(readExtensions('Certificate', entry.extensions, offered)),
  )
  const chain = certificate.certificate_list.map(entry => entry.cert_data)
  const shown: Shown = { type, delegated: delegatedOf(certificate) }
  const schemes = permittedSchemes(certificate, shown, config)
  talk.output.learn({ fact: 'certificate', of: peer, chain, shown, stapled })
  talk.enter('WAIT_CV')
  const verification = yield* ask({
    want: 'verification',
    role: peer,
    chain,
    shown,
    stapled,
    resuming: false,
    request,
  })
  if (!verification.trusted) throw verification.alert

  const content = signedContent(peer, talk.transcript.hash())
  const verify = yield* talk.receive('WAIT_CV', CertificateVerify)
  const scheme = signatureSchemeById(verify.algorithm)
  // RFC 9846 §4.5.2: one that we offered, fit for handshakes, and compatible with the key.
  if (!scheme?.handshake || !schemes.includes(scheme))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_SIGNATURE_TYPE',
      section: '4.5.2',
      why: `expected one of ${handshakeSchemes(schemes)}, got ${scheme?.name ?? hex(verify.algorithm)}`,
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
  const { status } = verification
  return { chain, shown: status ? { ...shown, status } : shown }
}

/** Sends Certificate and CertificateVerify; what the peer wishes rides along. */
export function* sendAuthentication(
  talk: Talk,
  role: Role,
  identity: Identity,
  scheme: SignatureScheme,
  context: Bytes,
  wishes: Wishes,
): Flow<void> {
  const { chain, type = 'x509', delegated } = identity
  const onLeaf = [
    ...(type === 'x509' ? yield* staple(identity, role, wishes) : []),
    ...(delegated ? [delegationOf(delegated)] : []),
  ]
  const certificate = {
    certificate_request_context: context,
    certificate_list: chain.map((cert_data, depth) => ({
      cert_data,
      extensions: depth === 0 ? onLeaf : [],
    })),
  }
  sendCertificate(talk, certificate, wishes.compression)
  const shown: Shown = { type, delegated: delegated?.credential }
  talk.output.learn({ fact: 'certificate', of: role, chain, shown })
  const content = signedContent(role, talk.transcript.hash())
  const signature = yield* ask({ want: 'signature', identity, scheme, content })
  talk.send(CertificateVerify, { algorithm: scheme.id, signature })
  talk.output.learn({ fact: 'signature', of: role, scheme: scheme.name })
}

/**
 * What an application answers is one of the types that were agreed on: a certificate is none where a raw public key is waited for. It shows
 * something: an empty list says that there is nothing, and no signature may follow it.
 */
export function checkIdentity(
  { type = 'x509', chain }: Identity,
  types: readonly CertificateTypeName[],
): void {
  const right = type === 'rpk' ? chain.length === 1 : chain.length > 0
  if (!right)
    throw new TypeError(
      `the answer to certificate shows ${chain.length} entries, expected ${type === 'rpk' ? 'one raw public key' : 'a certificate'}`,
    )
  if (types.includes(type)) return
  throw new TypeError(`the answer to certificate is of type ${type}, expected ${types.join()}`)
}

/** The first scheme of the peer's that the identity can sign with in a handshake; of a delegated credential, the one that is its own. */
export function commonScheme(
  { delegated, ...identity }: Identity,
  peer: readonly SignatureScheme[],
  delegatedSchemes: readonly SignatureScheme[],
): SignatureScheme | undefined {
  if (delegated) return delegatedSchemes.find(scheme => scheme === delegated.scheme)
  return peer.find(scheme => scheme.handshake && identity.schemes.includes(scheme))
}

/** What CertificateVerify may be signed with: RFC 9345 §4.1.3 has it match dc_cert_verify_algorithm. */
function permittedSchemes(
  { certificate_list }: Certificate,
  { type, delegated }: Shown,
  config: FlowConfig,
): readonly SignatureScheme[] {
  if (type === 'rpk' && certificate_list.length > 1)
    throw new TlsAlert('illegal_parameter', {
      reason: 'CERT_LENGTH_MISMATCH',
      section: '4.5.1',
      why: `expected no more than one raw public key, got ${certificate_list.length} entries`,
    })
  if (!delegated) return config.schemes
  if (type === 'rpk') throw invalidDelegation('a raw public key has no certificate to delegate')
  return [delegatedScheme(delegated, config)]
}

function handshakeSchemes(schemes: readonly SignatureScheme[]): string {
  return schemes
    .filter(scheme => scheme.handshake)
    .map(scheme => scheme.name)
    .join(', ')
}
