/** Post-handshake authentication by hand: what an answer has to be, from the messages of the handshake alone (RFC 9846 §4.5, §4.7.2). */
import {
  Certificate,
  CertificateVerify,
  decodeMessage,
  encodeMessage,
  Finished,
} from '@biopair/handshake'
import { type Bytes, digest, verifyData } from './key-schedule.ts'
import { contentToSign, type Peer } from './peer.ts'
import type { PeerIdentity } from './peer-identity.ts'

export interface Answer {
  readonly certificate: Bytes
  /** Empty where no certificate is shown. */
  readonly verify: Bytes
  readonly finished: Bytes
}

/** An answer to a request: `handshake` are the messages up to the client's Finished, `secret` its application traffic secret at hand. */
export function answerTo(
  request: Uint8Array,
  of: {
    readonly peer: Pick<Peer, 'hash'>
    readonly handshake: readonly Uint8Array[]
    readonly secret: Uint8Array
    readonly identity: PeerIdentity | undefined
    readonly editCertificate?: (certificate: Certificate) => Certificate
    readonly editVerify?: (verify: CertificateVerify) => CertificateVerify
    readonly editFinished?: (finished: Finished) => Finished
  },
): Answer {
  const { handshake, identity, peer, secret } = of
  const made: Certificate = {
    certificate_request_context: contextOf(request),
    certificate_list: (identity?.chain ?? []).map(cert_data => ({ cert_data, extensions: [] })),
  }
  const certificate = encodeMessage(Certificate, of.editCertificate?.(made) ?? made)
  const before = [...handshake, request, certificate]
  let verify: Bytes = new Uint8Array(0)
  if (identity) {
    const { key, scheme } = identity
    const content = contentToSign('client', digest(peer.hash, ...before))
    const signed = { algorithm: scheme.id, signature: key.sign(scheme.algorithm, content) }
    verify = encodeMessage(CertificateVerify, of.editVerify?.(signed) ?? signed)
  }
  const data = verifyData(peer.hash, secret as Bytes, digest(peer.hash, ...before, verify))
  const finished = { verify_data: data }
  return {
    certificate,
    verify,
    finished: encodeMessage(Finished, of.editFinished?.(finished) ?? finished),
  }
}

/** certificate_request_context of a CertificateRequest, header included. */
export function contextOf(request: Uint8Array): Bytes {
  return Uint8Array.from(request.subarray(5, 5 + (request[4] ?? 0)))
}

/** The last message of a name that our end said, as it came. */
export function lastSaid(peer: Peer, name: string): Bytes {
  for (const heard of [...peer.heard].reverse())
    if (heard.kind === 'message' && heard.name === name) return heard.raw
  throw new Error(`our end said no ${name}`)
}

/** Whether messages are what an answer to a request has to be; the signature is judged by `verified`. */
export function isAnswer(
  messages: readonly Uint8Array[],
  request: Uint8Array,
  of: {
    readonly peer: Pick<Peer, 'hash'>
    readonly handshake: readonly Uint8Array[]
    readonly secret: Uint8Array
    readonly verified: (content: Bytes, verify: CertificateVerify) => boolean
  },
): boolean {
  const [certificate, ...rest] = messages
  const finished = rest.at(-1)
  const verify = rest.length > 1 ? rest[0] : undefined
  if (!certificate || !finished || messages.length !== (verify ? 3 : 2)) return false
  const shown = decodeMessage(Certificate, certificate.subarray(4))
  const { hash } = of.peer
  const before = [...of.handshake, request, certificate]
  const signed =
    verify === undefined ||
    of.verified(
      contentToSign('client', digest(hash, ...before)),
      decodeMessage(CertificateVerify, verify.subarray(4)),
    )
  const after = verify ? [...before, verify] : before
  const expected = verifyData(hash, of.secret as Bytes, digest(hash, ...after))
  const said = decodeMessage(Finished, finished.subarray(4)).verify_data
  return (
    signed &&
    Buffer.compare(shown.certificate_request_context, contextOf(request)) === 0 &&
    shown.certificate_list.length > 0 === (verify !== undefined) &&
    Buffer.compare(expected, said) === 0
  )
}
