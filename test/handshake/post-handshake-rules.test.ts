/** Post-handshake authentication, right and wrong, against a peer that does as it is told (RFC 9846 §4.3.6, §4.4.2, §4.7.2). */
import { X509Certificate } from 'node:crypto'
import { failed, signatureSchemeById } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  CertificateRequest,
  decodeMessage,
  EncryptedExtensions,
  encodeMessage,
  KeyUpdate,
  NewSessionTicket,
  readExtensions,
  writeExtension,
} from '@biopair/handshake'
import { type CertificateInquiry, type ContextOptions, SslContext } from '@biopair/ssl'
import { isX509Failure, parsePublicKey } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { ClientPeer, withExtension } from '../support/client-peer.ts'
import { type Bytes, updated } from '../support/key-schedule.ts'
import { chainFor } from '../support/mint.ts'
import type { TrafficSecrets } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { type Answer, answerTo, contextOf, isAnswer, lastSaid } from '../support/post-handshake.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root, der } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }

/** A client of ours that may be asked, after its handshake. */
function client(options: ContextOptions = {}) {
  const context = new SslContext({
    ...base,
    ca: root.pem,
    cert: pem,
    key: keyPem,
    postHandshakeAuth: true,
    ...options,
  })
  const peer = new ServerPeer(context, identity)
  peer.connect()
  const { client: secret } = peer.applicationSecrets as TrafficSecrets
  return { peer, handshake: [...peer.transcript], secret }
}

/** A server of ours whose client may be asked, after its handshake. */
function server(options: ContextOptions = {}, offers = true) {
  const context = new SslContext({ ...base, ca: root.pem, cert: pem, key: keyPem, ...options })
  const peer = new ClientPeer(context, identity)
  peer.connect(hello => (offers ? withExtension(hello, 'post_handshake_auth', {}) : hello))
  const { client: secret } = peer.applicationSecrets as TrafficSecrets
  const handshake = [...peer.transcript]
  /** Asks, and answers the request as it came and what becomes of it. */
  const ask = (required = false): { request: Bytes; inquiry: CertificateInquiry } => {
    const outcome = peer.ssl.requestCertificate({ required })
    if (outcome.status !== 'done') throw new Error(outcome.status)
    peer.step()
    return { request: lastSaid(peer, 'CertificateRequest'), inquiry: outcome.request }
  }
  return { peer, handshake, secret, ask, identity }
}

function requestOf(context: Uint8Array, ...extensions: CertificateRequest['extensions']): Bytes {
  return encodeMessage(CertificateRequest, {
    certificate_request_context: Uint8Array.from(context),
    extensions: asRaw(...extensions),
  })
}

const schemes = { supported_signature_algorithms: [0x0403, 0x0804, 0x0807] }

function asRaw(...more: CertificateRequest['extensions']): CertificateRequest['extensions'] {
  return [writeExtension('CertificateRequest', 'signature_algorithms', schemes), ...more]
}

/** Our client's signature, judged with node:crypto's reading of its certificate. */
function verified(content: Bytes, verify: { algorithm: number; signature: Bytes }): boolean {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  const material = parsePublicKey(new Uint8Array(spki))
  if (isX509Failure(material)) return false
  const key = nodeCrypto.publicKey(material)
  const scheme = signatureSchemeById(verify.algorithm)
  return (
    !failed(key) && scheme !== undefined && key.verify(scheme.algorithm, content, verify.signature)
  )
}

const messagesSince = (peer: ServerPeer | ClientPeer, from: number): Bytes[] =>
  peer.heard.slice(from).flatMap(heard => (heard.kind === 'message' ? [heard.raw] : []))

test('4.3.6: post_handshake_auth is offered where postHandshakeAuth says so, and empty', t => {
  for (const postHandshakeAuth of [true, false]) {
    const { peer } = client({ postHandshakeAuth })
    const { extensions = [] } = peer.hello ?? {}
    const data = extensions.find(({ extension_type }) => extension_type === 49)?.extension_data
    t.deepEqual(data, postHandshakeAuth ? new Uint8Array(0) : undefined)
  }
})

test('4.3.6: a server that sends post_handshake_auth is refused: illegal_parameter', t => {
  const context = new SslContext({ ...base, ca: root.pem, postHandshakeAuth: true })
  const peer = new ServerPeer(context, identity)
  peer.step()
  peer.sendServerHello()
  peer.send(EncryptedExtensions, {
    extensions: [{ extension_type: 49, extension_data: new Uint8Array(0) }],
  })
  refused(t, peer, 'illegal_parameter', 'handshake')
})

test('rule 2: each answer is about the handshake and its own request, and no answer sees another', t => {
  const { peer, handshake, secret } = client()
  for (let i = 0; i < 3; i++) {
    const request = requestOf(Uint8Array.of(i, 1, 2))
    const from = peer.heard.length
    peer.handshake(request)
    connected(t, peer)
    const messages = messagesSince(peer, from)
    t.true(isAnswer(messages, request, { peer, handshake, secret, verified }), `answer ${i}`)
  }
})

test('rule 2: our server takes answers that are about the handshake and their request alone', t => {
  const { ask, ...of } = server()
  for (let i = 0; i < 3; i++) {
    const { request, inquiry } = ask()
    const { certificate, verify, finished } = answerTo(request, of)
    of.peer.handshake(certificate, verify, finished)
    connected(t, of.peer)
    t.is(inquiry.state, 'authenticated')
    t.deepEqual(inquiry.certificates, [...der])
  }
})

test('4.5: Finished is made with the client_application_traffic_secret_N at hand', t => {
  const { peer, handshake, secret } = client()
  let now = secret
  for (let i = 0; i < 3; i++) {
    peer.ssl.keyUpdate()
    now = updated(peer.hash, now)
    peer.step()
    const request = requestOf(Uint8Array.of(i))
    const from = peer.heard.length
    peer.handshake(request)
    peer.step()
    const messages = messagesSince(peer, from)
    t.true(isAnswer(messages, request, { peer, handshake, secret: now, verified }))
    t.false(isAnswer(messages, request, { peer, handshake, secret, verified }))
  }
  const ours = server()
  ours.peer.keyUpdate()
  const { request, inquiry } = ours.ask()
  const old = answerTo(request, ours)
  const fresh = answerTo(request, { ...ours, secret: updated(ours.peer.hash, ours.secret) })
  t.notDeepEqual(old.finished, fresh.finished)
  ours.peer.handshake(fresh.certificate, fresh.verify, fresh.finished)
  connected(t, ours.peer)
  t.is(inquiry.state, 'authenticated')
})

test('rule 34: a client echoes the context, and declines with an empty Certificate and Finished', t => {
  const { peer, handshake, secret } = client({ cert: [], key: [] })
  const request = requestOf(Uint8Array.of(9, 8, 7))
  const from = peer.heard.length
  peer.handshake(request)
  peer.step()
  const messages = messagesSince(peer, from)
  t.is(messages.length, 2)
  t.true(isAnswer(messages, request, { peer, handshake, secret, verified }))
})

test('rule 34: contexts of our server differ, and cannot be guessed, whatever the random source does', t => {
  const contexts: string[] = []
  for (const random of [undefined, (_purpose: string, length: number) => new Uint8Array(length)]) {
    const { ask } = server(random ? { random } : {})
    for (let i = 0; i < 8; i++) contexts.push(Buffer.from(contextOf(ask().request)).toString('hex'))
  }
  t.is(new Set(contexts).size, 16)
  t.true(contexts.every(context => context.length === 64))
  // All but the number is drawn.
  t.is(new Set(contexts.slice(0, 8).map(context => context.slice(8))).size, 8)
})

test('rule 34: a client refuses a second request of the same context while the first is open: illegal_parameter', t => {
  const { peer } = client({ signCallback: () => new Promise(() => {}) })
  peer.handshake(requestOf(Uint8Array.of(1)))
  peer.step()
  peer.handshake(requestOf(Uint8Array.of(1)))
  t.is(refused(t, peer, 'illegal_parameter', 'application')?.reason, 'INVALID_CONTEXT')
})

test('rule 34: a server refuses an answer to a context that it did not send, or that was answered: illegal_parameter', t => {
  const stranger = server()
  const { request } = stranger.ask()
  const wrong = answerTo(request, {
    ...stranger,
    editCertificate: made => ({ ...made, certificate_request_context: Uint8Array.of(1) }),
  })
  stranger.peer.handshake(wrong.certificate, wrong.verify, wrong.finished)
  t.is(refused(t, stranger.peer, 'illegal_parameter', 'application')?.reason, 'INVALID_CONTEXT')

  const replayed = server()
  const first = answerTo(replayed.ask().request, replayed)
  replayed.ask()
  replayed.peer.handshake(first.certificate, first.verify, first.finished)
  connected(t, replayed.peer)
  replayed.peer.handshake(first.certificate, first.verify, first.finished)
  t.is(refused(t, replayed.peer, 'illegal_parameter', 'application')?.reason, 'INVALID_CONTEXT')
})

test('rule 34: an answer that is being judged is not answered again: illegal_parameter', t => {
  const slow = server({ verifyCallback: () => new Promise(() => {}) })
  const { request, inquiry } = slow.ask()
  slow.ask()
  const { certificate, verify, finished } = answerTo(request, slow)
  slow.peer.handshake(certificate, verify, finished)
  slow.peer.step()
  t.is(inquiry.state, 'answered')
  slow.peer.handshake(certificate, verify, finished)
  t.is(refused(t, slow.peer, 'illegal_parameter', 'application')?.reason, 'INVALID_CONTEXT')
})

test('rule 35: an empty answer is certificate_required where one is, after the client thought that it was done', t => {
  const { ask, ...of } = server()
  const { request } = ask(true)
  const { certificate, finished } = answerTo(request, { ...of, identity: undefined })
  of.peer.handshake(certificate, finished)
  refused(t, of.peer, 'certificate_required', 'application')
})

test('rule 37: a CertificateVerify of another role, transcript or request is decrypt_error', t => {
  const spoils: ((of: ReturnType<typeof server>, request: Bytes) => Answer)[] = [
    (of, request) => answerTo(request, { ...of, handshake: of.handshake.slice(0, -1) }),
    (of, request) => {
      const other = answerTo(requestOf(contextOf(request)), of)
      const own = answerTo(request, of)
      return { ...own, verify: other.verify }
    },
    (of, request) =>
      answerTo(request, {
        ...of,
        editVerify: made => ({
          ...made,
          signature: made.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)),
        }),
      }),
  ]
  for (const spoil of spoils) {
    const of = server()
    const { request, inquiry } = of.ask()
    const { certificate, verify, finished } = spoil(of, request)
    of.peer.handshake(certificate, verify, finished)
    refused(t, of.peer, 'decrypt_error', 'application')
    t.not(inquiry.state, 'authenticated')
    t.false(of.peer.ssl.authorized)
    t.deepEqual(of.peer.ssl.peerCertificates, [])
  }
})

test('rule 37: a scheme that was not offered, or that does not go with the key, is illegal_parameter', t => {
  for (const algorithm of [0x0401, 0x0804, 0x7777]) {
    const of = server()
    const { request } = of.ask()
    const { certificate, verify, finished } = answerTo(request, {
      ...of,
      editVerify: made => ({ ...made, algorithm }),
    })
    of.peer.handshake(certificate, verify, finished)
    refused(t, of.peer, 'illegal_parameter', 'application')
  }
})

test('rule 38: a Finished that does not match is decrypt_error, one of another length decode_error', t => {
  for (const [length, alert] of [
    [32, 'decrypt_error'],
    [31, 'decode_error'],
  ] as const)
    for (const shown of [identity, undefined]) {
      const of = server()
      const { request } = of.ask()
      const { certificate, verify, finished } = answerTo(request, {
        ...of,
        identity: shown,
        editFinished: () => ({ verify_data: new Uint8Array(length) }),
      })
      of.peer.handshake(certificate, verify, finished)
      refused(t, of.peer, alert, 'application')
    }
})

test('rule 43: a client that did not offer it refuses a CertificateRequest: unexpected_message', t => {
  const { peer } = client({ postHandshakeAuth: false })
  peer.handshake(requestOf(Uint8Array.of(1)))
  refused(t, peer, 'unexpected_message', 'application')
})

test('rule 43: an answer that nobody asked for is unexpected_message', t => {
  const { peer } = client()
  peer.handshake(answerTo(requestOf(new Uint8Array(0)), { ...server(), peer }).certificate)
  refused(t, peer, 'unexpected_message', 'application')
  for (const offers of [true, false]) {
    const of = server({}, offers)
    const { certificate, verify, finished } = answerTo(requestOf(new Uint8Array(0)), of)
    of.peer.handshake(certificate, verify, finished)
    refused(t, of.peer, 'unexpected_message', 'application')
  }
})

test('4.4.2: a CertificateRequest without signature_algorithms is missing_extension', t => {
  const { peer } = client()
  peer.handshake(
    encodeMessage(CertificateRequest, {
      certificate_request_context: Uint8Array.of(1),
      extensions: [],
    }),
  )
  refused(t, peer, 'missing_extension', 'application')
})

test('4.3.5: oid_filters with an OID twice, anyExtendedKeyUsage or a broken value are illegal_parameter', t => {
  const eku = Uint8Array.of(6, 3, 0x55, 0x1d, 0x25)
  const any = Uint8Array.of(0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0)
  const filter = (oid: Uint8Array, values: Uint8Array) => ({
    certificate_extension_oid: Uint8Array.from(oid),
    certificate_extension_values: Uint8Array.from(values),
  })
  const nothing = new Uint8Array(0)
  const lists = [
    [filter(eku, nothing), filter(eku, nothing)],
    [filter(eku, any)],
    [filter(eku, Uint8Array.of(0x30, 1))],
    [filter(Uint8Array.of(6, 3, 0x55, 0x1d, 0x0f), Uint8Array.of(4, 0))],
  ]
  for (const filters of lists) {
    const { peer } = client()
    const extension = writeExtension('CertificateRequest', 'oid_filters', { filters })
    peer.handshake(requestOf(Uint8Array.of(1), extension))
    t.is(refused(t, peer, 'illegal_parameter', 'application')?.section, '4.3.5')
  }
  // What it does not know, a client passes over.
  const { peer, handshake, secret } = client()
  const unknown = [filter(Uint8Array.of(6, 1, 1), any), filter(Uint8Array.of(1, 2, 3), any)]
  const request = requestOf(
    Uint8Array.of(1),
    writeExtension('CertificateRequest', 'oid_filters', { filters: unknown }),
  )
  const from = peer.heard.length
  peer.handshake(request)
  peer.step()
  t.is(messagesSince(peer, from).length, 3)
  t.true(isAnswer(messagesSince(peer, from), request, { peer, handshake, secret, verified }))
})

test('4.7.2: nothing stands between the messages of an answer: unexpected_message', t => {
  const between: readonly ((of: ReturnType<typeof server>) => void)[] = [
    of => of.peer.data(Uint8Array.of(1)),
    of => of.peer.handshake(encodeMessage(KeyUpdate, { request_update: 'update_not_requested' })),
    of =>
      of.peer.handshake(
        encodeMessage(CertificateRequest, {
          certificate_request_context: Uint8Array.of(1),
          extensions: [],
        }),
      ),
    of => of.peer.handshake(answerTo(of.ask().request, of).certificate),
  ]
  for (const [i, intrude] of between.entries())
    for (const at of [1, 2]) {
      const of = server()
      const { request } = of.ask()
      const { certificate, verify, finished } = answerTo(request, of)
      const messages = [certificate, verify, finished]
      of.peer.handshake(...messages.slice(0, at))
      of.peer.step()
      intrude(of)
      of.peer.handshake(...messages.slice(at))
      t.truthy(refused(t, of.peer, 'unexpected_message', 'application'), `${i} at ${at}`)
    }
})

test('4.7.2: an answer without its CertificateVerify, or an empty one with it, is unexpected_message', t => {
  const bare = server()
  const whole = answerTo(bare.ask().request, bare)
  bare.peer.handshake(whole.certificate, whole.finished)
  refused(t, bare.peer, 'unexpected_message', 'application')
  const empty = server()
  const { request } = empty.ask()
  const none = answerTo(request, { ...empty, identity: undefined })
  empty.peer.handshake(none.certificate, answerTo(request, empty).verify, none.finished)
  refused(t, empty.peer, 'unexpected_message', 'application')
})

test('4.7.2: more than 8 requests before the first is answered are refused: unexpected_message', t => {
  const { peer } = client({ signCallback: () => new Promise(() => {}) })
  for (let i = 0; i < 8; i++) peer.handshake(requestOf(Uint8Array.of(i)))
  connected(t, peer)
  peer.handshake(requestOf(Uint8Array.of(8)))
  const error = refused(t, peer, 'unexpected_message', 'application')
  t.is(error?.reason, 'TOO_MANY_CERTIFICATE_REQUESTS')
})

test('answers to what was asked count for no flood, requests do', t => {
  const { ask, ...of } = server()
  for (let i = 0; i < 40; i++) {
    const { certificate, verify, finished } = answerTo(ask().request, of)
    of.peer.handshake(certificate, verify, finished)
    t.is(of.peer.step().status, 'want_read')
  }
  connected(t, of.peer)
  const { peer } = client()
  for (let i = 0; i < 64; i++) {
    peer.handshake(requestOf(Uint8Array.of(i)))
    t.is(peer.step().status, 'want_read')
  }
  peer.handshake(requestOf(Uint8Array.of(64)))
  refused(t, peer, 'unexpected_message', 'application')
})

test('however an answer is cut into records, and whatever comes before and after, it is taken', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 400 }),
      fc.array(fc.constantFrom('data', 'update', 'request'), { maxLength: 6 }),
      fc.boolean(),
      (recordSize, around, shows) => {
        const { ask, ...of } = server()
        let { secret } = of
        const { request, inquiry } = ask()
        for (const what of around) {
          if (what === 'data') of.peer.data(Uint8Array.of(1))
          if (what === 'request') ask()
          if (what === 'update') {
            of.peer.keyUpdate()
            secret = updated(of.peer.hash, secret)
          }
        }
        const shown = shows ? identity : undefined
        const { certificate, verify, finished } = answerTo(request, {
          ...of,
          secret,
          identity: shown,
        })
        of.peer.recordSize = recordSize
        of.peer.handshake(certificate, verify, finished)
        connected(t, of.peer)
        t.is(inquiry.state, shows ? 'authenticated' : 'declined')
      },
    ),
    { numRuns: 40 },
  )
})

test('4.3.3: what a CertificateRequest says is what the options say', t => {
  const { ask } = server({
    sigalgs: 'ed25519:ecdsa_secp256r1_sha256',
    certificateSigalgs: 'rsa_pkcs1_sha256',
    oidFilters: [{ oid: '2.5.29.37', values: Uint8Array.of(0x30, 0) }],
  })
  const { extensions } = decodeMessage(CertificateRequest, ask().request.subarray(4))
  const said = readExtensions('CertificateRequest', extensions)
  t.deepEqual(said.signature_algorithms?.supported_signature_algorithms, [0x0807, 0x0403])
  t.deepEqual(said.signature_algorithms_cert?.supported_signature_algorithms, [0x0401])
  t.deepEqual(said.certificate_authorities?.authorities, [root.subject])
  t.deepEqual(said.oid_filters?.filters, [
    {
      certificate_extension_oid: Uint8Array.of(6, 3, 0x55, 0x1d, 0x25),
      certificate_extension_values: Uint8Array.of(0x30, 0),
    },
  ])
})

test('tickets come between a request and its answer', t => {
  const { peer, handshake, secret } = client({ tickets: true })
  peer.handshake(
    encodeMessage(NewSessionTicket, {
      ticket_lifetime: 7,
      ticket_age_add: 1,
      ticket_nonce: Uint8Array.of(1),
      ticket: Uint8Array.of(1),
      extensions: [],
    }),
  )
  const request = requestOf(Uint8Array.of(1))
  const from = peer.heard.length
  peer.handshake(request)
  connected(t, peer)
  t.true(isAnswer(messagesSince(peer, from), request, { peer, handshake, secret, verified }))
})
