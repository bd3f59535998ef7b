/** The client's handshake of TLS 1.2, top to bottom (RFC 5246 §7.3, RFC 8422 §2). */
import { type CipherSuite12, concat, failed } from '@biopair/crypto'
import { type Bytes, encode, TlsAlert } from '@biopair/wire'
import { agreedAlpn } from '../agreed-alpn.ts'
import { type ClientConfig, draw } from '../config.ts'
import type { Flow } from '../flow.ts'
import {
  AnyServerHello,
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  ClientHello,
  ClientKeyExchange,
  ServerECDHParams,
  type ServerHello,
  ServerHelloDone,
  ServerKeyExchange,
} from '../messages/index.ts'
import { hex } from '../names.ts'
import { Secrets } from '../secrets.ts'
import type { Talk } from '../talk.ts'
import { checkServerType, chosenTypes } from '../tls13/certificate-types.ts'
import { HelloShape } from '../tls13/hello-shape.ts'
import { readLimit } from '../tls13/record-limits.ts'
import { judgeStapled } from '../tls13/stapled.ts'
import { type Choice12, choice12 } from './choice.ts'
import { proveClient, showClient } from './client-authentication.ts'
import { clientHello12 } from './client-hello.ts'
import { receiveTicket, resumeClient12, tellSession } from './client-resumption.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import { curvesOf } from './groups.ts'
import { masterSecret, type Randoms } from './key-schedule.ts'
import { type Believed, believe, checkSignature } from './peer.ts'
import { checkServerLimit12, limitRecords12 } from './record-limits.ts'
import { resumed12 } from './session-offer.ts'

/**
 *     Client                                               Server
 *
 *     ClientHello                  -------->
 *                                                     ServerHello
 *                                                     Certificate
 *                                              CertificateStatus*
 *                                               ServerKeyExchange
 *                                             CertificateRequest*
 *                                  <--------      ServerHelloDone
 *     Certificate*
 *     ClientKeyExchange
 *     CertificateVerify*
 *     [ChangeCipherSpec]
 *     Finished                     -------->
 *                                              [ChangeCipherSpec]
 *                                  <--------             Finished
 *
 * Shakes hands as a client that speaks TLS 1.2 alone.
 */
export function* client12(talk: Talk, config: ClientConfig): Flow<Connected12> {
  const { output } = talk
  const shape = new HelloShape(config)
  const plain = clientHello12(config, draw(config, 'client hello random', 32))
  const hello = talk.send(ClientHello, shape.padded(shape.first(plain)))
  output.learn({ fact: 'client_random', random: hello.random })
  output.learn({ fact: 'early_data', state: 'none' })
  output.endOfFlight()
  const answer = yield* talk.receive('WAIT_SH', AnyServerHello)
  return yield* goOn12(talk, config, hello, answer)
}

/** Goes on from a ServerHello that chose TLS 1.2. Secrets that do not go on in `Connected12` are wiped, however it ends. */
export function* goOn12(
  talk: Talk,
  config: ClientConfig,
  hello: ClientHello,
  answer: ServerHello,
): Flow<Connected12> {
  const secrets = new Secrets()
  try {
    return yield* handshake(talk, config, hello, answer, secrets)
  } finally {
    secrets.wipe()
  }
}

function* handshake(
  talk: Talk,
  config: ClientConfig,
  hello: ClientHello,
  answer: ServerHello,
  secrets: Secrets,
): Flow<Connected12> {
  const { output, transcript } = talk
  output.speak12()
  const choice = choice12(answer, hello, config)
  const { suite, extensions } = choice
  const hash = config.crypto.hashes[suite.hash]
  const randoms: Randoms = { client: hello.random, server: answer.random }
  output.learn({ fact: 'suite', suite })
  const alpn = agreedAlpn(extensions, config)
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  checkServerLimit12(extensions.record_size_limit)
  const ourLimit = readLimit('ClientHello', hello.extensions)
  limitRecords12(output, ourLimit, extensions.record_size_limit)
  const session = resumed12(answer, hello, config)
  if (session) return yield* resumeClient12(talk, config, session, choice, randoms, alpn, secrets)
  checkServerType('x509', config)
  checkTypes(chosenTypes(extensions, config))
  output.learn({ fact: 'certificate_type', of: 'server', type: 'x509' })

  const { certificate_list } = yield* talk.receive('WAIT_CERT', Certificate12)
  if (certificate_list.length === 0)
    throw new TlsAlert('decode_error', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: 'RFC 5246 7.4.2',
      why: "expected the server's certificate, got an empty certificate_list",
    })
  const { exchange, ocspResponse } = yield* receiveExchange(talk, choice)
  const scts = extensions.signed_certificate_timestamp?.sct_list ?? []
  const server = yield* believe(talk, 'server', certificate_list, { ocspResponse, scts })
  checkExchange(talk, server, suite, exchange, randoms, config)

  const next = yield* talk.receiveOneOf('WAIT_SHD', CertificateRequest12, ServerHelloDone)
  const request =
    next.type === CertificateRequest12 ? (next.message as CertificateRequest12) : undefined
  if (request) {
    output.learn({ fact: 'certificate_request' })
    output.learn({ fact: 'certificate_type', of: 'client', type: 'x509' })
    yield* talk.receive('WAIT_SHD', ServerHelloDone)
  }
  if (config.requestOcsp) yield* judgeStapled(ocspResponse)

  const own = request && (yield* showClient(talk, request))
  const group = curvesOf(config.groups).find(({ id }) => id === exchange.params.namedcurve)
  if (!group)
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_CURVE',
      section: 'RFC 8422 5.4',
      why: `group ${hex(exchange.params.namedcurve)} was not offered`,
    })
  const agreed = group.answer(exchange.params.public, config.random)
  if (failed(agreed))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_ECPOINT',
      section: 'RFC 8422 5.4',
      why: `${group.name}: ${agreed.why}`,
    })
  secrets.hold(agreed.secret)
  output.learn({ fact: 'group', group: group.name })
  talk.send(ClientKeyExchange, { ecdh_Yc: agreed.publicKey })
  const master = secrets.hold(
    masterSecret(choice, hash, agreed.secret, transcript.content(), randoms),
  )
  if (own) yield* proveClient(talk, own)
  transcript.start(hash)

  const finishing = new Finishing(talk, config.crypto, suite, master, randoms, secrets)
  const firstFinished = finishing.send('client')
  const ticket = yield* receiveTicket(talk, choice)
  yield* finishing.receive('server')
  const { chain, shown } = server
  const known = {
    masterSecret: master,
    suite,
    chain,
    shown,
    authenticatedBy: 'certificate' as const,
  }
  tellSession(talk, choice, known, answer.legacy_session_id_echo, ticket)
  talk.enter('CONNECTED')
  return {
    version: 'TLSv1.2',
    role: 'client',
    suite,
    masterSecret: secrets.release(master),
    randoms,
    extendedMasterSecret: choice.extendedMasterSecret,
    group: group.name,
    alpn,
    serverName: config.serverName,
    peerChain: server.chain,
    peerShown: server.shown,
    resumed: false,
    sessionId: answer.legacy_session_id_echo,
    firstFinished,
  }
}

/** A raw public key is shown in TLS 1.3 alone here. */
function checkTypes({ server, client }: ReturnType<typeof chosenTypes>): void {
  if (server === 'x509' && client === 'x509') return
  throw new TlsAlert('unsupported_certificate', {
    reason: 'UNKNOWN_CERTIFICATE_TYPE',
    section: 'RFC 7250 4.2',
    why: 'expected X.509 in TLS 1.2, the server chose a raw public key',
  })
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
