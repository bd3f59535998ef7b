/** The server's handshake, top to bottom (RFC 9846 appendix A.2). */
import { type CipherSuite, failed, type Group, type SignatureScheme } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { CertificateConfig } from '../certificate-config.ts'
import { type ClientAuthentication, draw, type ServerConfig } from '../config.ts'
import type { KeyShareEntry } from '../extensions/index.ts'
import { ask, type Flow, type Identity } from '../flow.ts'
import { grantedFragment, limitFragments } from '../fragment-length.ts'
import {
  CertificateRequest,
  ClientHello,
  EncryptedExtensions,
  Finished,
  ServerHello,
} from '../messages/index.ts'
import { listed } from '../names.ts'
import type { ChosenPsk, OfferedIdentity } from '../psk.ts'
import { Secrets } from '../secrets.ts'
import { type CertificateTypeName, certificates } from '../shown.ts'
import type { Talk } from '../talk.ts'
import {
  checkIdentity,
  commonScheme,
  type PeerProof,
  receiveAuthentication,
  sendAuthentication,
} from './authentication.ts'
import { receiveCertificate } from './certificate-message.ts'
import { agreedTypes, allowedTypes, clientType, serverTypes } from './certificate-types.ts'
import { wishesOf } from './certificate-wishes.ts'
import type { Connected } from './connected.ts'
import { delegatedSchemesOf } from './delegated-credential.ts'
import { answerEarlyData, chooseEarlyData, receiveEarlyData } from './early-data-choice.ts'
import { tellEarlyExporter } from './early-exporter.ts'
import { checkFinished } from './finished.ts'
import { EarlyStage, finishedData, finishedMatches } from './key-schedule.ts'
import { type Offer, readHello } from './offer.ts'
import { laterAuthentication } from './post-handshake.ts'
import { choosePsk, keptPsk, pskMode } from './psk-choice.ts'
import { agreed, answeredParameters, checkQuicHello } from './quic.ts'
import { limitRecords, readLimit } from './record-limits.ts'
import { asksAgain, checkSecondHello, namedGroup, retriedGroup } from './second-hello.ts'
import {
  certificateRequest,
  encryptedExtensions,
  helloRetryRequest,
  serverHello,
} from './server-messages.ts'
import {
  admitLeftovers,
  goOnFromCookie,
  type ReceivedHello,
  retryStatelessly,
} from './stateless.ts'

/** Answers a ClientHello with an older version where it does not offer TLS 1.3; undefined where it does. */
export type OlderAnswer<T> = (hello: ClientHello) => Flow<T> | undefined

/** Shakes hands as a server. Secrets that do not go on in `Connected` are wiped, however it ends. */
export function* server13<T = never>(
  talk: Talk,
  config: ServerConfig,
  older?: OlderAnswer<T>,
): Flow<Connected | T> {
  const secrets = new Secrets()
  try {
    admitLeftovers(talk, config)
    return yield* handshake(talk, config, secrets, older)
  } finally {
    secrets.wipe()
  }
}

/** `again`: a HelloRetryRequest was sent here already, of which nothing is known but that. */
function* handshake<T>(
  talk: Talk,
  config: ServerConfig,
  secrets: Secrets,
  older: OlderAnswer<T> | undefined,
  again = false,
): Flow<Connected | T> {
  const { output, transcript } = talk
  const first = yield* receiveHello(talk, made => goOnFromCookie(talk, made, config, again))
  const { raw, answers: answered } = first
  let { hello } = first
  const rest = answered || again ? undefined : older?.(hello)
  if (rest) return yield* rest
  output.tolerateChangeCipherSpec(true)
  output.learn({ fact: 'client_random', random: hello.random })
  let offer = readHello(hello)
  checkQuicHello(hello, offer.extensions, config, output)
  const suites = answered ? [answered.suite] : commonSuites(hello, config)
  const mode = pskMode(offer, config, answered?.group)
  if (!mode && offer.lacks) throw offer.lacks
  let group = mode === 'psk_ke' ? undefined : (answered?.group ?? chooseGroup(offer, config))
  if (offer.serverName !== undefined)
    output.learn({ fact: 'server_name', serverName: offer.serverName })
  const { acknowledge = true, ...authentication } = yield* ask({
    want: 'server_name',
    serverName: offer.serverName,
  })
  const asks: ClientAuthentication & CertificateConfig = { ...config, ...authentication }
  const forRetry = config.cookies && !answered && asksAgain(offer, group, config)
  const choosing = { before: answered?.before, forRetry: forRetry === true }
  let psk = mode && (yield* choosePsk(offer, raw, asks, suites, config, secrets, choosing))
  const suite = suites.find(common => !psk || common.hash === psk.hash) as CipherSuite
  const hash = config.crypto.hashes[suite.hash]
  if (config.cookies && !answered) {
    if (!psk && offer.lacks) throw offer.lacks
    if (!psk) group ??= chooseGroup(offer, config)
    if (asksAgain(offer, group, config)) {
      answerEarlyData(talk, offer, undefined, config)
      retryStatelessly(talk, config.cookies, first, suite, namedGroup(offer, group), config)
      return yield* handshake(talk, config, secrets, older, true)
    }
  }
  const alpn = agreed(yield* chooseAlpn(offer), config)
  let own = psk ? undefined : yield* chooseIdentity(offer, config)
  if (!psk) group ??= chooseGroup(offer, config)

  const compatible = hello.legacy_session_id.length > 0
  const retries = !answered && asksAgain(offer, group, config)
  const retried = retries || answered !== undefined
  // §4.3.10: a HelloRetryRequest refuses early data.
  const early = retried ? undefined : yield* chooseEarlyData(offer, psk, suite, alpn, config)
  if (!again) answerEarlyData(talk, offer, early, config)
  if (retries) {
    transcript.retry(hash)
    const cookie = config.cookie === 'never' ? undefined : draw(config, 'cookie', 32)
    const asking = helloRetryRequest(hello, suite, namedGroup(offer, group), cookie)
    const retry = talk.send(ServerHello, asking)
    output.learn({ fact: 'retry', group: group?.name })
    if (compatible) output.changeCipherSpec()
    output.endOfFlight()
    const before = transcript.fork()
    const second = yield* receiveHello(talk, made => checkSecondHello(hello, made, retry))
    const offered = offer
    hello = second.hello
    offer = readHello(hello)
    psk = psk && keptPsk(psk, offered, offer, second.raw, hash, before)
    if (!psk) {
      own ??= yield* chooseIdentity(offer, config)
      group ??= chooseGroup(offer, config)
    }
    group = group && retriedGroup(offer, group)
  } else if (answered) group = group && retriedGroup(offer, group)
  else transcript.start(hash)
  output.learn({ fact: 'suite', suite })
  if (group) output.learn({ fact: 'group', group: group.name })
  if (psk && mode) {
    const { identities = [] } = offer.extensions.pre_shared_key ?? {}
    const { identity } = identities[psk.selected] as OfferedIdentity
    output.learn({ fact: 'psk', kind: psk.kind, mode, identity, ...shownIn(psk) })
    // §4.3.10: early data goes with the first key, and with the first ClientHello; so does its exporter.
    if (psk.selected === 0 && !retried)
      tellEarlyExporter(output, config.crypto, psk, raw, early !== undefined)
  }

  const earlyStage = secrets.hold(new EarlyStage(suite, config.crypto, psk?.key))
  const clientEarly = early && secrets.hold(earlyStage.clientTraffic(transcript.hash()))
  if (clientEarly) talk.keylog('CLIENT_EARLY_TRAFFIC_SECRET', clientEarly)
  const random = draw(config, 'server hello random', 32)
  const share = group && agree(group, offer, config)
  // §7.1: without (EC)DHE, zeros stand in for the shared secret.
  const secret = secrets.hold(share?.secret ?? new Uint8Array(hash.length))
  talk.enter('NEGOTIATED')
  talk.send(ServerHello, serverHello(hello, random, suite, share?.entry, psk))
  output.endOfFlight()
  if (compatible && !retried) output.changeCipherSpec()

  const handshakeStage = secrets.hold(earlyStage.handshake(secret))
  const afterHello = transcript.hash()
  const clientHandshake = secrets.hold(handshakeStage.clientTraffic(afterHello))
  const serverHandshake = secrets.hold(handshakeStage.serverTraffic(afterHello))
  talk.keylog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', clientHandshake)
  talk.keylog('SERVER_HANDSHAKE_TRAFFIC_SECRET', serverHandshake)
  output.protect('write', 'handshake', serverHandshake)
  if (clientEarly) output.protect('read', 'early', clientEarly)
  // RFC 9001 §4.1.4: over QUIC, both are read at once.
  if (!clientEarly || config.quic) output.protect('read', 'handshake', clientHandshake)
  talk.level = 'handshake'

  const resumed = psk?.kind === 'resumption'
  const {
    psk_key_exchange_modes: modes,
    ticket_request: request,
    record_size_limit,
  } = offer.extensions
  const ticketsAllowed = config.pskModes.some(ours => modes?.ke_modes.includes(ours))
  const requested = request?.[resumed ? 'resumption_count' : 'new_session_count']
  const ticketsDue = ticketsAllowed ? config.ticketCount(resumed, requested) : 0
  // §4.4.2: with a PSK there are no certificates.
  const asksFor = psk ? undefined : clientType(offer, config, asks)
  const parameters = {
    types: own ? agreedTypes(offer, { server: own.type, client: asksFor }) : [],
    named: acknowledge && offer.serverName !== undefined,
    alpn,
    group,
    tickets: request && ticketsDue,
    // RFC 8449 §5: whatever max_fragment_length says beside it.
    limited: record_size_limit !== undefined,
    fragment: grantedFragment(offer.extensions, config),
    early: early !== undefined,
    transport: answeredParameters(offer.extensions, config),
  }
  const encrypted = talk.send(EncryptedExtensions, encryptedExtensions(parameters, config))
  limitRecords(output, readLimit('EncryptedExtensions', encrypted.extensions), record_size_limit)
  limitFragments(output, parameters.fragment)
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  const asked = asksFor && talk.send(CertificateRequest, certificateRequest({ ...config, ...asks }))
  if (asksFor) output.learn({ fact: 'certificate_type', of: 'client', type: asksFor })
  if (own) output.learn({ fact: 'certificate_type', of: 'server', type: own.type })
  const wishes = wishesOf(offer.extensions, config, offer.serverName)
  if (own)
    yield* sendAuthentication(talk, 'server', own.identity, own.scheme, new Uint8Array(0), wishes)
  talk.send(Finished, { verify_data: finishedData(hash, serverHandshake, transcript.hash()) })
  output.endOfFlight()

  const mainStage = secrets.hold(handshakeStage.main())
  const afterFinished = transcript.hash()
  const clientTraffic = secrets.hold(mainStage.clientTraffic(afterFinished))
  const serverTraffic = secrets.hold(mainStage.serverTraffic(afterFinished))
  const exporterSecret = secrets.hold(mainStage.exporter(afterFinished))
  talk.keylog('CLIENT_TRAFFIC_SECRET_0', clientTraffic)
  talk.keylog('SERVER_TRAFFIC_SECRET_0', serverTraffic)
  talk.keylog('EXPORTER_SECRET', { secret: exporterSecret })
  output.protect('write', 'application', serverTraffic)
  talk.level = 'application'

  if (early) yield* receiveEarlyData(talk, clientHandshake, config)
  const client = asked
    ? yield* clientProof(talk, config, asked, asks.clientCertificate === 'require', asksFor)
    : shownIn(psk)

  const beforeFinished = transcript.hash()
  const finished = yield* talk.receive('WAIT_FINISHED', Finished)
  checkFinished(finished, hash.length, verifyData =>
    finishedMatches(hash, clientHandshake, beforeFinished, verifyData),
  )
  output.protect('read', 'application', clientTraffic)
  output.tolerateChangeCipherSpec(false)
  const resumptionSecret = secrets.hold(mainStage.resumption(transcript.hash()))
  output.learn({ fact: 'resumption_secret', secret: resumptionSecret })
  talk.enter('CONNECTED')
  return {
    role: 'server',
    suite,
    readSecret: secrets.release(clientTraffic).secret,
    writeSecret: secrets.release(serverTraffic).secret,
    exporterSecret: secrets.release(exporterSecret),
    resumptionSecret: secrets.release(resumptionSecret),
    group: group?.name,
    alpn,
    serverName: offer.serverName,
    peerChain: client.chain,
    peerShown: client.shown,
    resumed,
    authenticatedBy: psk ? (resumed ? psk.authenticatedBy : 'psk') : 'certificate',
    ticketsAllowed,
    tickets: 0,
    ticketsDue,
    awaitingUpdate: false,
    owesUpdate: false,
    // RFC 7250 §4.2: later the client shows what was agreed on here, X.509 where nothing was; who does not take that does not ask.
    postHandshake: allowedTypes(config, 'client').includes(asksFor ?? 'x509')
      ? laterAuthentication(
          // RFC 9001 §4.4: not over QUIC.
          offer.extensions.post_handshake_auth !== undefined && !config.quic,
          psk,
          transcript,
          config,
          asksFor,
        )
      : undefined,
  }
}

/** A ClientHello, which the application sees before anything else is made of it; `judge` answers what is known of the HelloRetryRequest before it. */
function* receiveHello<T extends object>(
  talk: Talk,
  judge: (hello: ClientHello) => T | undefined,
): Flow<ReceivedHello & { readonly answers: T | undefined }> {
  const { message: hello, raw } = yield* talk.receiveOneOf('START', ClientHello)
  const answers = judge(hello)
  yield* ask({ want: 'client_hello', message: raw, retried: answers !== undefined })
  return { hello, raw, answers }
}

/** Our preference decides, because it is what is fast here; a pre-shared key wants one of its hash (RFC 9846 §4.3.11). */
function commonSuites(hello: ClientHello, config: ServerConfig): readonly CipherSuite[] {
  const common = config.suites.filter(candidate => hello.cipher_suites.includes(candidate.id))
  if (common.length > 0) return common
  throw new TlsAlert('handshake_failure', {
    reason: 'NO_SHARED_CIPHER',
    section: '4.2.1',
    why: `expected one of ${config.suites.map(ours => ours.name).join(', ')}, got ${listed(hello.cipher_suites)}`,
  })
}

/** The first of our groups that the client has sent a share for, else the first that it supports. */
function chooseGroup(offer: Offer, config: ServerConfig): Group {
  const common = config.groups.filter(group => offer.groups.includes(group.id))
  const group = common.find(candidate => offer.shares.has(candidate.id)) ?? common[0]
  if (group) return group
  throw new TlsAlert('handshake_failure', {
    reason: 'NO_SUITABLE_KEY_SHARE',
    section: '4.2.1',
    why: `expected one of ${config.groups.map(ours => ours.name).join(', ')}, got ${listed(offer.groups)}`,
  })
}

/** Our share for the client's, and the secret (RFC 9846 §4.3.8, §7.4). */
function agree(
  group: Group,
  offer: Offer,
  config: ServerConfig,
): { readonly entry: KeyShareEntry; readonly secret: Bytes } {
  const answer = group.answer(offer.shares.get(group.id) as Bytes, config.random)
  if (failed(answer))
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_KEY_SHARE',
      section: '4.3.8.2',
      why: `${group.name}: ${answer.why}`,
    })
  const { publicKey, secret } = answer
  return { entry: { group: group.id, key_exchange: publicKey }, secret }
}

/** The protocol that is spoken, of those that the client offers. */
export function* chooseAlpn(
  offer: Pick<Offer, 'extensions' | 'serverName'>,
): Flow<Bytes | undefined> {
  const offered = offer.extensions.application_layer_protocol_negotiation?.protocol_name_list
  if (!offered) return undefined
  const choice = yield* ask({ want: 'alpn', offered, serverName: offer.serverName })
  if (choice === 'none') return undefined
  if (choice !== 'refuse') return choice
  throw new TlsAlert('no_application_protocol', {
    reason: 'NO_APPLICATION_PROTOCOL',
    section: 'RFC 7301 3.2',
    why: `none of the ${offered.length} protocols that the client offers is spoken here`,
  })
}

/** What the client showed when a session began. */
function shownIn(psk: ChosenPsk | undefined): PeerProof {
  return { chain: psk?.chain ?? [], shown: psk?.shown ?? certificates }
}

function* chooseIdentity(
  offer: Offer,
  config: ServerConfig,
): Flow<{ identity: Identity; scheme: SignatureScheme; type: CertificateTypeName }> {
  if (offer.lacks) throw offer.lacks
  const { schemes, certificateSchemes, serverName } = offer
  const types = serverTypes(offer, config)
  const delegatedSchemes = delegatedSchemesOf(offer.extensions.delegated_credential)
  const identity = yield* ask({
    want: 'certificate',
    role: 'server',
    schemes,
    certificateSchemes,
    authorities: offer.extensions.certificate_authorities?.authorities ?? [],
    serverName,
    types,
    delegatedSchemes,
  })
  if (!identity)
    throw new TlsAlert('handshake_failure', {
      reason: 'NO_CERTIFICATE_SET',
      section: '4.5.1.2',
      why: `there is no certificate for ${serverName ?? 'a client without server_name'}${offer.extensions.pre_shared_key ? ', and none of its pre-shared keys will do' : ''}`,
    })
  checkIdentity(identity, types)
  const { type = 'x509' } = identity
  const scheme = commonScheme(identity, schemes, delegatedSchemes)
  if (scheme) return { identity, scheme, type }
  throw new TlsAlert('handshake_failure', {
    reason: 'NO_SUITABLE_SIGNATURE_ALGORITHM',
    section: '4.5.1.2',
    why: `our key signs ${identity.schemes.map(ours => ours.name).join(', ')}, the client verifies ${schemes.map(theirs => theirs.name).join(', ')}`,
  })
}

/** The client's second flight, up to its Finished (RFC 9846 §4.5.1.3). */
function* clientProof(
  talk: Talk,
  config: ServerConfig,
  request: CertificateRequest,
  required: boolean,
  type: CertificateTypeName | undefined,
): Flow<PeerProof> {
  const certificate = yield* receiveCertificate(talk, 'WAIT_CERT', config)
  if (certificate.certificate_list.length > 0) {
    const offered = new Set(request.extensions.map(extension => extension.extension_type))
    return yield* receiveAuthentication(talk, config, 'client', certificate, offered, type)
  }
  if (certificate.certificate_request_context.length > 0)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.5.1',
      why: 'expected an empty certificate_request_context',
    })
  if (required)
    throw new TlsAlert('certificate_required', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: '4.5.1.3',
      why: "expected the client's certificate, got an empty certificate_list",
    })
  return shownIn(undefined)
}
