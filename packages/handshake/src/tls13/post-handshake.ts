/** Authenticating a client after the handshake (RFC 9846 §4.7.2). */
import type { RunningHash } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { CertificateConfig } from '../certificate-config.ts'
import type { CertificateDemands, Edit, FlowConfig } from '../config.ts'
import type { Flow } from '../flow.ts'
import { HeldOutput } from '../held-output.ts'
import type { JoinedMessage } from '../joiner.ts'
import {
  type Certificate,
  CertificateRequest,
  CertificateVerify,
  type CompressedCertificate,
  decodeMessage,
  encodeMessage,
  Finished,
  type MessageType,
  messageName,
} from '../messages/index.ts'
import type { Fact } from '../output.ts'
import type { CertificateTypeName, Shown } from '../shown.ts'
import { Talk } from '../talk.ts'
import { Transcript } from '../transcript.ts'
import { receiveAuthentication } from './authentication.ts'
import { certificateOf, certificateTypes } from './certificate-message.ts'
import { authenticate, readRequest, type Wanted } from './client-authentication.ts'
import type { Connected, Surroundings } from './connected.ts'
import { checkFinished } from './finished.ts'
import { finishedData, finishedMatches } from './key-schedule.ts'
import { certificateRequest } from './server-messages.ts'

/** Requests that may be open on a connection at once: each keeps a hash, and in the end a chain. */
export const mostRequests = 8

/** Contexts of a server's requests that a client remembers, so that what it refuses does not depend on how fast it answers. */
const mostContexts = 64

/** What a connection keeps where its client may be asked later; not plain data, since a hash is under way in it. */
export interface PostHandshake {
  /** ClientHello ... client Finished: authentications do not see each other (RFC 9846 §4.1). */
  readonly context: RunningHash
  readonly config: FlowConfig
  /** What the client shows: as it was agreed on for the handshake. */
  readonly type: CertificateTypeName
  /** Requests whose outcome is not known yet. */
  readonly open: readonly OpenRequest[]
  /** Client: contexts of requests that came, answered or not, the last of them. */
  readonly contexts: readonly Bytes[]
  /** Server: what has come of the answer that is coming in. */
  readonly reply?: Reply | undefined
}

/** A request that was sent, or came. */
export interface OpenRequest {
  /** certificate_request_context. */
  readonly context: Bytes
  /** ClientHello ... client Finished, CertificateRequest. */
  readonly transcript: RunningHash
  /** Server: an empty answer ends the connection. */
  readonly required: boolean
  /** Server: extensions that the answer's entries may have. */
  readonly offered: ReadonlySet<number>
  /** Server: the answer has come, and is being judged. */
  readonly answered: boolean
}

/** An answer up to here: messages that must follow each other. */
interface Reply {
  readonly request: OpenRequest
  readonly certificate: Certificate
  /** The request's transcript and this Certificate, and CertificateVerify once it came. */
  readonly transcript: RunningHash
  readonly verify?: JoinedMessage | undefined
}

/** A part that may have to wait while the connection goes on, and the messages that it will ask for. */
export interface Aside {
  readonly flow: Flow<AsideCommand>
  readonly messages: readonly JoinedMessage[]
}

/** What an `Aside` ends with, to be carried out when its turn comes. */
export type AsideCommand =
  /** Client: sends what was prepared, and Finished. */
  | {
      readonly command: 'answer_request'
      readonly context: Bytes
      readonly messages: readonly Bytes[]
      /** Up to the last of them. */
      readonly transcript: RunningHash
      readonly facts: readonly Fact[]
    }
  /** Server: the client is who it says. */
  | {
      readonly command: 'authenticated'
      readonly context: Bytes
      readonly chain: readonly Bytes[]
      readonly shown: Shown
      readonly facts: readonly Fact[]
    }

/** Server: asks the client for a certificate. */
export interface RequestCommand {
  readonly command: 'request_certificate'
  /** Unique on this connection, and not to be guessed (RFC 9846 §4.4.2). */
  readonly context: Bytes
  /** An empty answer ends the connection with certificate_required. */
  readonly required: boolean
  readonly demands: Omit<CertificateDemands, 'schemes' | 'certificateSchemes'> &
    Pick<CertificateConfig, 'requestOcsp' | 'requestScts'>
}

/**
 * What is kept of a handshake, where the client said that it may be asked later. RFC 9846 §4.4.2: after an external PSK, servers
 * "MUST NOT [...] request post-handshake authentication".
 */
export function laterAuthentication(
  offered: boolean | undefined,
  psk: { readonly kind: string } | undefined,
  transcript: Transcript,
  config: FlowConfig,
  type: CertificateTypeName = 'x509',
): PostHandshake | undefined {
  if (!offered || (psk && psk.kind !== 'resumption')) return undefined
  return { context: transcript.fork(), config, type, open: [], contexts: [] }
}

/** Server: whether another request may be sent, and why not. */
export function mayRequest({ role, postHandshake }: Connected): 'yes' | 'unsupported' | 'busy' {
  if (role !== 'server' || !postHandshake) return 'unsupported'
  return postHandshake.open.length < mostRequests ? 'yes' : 'busy'
}

/** Server: sends a CertificateRequest. TypeError where `mayRequest` does not say yes. */
export function requestCertificate(
  state: Connected,
  { context, required, demands }: RequestCommand,
  { output, edit }: Surroundings,
): Connected {
  const later = state.postHandshake
  if (!later || mayRequest(state) !== 'yes')
    throw new TypeError('expected a client that may be asked')
  const message = edited(
    edit,
    CertificateRequest.name,
    certificateRequest({ ...later.config, ...demands }, context),
  )
  const raw = encodeMessage(CertificateRequest, message)
  const transcript = later.context.copy()
  transcript.update(raw)
  output.send('application', raw)
  output.endOfFlight()
  const offered = new Set(message.extensions.map(({ extension_type }) => extension_type))
  const request = { context, transcript, required, offered, answered: false }
  return { ...state, postHandshake: { ...later, open: [...later.open, request] } }
}

/** Client: takes a CertificateRequest in, and begins to answer it. */
export function receiveRequest(
  state: Connected,
  later: PostHandshake,
  incoming: JoinedMessage,
  around: Surroundings,
): Connected {
  const message = decodeMessage(CertificateRequest, incoming.body)
  const wanted = readRequest(message)
  const context = message.certificate_request_context
  // RFC 9846 §4.4.2: it "MUST be unique within the scope of this connection".
  if (later.contexts.some(other => same(other, context)))
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.4.2',
      why: 'expected a certificate_request_context of its own, got that of another request',
    })
  if (later.open.length >= mostRequests)
    throw new TlsAlert('unexpected_message', {
      reason: 'TOO_MANY_CERTIFICATE_REQUESTS',
      section: '4.7.2',
      why: `more than ${mostRequests} requests before the first was answered`,
    })
  around.output.learn({ fact: 'certificate_request' })
  const transcript = later.context.copy()
  transcript.update(incoming.raw)
  around.begin({
    flow: answerRequest(later, wanted, context, transcript, around.edit),
    messages: [],
  })
  const request = { context, transcript, required: false, offered: none, answered: false }
  const contexts = [...later.contexts, context].slice(-mostContexts)
  return { ...state, postHandshake: { ...later, open: [...later.open, request], contexts } }
}

function* answerRequest(
  { config, type }: PostHandshake,
  wanted: Wanted,
  context: Bytes,
  before: RunningHash,
  edit: Edit | undefined,
): Flow<AsideCommand> {
  const output = new HeldOutput()
  const transcript = new Transcript(before)
  const talk = new Talk(output, edit, transcript)
  yield* authenticate(talk, config, wanted, type, context)
  const { messages, facts } = output
  return { command: 'answer_request', context, messages, transcript: transcript.fork(), facts }
}

/** Client: sends an answer, all of it in a row, with a Finished of the key at hand (RFC 9846 §4.5). */
export function answer(
  state: Connected,
  { context, messages, transcript, facts }: Extract<AsideCommand, { command: 'answer_request' }>,
  { crypto, output, edit }: Surroundings,
): Connected {
  const { suite, writeSecret: secret } = state
  const verify_data = finishedData(
    crypto.hashes[suite.hash],
    { suite, secret },
    transcript.snapshot(),
  )
  for (const message of messages) output.send('application', message)
  output.send('application', encodeMessage(Finished, edited(edit, Finished.name, { verify_data })))
  output.endOfFlight()
  for (const fact of facts) output.learn(fact)
  return closed(state, context)
}

/** Server: whether a message of an answer has come, so that the next one must too. */
export function inReply({ postHandshake }: Connected): boolean {
  return postHandshake?.reply !== undefined
}

/** Server: takes a message of an answer in. */
export function receiveReply(
  state: Connected,
  later: PostHandshake,
  incoming: JoinedMessage,
  around: Surroundings,
): Connected {
  const { reply } = later
  if (!reply) {
    const begins = certificateTypes(later.config).find(
      ({ msg_type }) => msg_type === incoming.msg_type,
    )
    if (!begins || later.open.every(({ answered }) => answered))
      throw unexpected('KeyUpdate', incoming)
    return withReply(state, later, beginReply(later, incoming, begins))
  }
  const empty = reply.certificate.certificate_list.length === 0
  if (empty || reply.verify) {
    if (incoming.msg_type !== Finished.msg_type) throw unexpected(Finished.name, incoming)
    return finishReply(state, later, reply, incoming, around)
  }
  if (incoming.msg_type !== CertificateVerify.msg_type)
    throw unexpected(CertificateVerify.name, incoming)
  return withReply(state, later, { ...reply, verify: copied(incoming) })
}

function beginReply(
  { open, config }: PostHandshake,
  incoming: JoinedMessage,
  type: MessageType<Certificate | CompressedCertificate>,
): Reply {
  const certificate = certificateOf(decodeMessage(type, incoming.body), config)
  const context = certificate.certificate_request_context
  const request = open.find(other => !other.answered && same(other.context, context))
  if (!request)
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_CONTEXT',
      section: '4.5.1',
      why: 'expected the certificate_request_context of a request that is open, got another',
    })
  const transcript = request.transcript.copy()
  transcript.update(incoming.raw)
  return { request, certificate, transcript }
}

/** The last message: its MAC is judged with the key at hand, the rest by whoever has to, in its own time. */
function finishReply(
  state: Connected,
  later: PostHandshake,
  { request, certificate, transcript, verify }: Reply,
  incoming: JoinedMessage,
  { crypto, output, begin }: Surroundings,
): Connected {
  const { suite, readSecret: secret } = state
  const hash = crypto.hashes[suite.hash]
  const whole = transcript.copy()
  if (verify) whole.update(verify.raw)
  checkFinished(decodeMessage(Finished, incoming.body), hash.length, verifyData =>
    finishedMatches(hash, { suite, secret }, whole.snapshot(), verifyData),
  )
  if (verify) {
    begin({
      flow: judge(later, request, certificate, transcript),
      messages: [verify],
    })
    output.learn({ fact: 'client_authentication', request: request.context, came: 'answered' })
    const open = later.open.map(one => (one === request ? { ...one, answered: true } : one))
    return { ...state, postHandshake: { ...later, open, reply: undefined } }
  }
  if (request.required)
    throw new TlsAlert('certificate_required', {
      reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
      section: '4.5.1.3',
      why: "expected the client's certificate, got an empty certificate_list",
    })
  output.learn({ fact: 'client_authentication', request: request.context, came: 'declined' })
  return closed(state, request.context)
}

function* judge(
  { config, type }: PostHandshake,
  request: OpenRequest,
  certificate: Certificate,
  before: RunningHash,
): Flow<AsideCommand> {
  const output = new HeldOutput()
  const talk = new Talk(output, undefined, new Transcript(before))
  const { context, offered } = request
  const proof = yield* receiveAuthentication(
    talk,
    config,
    'client',
    certificate,
    offered,
    type,
    context,
  )
  return { command: 'authenticated', context, ...proof, facts: output.facts }
}

/** Server: what was learnt about the client holds from here on. */
export function authenticated(
  state: Connected,
  { context, chain, shown, facts }: Extract<AsideCommand, { command: 'authenticated' }>,
  { output }: Surroundings,
): Connected {
  for (const fact of facts) output.learn(fact)
  output.learn({ fact: 'client_authentication', request: context, came: 'authenticated' })
  return { ...closed(state, context), peerChain: chain, peerShown: shown }
}

function withReply(state: Connected, later: PostHandshake, reply: Reply): Connected {
  return { ...state, postHandshake: { ...later, reply } }
}

function closed(state: Connected, context: Bytes): Connected {
  const later = state.postHandshake
  if (!later) return state
  const open = later.open.filter(other => !same(other.context, context))
  // An answer that is coming in is another request's, unless it was empty: then it ends here.
  const reply = later.reply?.request.context === context ? undefined : later.reply
  return { ...state, postHandshake: { ...later, open, reply } }
}

function edited<T>(edit: Edit | undefined, name: string, message: T): T {
  return edit ? edit(name, message) : message
}

/** For the time after the next record. */
function copied({ msg_type, raw }: JoinedMessage): JoinedMessage {
  const kept = new Uint8Array(raw)
  return { msg_type, raw: kept, body: kept.subarray(4) }
}

// Contexts are no secret.
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function unexpected(expected: string, { msg_type }: JoinedMessage): TlsAlert {
  return new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section: '4.7.2',
    why: `in CONNECTED the server expected ${expected}, got ${messageName(msg_type)}`,
  })
}

const none: ReadonlySet<number> = new Set()
