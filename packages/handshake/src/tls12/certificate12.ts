/** Certificate of TLS 1.2, sent and received in the form that was agreed on: a chain, or a raw public key (RFC 5246 §7.4.2, RFC 7250 §3). */
import type { Bytes } from '@biopair/wire'
import type { Flow, Role } from '../flow.ts'
import { Certificate12, RawPublicKey12 } from '../messages/index.ts'
import type { CertificateTypeName, Shown } from '../shown.ts'
import type { Talk } from '../talk.ts'

/** Sends it; an empty chain says that there is none. */
export function sendChain(
  talk: Talk,
  of: Role,
  chain: readonly Bytes[],
  type: CertificateTypeName,
): void {
  if (type === 'rpk')
    talk.send(RawPublicKey12, { subjectPublicKeyInfo: chain[0] ?? new Uint8Array(0) })
  else talk.send(Certificate12, { certificate_list: [...chain] })
  if (chain.length > 0) talk.output.learn({ fact: 'certificate', of, chain, shown: shownAs(type) })
}

/** Awaits it; empty where the peer has none. */
export function* receiveChain(talk: Talk, type: CertificateTypeName): Flow<readonly Bytes[]> {
  if (type === 'x509') return (yield* talk.receive('WAIT_CERT', Certificate12)).certificate_list
  const { subjectPublicKeyInfo } = yield* talk.receive('WAIT_CERT', RawPublicKey12)
  return subjectPublicKeyInfo.length > 0 ? [subjectPublicKeyInfo] : []
}

/** How a chain of a type is shown: there are no delegated credentials in TLS 1.2. */
export function shownAs(type: CertificateTypeName): Shown {
  return { type, delegated: undefined }
}
