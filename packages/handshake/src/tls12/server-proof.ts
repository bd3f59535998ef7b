/** What a client hears of a server between ServerHello and ServerHelloDone, where the server shows a certificate or a raw public key (RFC 5246 §7.4.2 to §7.4.5). */
import { type CipherSuite12, concat } from '@biopair/crypto'
import { type Bytes, encode, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import type { Flow } from '../flow.ts'
import {
  CertificateRequest12,
  CertificateStatus,
  ServerECDHParams,
  ServerHelloDone,
  ServerKeyExchange,
} from '../messages/index.ts'
import type { OfferedPsk } from '../psk.ts'
import type { Shown } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { checkServerType, chosenTypes } from '../tls13/certificate-types.ts'
import { judgeStapled } from '../tls13/stapled.ts'
import { receiveChain } from './certificate12.ts'
import type { Choice12 } from './choice.ts'
import type { Randoms } from './key-schedule.ts'
import { type Believed, believe, checkSignature } from './peer.ts'

/** The server's share, and what vouches for it: what it has shown, or a key that both ends have. */
export interface ServerProof {
  readonly params: ServerECDHParams
  readonly psk: OfferedPsk | undefined
  /** What it asks of us. */
  readonly request: CertificateRequest12 | undefined
  readonly chain: readonly Bytes[]
  readonly shown: Shown
}

/** Receives it all, and believes it. */
export function* receiveServerProof(
  talk: Talk,
  choice: Choice12,
  randoms: Randoms,
  config: ClientConfig,
): Flow<ServerProof> {
  const { suite, extensions } = choice
  const { output } = talk
  const types = chosenTypes(extensions, config)
  checkServerType(types.server, config)
  output.learn({ fact: 'certificate_type', of: 'server', type: types.server })
  const chain = yield* receiveChain(talk, types.server)
  if (chain.length === 0)
    throw new TlsAlert('decode_error', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: 'RFC 5246 7.4.2',
      why: "expected the server's certificate, got none",
    })
  const { exchange, ocspResponse } = yield* receiveExchange(talk, choice)
  const scts = extensions.signed_certificate_timestamp?.sct_list ?? []
  const server = yield* believe(talk, 'server', chain, { ocspResponse, scts }, types.server)
  checkExchange(talk, server, suite, exchange, randoms, config)

  const next = yield* talk.receiveOneOf('WAIT_SHD', CertificateRequest12, ServerHelloDone)
  const request =
    next.type === CertificateRequest12 ? (next.message as CertificateRequest12) : undefined
  if (request) {
    output.learn({ fact: 'certificate_request' })
    output.learn({ fact: 'certificate_type', of: 'client', type: types.client })
    yield* talk.receive('WAIT_SHD', ServerHelloDone)
  }
  if (config.requestOcsp) yield* judgeStapled(ocspResponse)
  const { shown } = server
  return { params: exchange.params, psk: undefined, request, chain, shown }
}

/** CertificateStatus, where the server said that one may come and it does (RFC 6066 §8), and ServerKeyExchange. */
function* receiveExchange(
  talk: Talk,
  { extensions }: Choice12,
): Flow<{ readonly exchange: ServerKeyExchange; readonly ocspResponse: Bytes | undefined }> {
  if (!extensions.status_request)
    return {
      exchange: yield* talk.receive('WAIT_SKE', ServerKeyExchange),
      ocspResponse: undefined,
    }
  const first = yield* talk.receiveOneOf('WAIT_CERT_STATUS', CertificateStatus, ServerKeyExchange)
  if (first.type === ServerKeyExchange)
    return { exchange: first.message as ServerKeyExchange, ocspResponse: undefined }
  const status = first.message as CertificateStatus
  if (status.status_type !== 'ocsp')
    throw new TlsAlert('illegal_parameter', {
      reason: 'UNSUPPORTED_STATUS_TYPE',
      section: 'RFC 6066 8',
      why: `expected an OCSP response, got a status of type ${status.status_type}`,
    })
  return {
    exchange: yield* talk.receive('WAIT_SKE', ServerKeyExchange),
    ocspResponse: status.response as Bytes,
  }
}

/** The server's share is its own: signed, with a key of the kind that the suite says (RFC 8422 §2, §5.4). */
function checkExchange(
  talk: Talk,
  { key }: Believed,
  suite: CipherSuite12,
  exchange: ServerKeyExchange,
  { client, server }: Randoms,
  config: ClientConfig,
): void {
  const rsa = key.material.kind === 'rsa'
  if (rsa !== (suite.auth === 'rsa'))
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_CERTIFICATE_TYPE',
      section: 'RFC 8422 2',
      why: `${suite.name} does not go with a ${key.material.kind} key`,
    })
  const content = concat(client, server, encode(ServerECDHParams, exchange.params))
  checkSignature(talk, 'server', key, exchange, content, config)
}
