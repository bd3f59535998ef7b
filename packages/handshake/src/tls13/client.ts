/** The client's handshake, top to bottom (RFC 9846 appendix A.1). */
import type { CipherSuite, KeyShare } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { agreedAlpn } from '../agreed-alpn.ts'
import { type ClientConfig, draw } from '../config.ts'
import { readExtensions } from '../extensions/index.ts'
import type { Flow } from '../flow.ts'
import { judgedFragment, limitFragments } from '../fragment-length.ts'
import {
  AnyServerHello,
  type Certificate,
  CertificateRequest,
  ClientHello,
  EncryptedExtensions,
  Finished,
  isHelloRetryRequest,
  type ServerHello,
} from '../messages/index.ts'
import { Secrets } from '../secrets.ts'
import type { CertificateTypeName } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { offeredId } from '../tls12/session-offer.ts'
import { agree, helloRetry, selection } from './answer.ts'
import { type PeerProof, receiveAuthentication } from './authentication.ts'
import { certificateOf, certificateTypes, receiveCertificate } from './certificate-message.ts'
import { checkServerType, chosenTypes } from './certificate-types.ts'
import { authenticate, requested, type Wanted } from './client-authentication.ts'
import { clientHello, fitting, secondHello } from './client-hello.ts'
import type { Connected } from './connected.ts'
import { EarlyDataOffer } from './early-data-offer.ts'
import { offers, tellEarlyExporter } from './early-exporter.ts'
import { checkFinished } from './finished.ts'
import { HelloShape } from './hello-shape.ts'
import { EarlyStage, finishedData, finishedMatches } from './key-schedule.ts'
import { laterAuthentication } from './post-handshake.ts'
import { acceptedMode, acceptedPsk, bind, pskOffers, psksThatFit, withPsks } from './psk-offer.ts'
import { checkQuicAnswer } from './quic.ts'
import { checkOneLimit, checkServerLimit, limitRecords, readLimit } from './record-limits.ts'
import { judgeStapled, stapledResponse } from './stapled.ts'

/** Goes on with an older version where the server's first answer chose that; undefined where it did not. */
export type Older<T> = (hello: ClientHello, answer: ServerHello) => Flow<T> | undefined

/** Shakes hands as a client. Secrets that do not go on in `Connected` are wiped, however it ends. */
export function* client13<T = never>(
  talk: Talk,
  config: ClientConfig,
  older?: Older<T>,
): Flow<Connected | T> {
  const secrets = new Secrets()
  try {
    return yield* handshake(talk, config, secrets, older)
  } finally {
    secrets.wipe()
  }
}

function* handshake<T>(
  talk: Talk,
  config: ClientConfig,
  secrets: Secrets,
  older: Older<T> | undefined,
): Flow<Connected | T> {
  const { output, transcript } = talk
  let psks = config.psk ? yield* pskOffers(config) : []
  const random = draw(config, 'client hello random', 32)
  const sessionId =
    offeredId(config) ??
    (config.compatibility ? draw(config, 'legacy_session_id', 32) : new Uint8Array(0))
  const shares = new Map<number, KeyShare>()
  for (const group of config.shares) shares.set(group.id, secrets.hold(group.start(config.random)))
  const shape = new HelloShape(config)
  const plain = clientHello(config, random, sessionId, shares, psks.length > 0)
  psks = psksThatFit(plain, psks, config.crypto)

  const early = new EarlyDataOffer(talk, config, psks)
  const [firstPsk] = psks
  let raw = sessionId
  let hello = talk.send(
    ClientHello,
    shape.padded(withPsks(shape.first(early.in(plain)), psks, config.crypto)),
    (bytes, said) => {
      bind(bytes, said, psks, config.crypto, undefined)
      raw = bytes
      early.derive(bytes, secrets)
    },
  )
  output.learn({ fact: 'client_random', random: hello.random })
  if (firstPsk && offers(hello, 'pre_shared_key'))
    tellEarlyExporter(output, config.crypto, firstPsk, raw, offers(hello, 'early_data'))
  output.tolerateChangeCipherSpec(true)
  early.begin()
  output.endOfFlight()

  let answer = yield* talk.receive('WAIT_SH', AnyServerHello)
  // Appendix E.3: who has sent early data fails where the server chooses an older version.
  const rest = early.made ? undefined : older?.(hello, answer)
  if (rest) {
    output.learn({ fact: 'no_early_exporter' })
    secrets.wipe()
    return yield* rest
  }
  let retriedWith: CipherSuite | undefined
  if (isHelloRetryRequest(answer)) {
    const retry = helloRetry(answer, hello, config, shares)
    retriedWith = retry.suite
    transcript.retry(config.crypto.hashes[retry.suite.hash])
    output.learn({ fact: 'retry', group: retry.group?.name })
    output.learn({ fact: 'no_early_exporter' })
    if (retry.group) {
      for (const share of shares.values()) share.wipe()
      shares.clear()
      shares.set(retry.group.id, secrets.hold(retry.group.start(config.random)))
    }
    early.retried()
    if (config.compatibility && !early.made) output.changeCipherSpec()
    // RFC 9846 §4.2.2: keys that do not go with the suite are offered no more; ages and binders are made anew.
    psks = psks.filter(psk => psk.hash === retry.suite.hash)
    const again = shape.second(secondHello(hello, retry.cookie, retry.group && shares))
    hello = talk.send(
      ClientHello,
      shape.padded(fitting(withPsks(again, psks, config.crypto))),
      (bytes, said) => bind(bytes, said, psks, config.crypto, transcript),
    )
    output.endOfFlight()
    answer = yield* talk.receive('WAIT_SH', AnyServerHello)
    if (isHelloRetryRequest(answer))
      throw new TlsAlert('unexpected_message', {
        reason: 'UNEXPECTED_MESSAGE',
        section: '4.2.4',
        why: 'expected a ServerHello, got a second HelloRetryRequest',
      })
  }

  const { suite, extensions } = selection('ServerHello', answer, hello, config)
  if (retriedWith && suite !== retriedWith)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_CIPHER',
      section: '4.2.4',
      why: `the HelloRetryRequest chose ${retriedWith.name}, the ServerHello ${suite.name}`,
    })
  const hash = config.crypto.hashes[suite.hash]
  const psk = acceptedPsk(extensions, suite, psks)
  if (psk !== firstPsk) output.learn({ fact: 'no_early_exporter' })
  const mode = psk && acceptedMode(extensions, config.pskModes)
  early.chosen(psk)
  const agreed = mode === 'psk_ke' ? undefined : agree(extensions, config, shares)
  // §7.1: without (EC)DHE, zeros stand in for the shared secret.
  const secret = secrets.hold(agreed?.secret ?? new Uint8Array(hash.length))
  for (const share of shares.values()) share.wipe()
  transcript.start(hash)
  output.learn({ fact: 'suite', suite })
  if (agreed) output.learn({ fact: 'group', group: agreed.group.name })
  if (psk && mode) {
    const { kind, identity, chain, shown } = psk
    output.learn({ fact: 'psk', kind, mode, identity, chain, shown })
  }

  const handshakeStage = secrets.hold(
    secrets.hold(new EarlyStage(suite, config.crypto, psk?.key)).handshake(secret),
  )
  const afterHello = transcript.hash()
  const clientHandshake = secrets.hold(handshakeStage.clientTraffic(afterHello))
  const serverHandshake = secrets.hold(handshakeStage.serverTraffic(afterHello))
  talk.keylog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', clientHandshake)
  talk.keylog('SERVER_HANDSHAKE_TRAFFIC_SECRET', serverHandshake)
  output.protect('read', 'handshake', serverHandshake)
  // Appendix E.4: before the second flight; here already, so that an alert is protected too (appendix A.1).
  if (config.compatibility && !retriedWith && !early.made) output.changeCipherSpec()
  if (!early.keepsKey) output.protect('write', 'handshake', clientHandshake)
  talk.level = 'handshake'

  const offered = new Set(hello.extensions?.map(extension => extension.extension_type))
  const encrypted = yield* talk.receive('WAIT_EE', EncryptedExtensions)
  checkOneLimit(encrypted.extensions)
  const parameters = readExtensions('EncryptedExtensions', encrypted.extensions, offered)
  checkServerLimit(parameters.record_size_limit)
  limitRecords(output, readLimit('ClientHello', hello.extensions), parameters.record_size_limit)
  limitFragments(output, judgedFragment(parameters, config))
  const alpn = agreedAlpn(parameters, config)
  checkQuicAnswer(parameters, alpn, config, output)
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  early.answered(parameters, suite, alpn, clientHandshake)

  const types = chosenTypes(parameters, config)
  const server = psk
    ? { chain: psk.chain, shown: psk.shown, wanted: undefined, ocspResponse: undefined }
    : yield* authenticateServer(talk, config, offered, types.server)

  const beforeFinished = transcript.hash()
  const finished = yield* talk.receive('WAIT_FINISHED', Finished)
  checkFinished(finished, hash.length, verifyData =>
    finishedMatches(hash, serverHandshake, beforeFinished, verifyData),
  )
  if (config.requestOcsp && !psk) yield* judgeStapled(server.ocspResponse)

  const mainStage = secrets.hold(handshakeStage.main())
  const afterFinished = transcript.hash()
  const clientTraffic = secrets.hold(mainStage.clientTraffic(afterFinished))
  const serverTraffic = secrets.hold(mainStage.serverTraffic(afterFinished))
  const exporterSecret = secrets.hold(mainStage.exporter(afterFinished))
  talk.keylog('CLIENT_TRAFFIC_SECRET_0', clientTraffic)
  talk.keylog('SERVER_TRAFFIC_SECRET_0', serverTraffic)
  talk.keylog('EXPORTER_SECRET', { secret: exporterSecret })
  output.protect('read', 'application', serverTraffic)
  output.tolerateChangeCipherSpec(false)

  early.end(clientHandshake)
  if (server.wanted) yield* authenticate(talk, config, server.wanted, types.client)
  talk.send(Finished, { verify_data: finishedData(hash, clientHandshake, transcript.hash()) })
  output.endOfFlight()
  output.protect('write', 'application', clientTraffic)
  talk.level = 'application'
  const resumptionSecret = secrets.hold(mainStage.resumption(transcript.hash()))
  output.learn({ fact: 'resumption_secret', secret: resumptionSecret })
  talk.enter('CONNECTED')
  return {
    role: 'client',
    suite,
    readSecret: secrets.release(serverTraffic).secret,
    writeSecret: secrets.release(clientTraffic).secret,
    exporterSecret: secrets.release(exporterSecret),
    resumptionSecret: secrets.release(resumptionSecret),
    group: agreed?.group.name,
    alpn,
    serverName: config.serverName,
    peerChain: server.chain,
    peerShown: server.shown,
    resumed: psk?.kind === 'resumption',
    authenticatedBy: psk
      ? psk.kind === 'resumption'
        ? psk.authenticatedBy
        : 'psk'
      : 'certificate',
    ticketsAllowed: config.tickets,
    tickets: 0,
    ticketsDue: parameters.ticket_request?.expected_count,
    awaitingUpdate: false,
    owesUpdate: false,
    postHandshake: laterAuthentication(
      config.postHandshakeAuth,
      psk,
      transcript,
      config,
      types.client,
    ),
  }
}

/** The server's certificate, and what it asks of ours. With a PSK neither may come: a server then goes on to its Finished. */
function* authenticateServer(
  talk: Talk,
  config: ClientConfig,
  offered: ReadonlySet<number>,
  type: CertificateTypeName,
): Flow<
  PeerProof & {
    readonly wanted: Wanted | undefined
    /** Of what came with its certificates. */
    readonly ocspResponse: Bytes | undefined
  }
> {
  checkServerType(type, config)
  talk.output.learn({ fact: 'certificate_type', of: 'server', type })
  const first = yield* talk.receiveOneOf(
    'WAIT_CERT_CR',
    CertificateRequest,
    ...certificateTypes(config),
  )
  const request =
    first.type === CertificateRequest ? (first.message as CertificateRequest) : undefined
  const wanted = request && requested(request)
  if (wanted) talk.output.learn({ fact: 'certificate_request' })
  const certificate = request
    ? yield* receiveCertificate(talk, 'WAIT_CERT', config)
    : certificateOf(first.message as Certificate, config)
  if (certificate.certificate_list.length === 0)
    throw new TlsAlert('decode_error', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: '4.5.1.3',
      why: "expected the server's certificate, got an empty certificate_list",
    })
  const proof = yield* receiveAuthentication(talk, config, 'server', certificate, offered, type)
  return { ...proof, wanted, ocspResponse: stapledResponse(certificate) }
}
