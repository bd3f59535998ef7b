/** The client's handshake of TLS 1.2, top to bottom (RFC 5246 §7.3, RFC 8422 §2). */
import { failed } from '@biopair/crypto'
import { TlsAlert } from '@biopair/wire'
import { agreedAlpn } from '../agreed-alpn.ts'
import { type ClientConfig, draw } from '../config.ts'
import type { Flow } from '../flow.ts'
import { judgedFragment, limitFragments } from '../fragment-length.ts'
import {
  AnyServerHello,
  ClientHello,
  ClientKeyExchange,
  PskClientKeyExchange,
  type ServerHello,
} from '../messages/index.ts'
import { hex } from '../names.ts'
import { Secrets } from '../secrets.ts'
import type { Talk } from '../talk.ts'
import { chosenTypes } from '../tls13/certificate-types.ts'
import { HelloShape } from '../tls13/hello-shape.ts'
import { readLimit } from '../tls13/record-limits.ts'
import { choice12 } from './choice.ts'
import { proveClient, showClient } from './client-authentication.ts'
import { clientHello12 } from './client-hello.ts'
import { receiveTicket, resumeClient12, tellSession } from './client-resumption.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import { curvesOf } from './groups.ts'
import { masterSecret, type Randoms } from './key-schedule.ts'
import { pskPreMaster, receivePskExchange } from './psk.ts'
import { checkServerLimit12, limitRecords12 } from './record-limits.ts'
import { receiveServerProof } from './server-proof.ts'
import { resumed12 } from './session-offer.ts'

/**
 *     Client                                               Server
 *
 *     ClientHello                  -------->
 *                                                     ServerHello
 *                                                    Certificate*
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
  limitFragments(output, judgedFragment(extensions, config))
  const session = resumed12(answer, hello, config)
  if (session) return yield* resumeClient12(talk, config, session, choice, randoms, alpn, secrets)

  const proof =
    suite.auth === 'psk'
      ? yield* receivePskExchange(talk, suite)
      : yield* receiveServerProof(talk, choice, randoms, config)
  const { params, psk, request } = proof
  const own = request && (yield* showClient(talk, request, chosenTypes(extensions, config).client))
  const group = curvesOf(config.groups).find(({ id }) => id === params.namedcurve)
  if (!group)
    throw new TlsAlert('illegal_parameter', {
      reason: 'WRONG_CURVE',
      section: 'RFC 8422 5.4',
      why: `group ${hex(params.namedcurve)} was not offered`,
    })
  const agreed = group.answer(params.public, config.random)
  if (failed(agreed))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_ECPOINT',
      section: 'RFC 8422 5.4',
      why: `${group.name}: ${agreed.why}`,
    })
  secrets.hold(agreed.secret)
  output.learn({ fact: 'group', group: group.name })
  const ecdh_Yc = agreed.publicKey
  if (psk) talk.send(PskClientKeyExchange, { psk_identity: psk.identity, ecdh_Yc })
  else talk.send(ClientKeyExchange, { ecdh_Yc })
  const preMaster = psk ? secrets.hold(pskPreMaster(agreed.secret, psk.key)) : agreed.secret
  const master = secrets.hold(masterSecret(choice, hash, preMaster, transcript.content(), randoms))
  if (own) yield* proveClient(talk, own)
  transcript.start(hash)

  const finishing = new Finishing(talk, config.crypto, suite, master, randoms, secrets)
  const firstFinished = finishing.send('client')
  const ticket = yield* receiveTicket(talk, choice)
  yield* finishing.receive('server')
  const { chain, shown } = proof
  const authenticatedBy = psk ? 'psk' : 'certificate'
  const known = { masterSecret: master, suite, chain, shown, authenticatedBy } as const
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
    peerChain: chain,
    peerShown: shown,
    resumed: false,
    sessionId: answer.legacy_session_id_echo,
    authenticatedBy,
    firstFinished,
  }
}
