/** The server's handshake of TLS 1.2, top to bottom (RFC 5246 §7.3, RFC 8422 §2). */
import {
  type CipherSuite12,
  concat,
  failed,
  type KeyShare,
  type SignatureScheme,
} from '@biopair/crypto'
import { encode, TlsAlert } from '@biopair/wire'
import type { CertificateConfig } from '../certificate-config.ts'
import type { ClientAuthentication, ServerConfig } from '../config.ts'
import { ask, type Flow, type Identity } from '../flow.ts'
import {
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  CertificateVerify,
  ClientHello,
  ClientKeyExchange,
  ServerECDHParams,
  ServerHello12,
  ServerHelloDone,
  ServerKeyExchange,
} from '../messages/index.ts'
import { Secrets } from '../secrets.ts'
import { certificates } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { checkIdentity } from '../tls13/authentication.ts'
import { wishesOf } from '../tls13/certificate-wishes.ts'
import { checkClientLimit } from '../tls13/record-limits.ts'
import { chooseAlpn } from '../tls13/server.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import { masterSecret, type Randoms } from './key-schedule.ts'
import { type Offer12, readHello12 } from './offer.ts'
import { type Believed, believe, checkSignature } from './peer.ts'
import { limitRecords12, recordLimit12 } from './record-limits.ts'
import { commonScheme12, fitsSuite } from './schemes.ts'
import { random12 } from './sentinel.ts'
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
  const { identity, scheme, suite } = yield* chooseIdentity(offer, config)
  const wishes = wishesOf(offer.extensions, config, serverName)
  const response = wishes.ocsp
    ? yield* ask({ want: 'ocsp_request', role: 'server', identity, serverName })
    : undefined
  const status = response !== undefined && response.length > 0

  const limit = offer.extensions.record_size_limit
  checkClientLimit(limit)
  const random = random12(config)
  const naming = naming12(offer, config)
  const said = {
    ...{ random, suite, alpn, status },
    ...naming,
    named: acknowledge && serverName !== undefined,
    scts: wishes.scts ? (identity.scts ?? []) : [],
    limit: limit === undefined ? undefined : recordLimit12(config),
  }
  const answer = talk.send(ServerHello12, serverHello12(offer, said))
  const randoms: Randoms = { client: hello.random, server: answer.random }
  limitRecords12(output, said.limit, limit)
  output.learn({ fact: 'suite', suite })
  output.learn({ fact: 'group', group: group.name })
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  output.learn({ fact: 'certificate_type', of: 'server', type: 'x509' })
  const { chain } = identity
  talk.send(Certificate12, { certificate_list: chain })
  output.learn({ fact: 'certificate', of: 'server', chain, shown: certificates })
  if (status) talk.send(CertificateStatus, { status_type: 'ocsp', response })
  const share = secrets.hold(group.start(config.random))
  yield* sendExchange(talk, { identity, scheme }, share, group.id, randoms)
  // After a handshake of TLS 1.2 nobody can be asked.
  const asked = asks.clientCertificate === 'request' || asks.clientCertificate === 'require'
  if (asked) {
    talk.send(CertificateRequest12, certificateRequest12(config, asks))
    output.learn({ fact: 'certificate_type', of: 'client', type: 'x509' })
  }
  talk.send(ServerHelloDone, {})
  output.endOfFlight()

  const client = asked ? yield* receiveClient(talk, asks) : undefined
  const { ecdh_Yc } = yield* talk.receive('WAIT_CKE', ClientKeyExchange)
  const preMaster = share.finish(ecdh_Yc)
  if (failed(preMaster))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_ECPOINT',
      section: 'RFC 8422 5.7',
      why: `${group.name}: ${preMaster.why}`,
    })
  secrets.hold(preMaster)
  share.wipe()
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
  const known = session12({ masterSecret: master, suite }, client)
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
    firstFinished,
  }
}

/** A certificate, a scheme that both ends have for its key, and a suite that goes with it: our preference among suites, the client's among schemes. */
function* chooseIdentity(
  offer: Offer12,
  config: ServerConfig,
): Flow<{
  readonly identity: Identity
  readonly scheme: SignatureScheme
  readonly suite: CipherSuite12
}> {
  const { suites, serverName, certificateSchemes } = offer
  const schemes = offer.schemes.filter(scheme => suites.some(suite => fitsSuite(scheme, suite)))
  const identity = yield* ask({
    want: 'certificate',
    role: 'server',
    schemes,
    certificateSchemes,
    authorities: offer.extensions.certificate_authorities?.authorities ?? [],
    serverName,
    types: (config.serverTypes ?? ['x509']).filter(type => type === 'x509'),
    delegatedSchemes: [],
    version: 'TLSv1.2',
  })
  if (!identity)
    throw new TlsAlert('handshake_failure', {
      reason: 'NO_CERTIFICATE_SET',
      section: 'RFC 5246 7.4.2',
      why: `there is no certificate for ${serverName ?? 'a client without server_name'}`,
    })
  checkIdentity(identity, ['x509'])
  const scheme = commonScheme12(identity, schemes)
  const suite = scheme && suites.find(ours => fitsSuite(scheme, ours))
  if (scheme && suite) return { identity, scheme, suite }
  throw new TlsAlert('handshake_failure', {
    reason: 'NO_SUITABLE_SIGNATURE_ALGORITHM',
    section: 'RFC 5246 7.4.3',
    why: `our key signs ${identity.schemes.map(ours => ours.name).join(', ')}, the client with its suites verifies ${schemes.map(theirs => theirs.name).join(', ') || 'none'}`,
  })
}

/** Our share, signed with the randoms before it (RFC 8422 §5.4). */
function* sendExchange(
  talk: Talk,
  { identity, scheme }: { readonly identity: Identity; readonly scheme: SignatureScheme },
  share: KeyShare,
  group: number,
  { client, server }: Randoms,
): Flow<void> {
  const params: ServerECDHParams = {
    curve_type: 'named_curve',
    namedcurve: group,
    public: share.publicKey,
  }
  const content = concat(client, server, encode(ServerECDHParams, params))
  const signature = yield* ask({ want: 'signature', identity, scheme, content })
  talk.send(ServerKeyExchange, { params, algorithm: scheme.id, signature })
  talk.output.learn({ fact: 'signature', of: 'server', scheme: scheme.name })
}

/** The client's certificate; undefined where it shows none and may. */
function* receiveClient(
  talk: Talk,
  { clientCertificate }: ClientAuthentication,
): Flow<Believed | undefined> {
  const { certificate_list } = yield* talk.receive('WAIT_CERT', Certificate12)
  if (certificate_list.length > 0)
    return yield* believe(talk, 'client', certificate_list, { ocspResponse: undefined, scts: [] })
  // RFC 5246 §7.4.6: "a fatal handshake_failure alert".
  if (clientCertificate === 'require')
    throw new TlsAlert('handshake_failure', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: 'RFC 5246 7.4.6',
      why: "expected the client's certificate, got an empty certificate_list",
    })
  return undefined
}
