/** Judging what a peer shows and signs in TLS 1.2 (RFC 5246 §7.4.2, §7.4.3, §7.4.8). */
import { keyType, type PublicKey, type SignatureScheme, signatureSchemeById } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Stapled } from '../certificate-config.ts'
import type { FlowConfig } from '../config.ts'
import { ask, type Flow, type Role } from '../flow.ts'
import { hex } from '../names.ts'
import type { CertificateTypeName, Shown } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { shownAs } from './certificate12.ts'
import { fitsKey, schemes12 } from './schemes.ts'

/** A peer that is believed, whose key is yet to be proved its own. */
export interface Believed {
  readonly chain: readonly Bytes[]
  readonly shown: Shown
  readonly key: PublicKey
}

/** Has the peer's chain judged; it is not empty. */
export function* believe(
  talk: Talk,
  peer: Role,
  chain: readonly Bytes[],
  leaf: Stapled,
  type: CertificateTypeName,
): Flow<Believed> {
  const shown = shownAs(type)
  const stapled = chain.map((_, i) => (i === 0 ? leaf : { ocspResponse: undefined, scts: [] }))
  talk.output.learn({ fact: 'certificate', of: peer, chain, shown, stapled })
  const verification = yield* ask({
    want: 'verification',
    role: peer,
    chain,
    shown,
    stapled,
    resuming: false,
  })
  if (!verification.trusted) throw verification.alert
  const { key, status } = verification
  return { chain, shown: status ? { ...shown, status } : shown, key }
}

/** Checks a signature by the peer's key; `fits` says which schemes may stand there beside those that we offered. */
export function checkSignature(
  talk: Talk,
  peer: Role,
  key: PublicKey,
  signed: { readonly algorithm: number; readonly signature: Bytes },
  content: Bytes,
  config: FlowConfig,
): SignatureScheme {
  const section = peer === 'server' ? 'RFC 8422 5.4' : 'RFC 5246 7.4.8'
  const scheme = signatureSchemeById(signed.algorithm)
  const ours = schemes12(config.schemes)
  if (!scheme || !ours.includes(scheme))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_SIGNATURE_TYPE',
      section,
      why: `expected one of ${ours.map(({ name }) => name).join(', ')}, got ${scheme?.name ?? hex(signed.algorithm)}`,
    })
  if (!fitsKey(scheme, key.material))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_SIGNATURE_TYPE',
      section,
      why: `${scheme.name} does not go with the certificate's ${keyType(key.material)} key`,
    })
  if (!key.verify(scheme.algorithm, content, signed.signature))
    throw new TlsAlert('decrypt_error', {
      reason: 'BAD_SIGNATURE',
      section,
      why: `the ${peer}'s signature (${scheme.name}) does not match what it is over and its certificate`,
    })
  talk.output.learn({ fact: 'signature', of: peer, scheme: scheme.name })
  return scheme
}
