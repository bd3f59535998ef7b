/** The server's handshake of TLS 1.2, top to bottom (RFC 5246 §7.3, RFC 8422 §2). */
import { concat, failed, type KeyShare } from '@biopair/crypto'
import { encode, TlsAlert } from '@biopair/wire'
import type { CertificateConfig } from '../certificate-config.ts'
import type { ClientAuthentication, ServerConfig } from '../config.ts'
import { ask, type Flow } from '../flow.ts'
import { grantedFragment, limitFragments } from '../fragment-length.ts'
import {
  CertificateRequest12,
  CertificateStatus,
  CertificateVerify,
  ClientHello,
  ClientKeyExchange,
  PskClientKeyExchange,
  PskServerKeyExchange,
  ServerECDHParams,
  ServerHello12,
  ServerHelloDone,
  ServerKeyExchange,
} from '../messages/index.ts'
import { Secrets } from '../secrets.ts'
import { type CertificateTypeName, certificates } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { agreedTypes, clientType } from '../tls13/certificate-types.ts'
import { noWishes, wishesOf } from '../tls13/certificate-wishes.ts'
import { checkClientLimit } from '../tls13/record-limits.ts'
import { chooseAlpn } from '../tls13/server.ts'
import { receiveChain, sendChain } from './certificate12.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import { masterSecret, type Randoms } from './key-schedule.ts'
import { readHello12 } from './offer.ts'
import { type Believed, believe, checkSignature } from './peer.ts'
import { receivePsk } from './psk.ts'
import { limitRecords12, recordLimit12 } from './record-limits.ts'
import { random12 } from './sentinel.ts'
import { chooseProof, type OwnIdentity } from './server-choice.ts'
import { certificateRequest12, serverHello12 } from './server-messages.ts'
import {
  keepSession,
  naming12,
  resumeServer12,
  sendTicket,
  session12,
} from './server-resumption.ts'
import { chooseSession12 } from './session-choice.ts'

/** Shakes hands as a server that speaks TLS 1.2 alone. */
export function* server12(talk: Talk, config: ServerConfig): Flow<Connected12> {
  const { message: hello, raw } = yield* talk.receiveOneOf('START', ClientHello)
  yield* ask({ want: 'client_hello', message: raw, retried: false })
  return yield* answer12(talk, config, hello)
}

/** Answers a ClientHello with TLS 1.2. Secrets that do not go on in `Connected12` are wiped, however it ends. */
export function* answer12(talk: Talk, config: ServerConfig, hello: ClientHello): Flow<Connected12> {
  const secrets = new Secrets()
  try {
    return yield* handshake(talk, config, hello, secrets)
  } finally {
    secrets.wipe()
  }
}

function* handshake(
  talk: Talk,
  config: ServerConfig,
  hello: ClientHello,
  secrets: Secrets,
): Flow<Connected12> {
  const { output, transcript } = talk
  output.speak12()
  output.learn({ fact: 'client_random', random: hello.random })
  output.learn({ fact: 'early_data', state: 'none' })
  const offer = readHello12(hello, config)
  const { serverName, group } = offer
  if (serverName !== undefined) output.learn({ fact: 'server_name', serverName })
  const { acknowledge = true, ...authentication } = yield* ask({ want: 'server_name', serverName })
  const asks: ClientAuthentication & CertificateConfig = { ...config, ...authentication }
  const session = yield* chooseSession12(offer, hello, asks, config, secrets)
  const alpn = yield* chooseAlpn(offer)
  if (session) return yield* resumeServer12(talk, config, session, offer, hello, alpn, secrets)
  const { suite, own } = yield* chooseProof(offer, config)
  const wishes = own?.type === 'x509' ? wishesOf(offer.extensions, config, serverName) : noWishes
  const response =
    own && wishes.ocsp
      ? yield* ask({ want: 'ocsp_request', role: 'server', identity: own.identity, serverName })
      : undefined
  const status = response !== undefined && response.length > 0

  // After a handshake of TLS 1.2 nobody can be asked, and a pre-shared key is enough (RFC 4279 §2).
  const asked = own && clientType(offer, config, asks)
  const limit = offer.extensions.record_size_limit
  checkClientLimit(limit)
  const random = random12(config)
  const naming = naming12(offer, config)
  const said = {
    ...{ random, suite, alpn, status },
    ...naming,
    named: acknowledge && serverName !== undefined,
    scts: wishes.scts ? (own?.identity.scts ?? []) : [],
    limit: limit === undefined ? undefined : recordLimit12(config),
    fragment: grantedFragment(offer.extensions, config),
    types: own ? agreedTypes(offer, { server: own.type, client: asked }) : [],
  }
  const answer = talk.send(ServerHello12, serverHello12(offer, said))
  const randoms: Randoms = { client: hello.random, server: answer.random }
  limitRecords12(output, said.limit, limit)
  limitFragments(output, said.fragment)
  output.learn({ fact: 'suite', suite })
  output.learn({ fact: 'group', group: group.name })
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  if (own) {
    output.learn({ fact: 'certificate_type', of: 'server', type: own.type })
    sendChain(talk, 'server', own.identity.chain, own.type)
  }
  if (status) talk.send(CertificateStatus, { status_type: 'ocsp', response })
  const share = secrets.hold(group.start(config.random))
  yield* sendExchange(talk, own, share, group.id, randoms, config)
  if (asked) {
    talk.send(CertificateRequest12, certificateRequest12(config, asks))
    output.learn({ fact: 'certificate_type', of: 'client', type: asked })
  }
  talk.send(ServerHelloDone, {})
  output.endOfFlight()

  const client = asked ? yield* receiveClient(talk, asks, asked) : undefined
  const exchange = yield* talk.receive('WAIT_CKE', own ? ClientKeyExchange : PskClientKeyExchange)
  const agreed = share.finish(exchange.ecdh_Yc)
  if (failed(agreed))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_ECPOINT',
      section: 'RFC 8422 5.7',
      why: `${group.name}: ${agreed.why}`,
    })
  secrets.hold(agreed)
  share.wipe()
  const preMaster = own
    ? agreed
    : yield* receivePsk(talk, suite, exchange as PskClientKeyExchange, agreed, serverName, secrets)
  const hash = config.crypto.hashes[suite.hash]
  const master = secrets.hold(masterSecret(offer, hash, preMaster, transcript.content(), randoms))
  if (client) {
    const content = transcript.content()
    const verify = yield* talk.receive('WAIT_CV', CertificateVerify)
    checkSignature(talk, 'client', client.key, verify, content, config)
  }
  transcript.start(hash)

  const finishing = new Finishing(talk, config.crypto, suite, master, randoms, secrets)
  const firstFinished = yield* finishing.receive('client')
  const authenticatedBy = own ? 'certificate' : 'psk'
  const known = session12({ masterSecret: master, suite, authenticatedBy }, client)
  keepSession(config, naming.sessionId, known)
  if (naming.ticket) sendTicket(talk, config, known)
  finishing.send('server')
  talk.enter('CONNECTED')
  return {
    version: 'TLSv1.2',
    role: 'server',
    suite,
    masterSecret: secrets.release(master),
    randoms,
    extendedMasterSecret: offer.extendedMasterSecret,
    group: group.name,
    alpn,
    serverName,
    peerChain: client?.chain ?? [],
    peerShown: client?.shown ?? certificates,
    resumed: false,
    sessionId: naming.sessionId,
    authenticatedBy,
    firstFinished,
  }
}

/** Our share, signed with the randoms before it (RFC 8422 §5.4); unsigned where a pre-shared key is behind it (RFC 5489 §2). */
function* sendExchange(
  talk: Talk,
  own: OwnIdentity | undefined,
  share: KeyShare,
  group: number,
  { client, server }: Randoms,
  { pskIdentityHint = new Uint8Array(0) }: ServerConfig,
): Flow<void> {
  const params: ServerECDHParams = {
    curve_type: 'named_curve',
    namedcurve: group,
    public: share.publicKey,
  }
  if (!own) {
    talk.send(PskServerKeyExchange, { psk_identity_hint: pskIdentityHint, params })
    return
  }
  const { identity, scheme } = own
  const content = concat(client, server, encode(ServerECDHParams, params))
  const signature = yield* ask({ want: 'signature', identity, scheme, content })
  talk.send(ServerKeyExchange, { params, algorithm: scheme.id, signature })
  talk.output.learn({ fact: 'signature', of: 'server', scheme: scheme.name })
}

/** The client's certificate; undefined where it shows none and may. */
function* receiveClient(
  talk: Talk,
  { clientCertificate }: ClientAuthentication,
  type: CertificateTypeName,
): Flow<Believed | undefined> {
  const chain = yield* receiveChain(talk, type)
  if (chain.length > 0)
    return yield* believe(talk, 'client', chain, { ocspResponse: undefined, scts: [] }, type)
  // RFC 5246 §7.4.6: "a fatal handshake_failure alert".
  if (clientCertificate === 'require')
    throw new TlsAlert('handshake_failure', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: 'RFC 5246 7.4.6',
      why: "expected the client's certificate, got none",
    })
  return undefined
}
