/** Certificates, signatures, Finished and the alerts about them (field.md 34 to 39, 53). */
import { constants, verify, X509Certificate } from 'node:crypto'
import { concat } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  decodeMessage,
  EncryptedExtensions,
  Finished,
} from '@biopair/handshake'
import test from 'ava'
import { type Bytes, digest, hmac, verifyData } from '../support/key-schedule.ts'
import { chainFor, type KeyKind } from '../support/mint.ts'
import { contentTypes, type Peer } from '../support/peer.ts'
import { refused } from '../support/refused.ts'
import {
  connectedEnd,
  identity,
  keyPem,
  ourClient,
  ourServer,
  pem,
  raw,
  roles,
  root,
} from '../support/rule-ends.ts'

const asks = { requestCert: true, ca: root.pem }
/** Our server, which has asked for a certificate. */
function asking() {
  const peer = ourServer(asks)
  peer.sendHello()
  peer.step()
  return peer
}

// 34
test('rule 34: in the handshake certificate_request_context is empty in whatever our ends say', t => {
  const server = asking()
  const client = ourClient({ cert: pem, key: keyPem })
  client.connect({ certificateRequest: made => made })
  const contexts = [
    ...server.said(CertificateRequest),
    ...server.said(Certificate),
    ...client.said(Certificate),
  ].map(({ certificate_request_context }) => certificate_request_context.length)
  t.deepEqual(contexts, [0, 0, 0])
})
test('rule 34: a certificate_request_context in an empty Certificate of a client: illegal_parameter', t => {
  const peer = asking()
  peer.send(Certificate, {
    certificate_request_context: Uint8Array.of(1),
    certificate_list: [],
  })
  refused(t, peer, 'illegal_parameter', 'application')
})

// 36
const late = (extension: ReturnType<typeof raw>) => (made: Certificate) => ({
  ...made,
  certificate_list: made.certificate_list.map((entry, i) =>
    i === 1 ? { ...entry, extensions: [extension] } : entry,
  ),
})
for (const [what, extension] of [
  ['status_request', raw(5, 1, 0, 0, 1, 0)],
  ['signed_certificate_timestamp', raw(18, 0, 3, 0, 1, 0)],
] as const)
  test(`rule 36: ${what} that was not asked for, on the leaf or behind it, in both roles: unsupported_extension`, t => {
    const onLeaf = (made: Certificate) => ({
      ...made,
      certificate_list: made.certificate_list.map((entry, i) =>
        i === 0 ? { ...entry, extensions: [extension] } : entry,
      ),
    })
    for (const certificate of [onLeaf, late(extension)]) {
      const client = ourClient()
      client.sendServerHello()
      client.sendFlight({ certificate })
      refused(t, client, 'unsupported_extension', 'handshake')
      const server = asking()
      server.sendAuthentication({ certificate })
      refused(t, server, 'unsupported_extension', 'application')
    }
  })

// 37
/** 64 spaces, the context string, a zero byte, the hash: written out once more. */
const content = (role: 'client' | 'server', transcriptHash: Uint8Array) =>
  concat(
    Uint8Array.from(Buffer.from(`${' '.repeat(64)}TLS 1.3, ${role} CertificateVerify`, 'latin1')),
    Uint8Array.of(0),
    transcriptHash,
  )
/** Whether the CertificateVerify of our end is its certificate's signature over what was said before it. */
function proves(peer: Peer, role: 'client' | 'server', kind: KeyKind): boolean {
  const at = peer.transcript.findLastIndex(message => message[0] === CertificateVerify.msg_type)
  const { algorithm, signature } = decodeMessage(
    CertificateVerify,
    (peer.transcript[at] as Bytes).subarray(4),
  )
  const key = new X509Certificate(Buffer.from(chainFor(kind).der[0] as Bytes)).publicKey
  const signed = content(role, digest(peer.hash, ...peer.transcript.slice(0, at)))
  if (kind === 'ed25519') return algorithm === 0x0807 && verify(null, signed, key, signature)
  if (kind === 'p256') return algorithm === 0x0403 && verify('sha256', signed, key, signature)
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return algorithm === 0x0804 && verify('sha256', signed, pss, signature)
}
for (const kind of ['p256', 'ed25519', 'rsa'] as const)
  test(`rule 37: what our ends sign with a key of ${kind} is the string of their role over the transcript so far, as node:crypto finds`, t => {
    const chain = chainFor(kind)
    for (const crypto of [nodeCrypto, noble]) {
      const own = { crypto, cert: chain.pem, key: chain.keyPem }
      const server = ourServer(own)
      server.connect()
      t.true(proves(server, 'server', kind))
      const client = ourClient(own)
      client.connect({ certificateRequest: made => made })
      t.true(proves(client, 'client', kind))
      t.false(proves(client, 'server', kind))
    }
  })
const wrongContents: Readonly<
  Record<string, (role: 'client' | 'server', peer: Peer) => Uint8Array>
> = {
  'without its spaces': (role, peer) => content(role, peer.transcriptHash).slice(64),
  'with a space less': (role, peer) => content(role, peer.transcriptHash).slice(1),
  'without its zero byte': (role, peer) => {
    const whole = content(role, peer.transcriptHash)
    const at = whole.indexOf(0)
    return concat(whole.slice(0, at), whole.slice(at + 1))
  },
  'over another transcript': (role, peer) =>
    content(role, digest(peer.hash, ...peer.transcript.slice(0, -1))),
  'over the transcript itself': (role, peer) =>
    content(role, concat(...(peer.transcript as Bytes[]))),
  'in the name of the other role': (role, peer) =>
    content(role === 'client' ? 'server' : 'client', peer.transcriptHash),
}
for (const [what, make] of Object.entries(wrongContents))
  test(`rule 37: a signature ${what}, in both roles: decrypt_error`, t => {
    const signed = (role: 'client' | 'server', peer: Peer) => ({
      algorithm: identity.scheme.id,
      signature: identity.key.sign(identity.scheme.algorithm, make(role, peer)),
    })
    const client = ourClient()
    client.sendServerHello()
    client.sendFlight({ certificateVerify: () => signed('server', client) })
    refused(t, client, 'decrypt_error', 'handshake')
    const server = asking()
    server.sendAuthentication({ certificateVerify: () => signed('client', server) })
    refused(t, server, 'decrypt_error', 'application')
  })

// 38
const wrongFinished: Readonly<Record<string, (role: 'client' | 'server', peer: Peer) => Bytes>> = {
  'by the secret of the other role': (role, peer) =>
    verifyData(
      peer.hash,
      peer.handshakeSecrets?.[role === 'client' ? 'server' : 'client'] as Bytes,
      peer.transcriptHash,
    ),
  'over a transcript that lacks a message': (role, peer) =>
    verifyData(
      peer.hash,
      peer.handshakeSecrets?.[role] as Bytes,
      digest(peer.hash, ...peer.transcript.slice(0, -1)),
    ),
  'by the secret itself instead of its finished key': (role, peer) =>
    hmac(peer.hash, peer.handshakeSecrets?.[role] as Bytes, peer.transcriptHash),
  'with the last bit wrong': (role, peer) => {
    const right = verifyData(peer.hash, peer.handshakeSecrets?.[role] as Bytes, peer.transcriptHash)
    return right.map((byte, i) => (i === right.length - 1 ? byte ^ 1 : byte))
  },
  'with the first bit wrong': (role, peer) => {
    const right = verifyData(peer.hash, peer.handshakeSecrets?.[role] as Bytes, peer.transcriptHash)
    return right.map((byte, i) => (i === 0 ? byte ^ 128 : byte))
  },
}
for (const [what, make] of Object.entries(wrongFinished))
  test(`rule 38: a Finished ${what}, in both roles: decrypt_error`, t => {
    const client = ourClient()
    client.sendServerHello()
    client.sendFlight({ finished: () => ({ verify_data: make('server', client) }) })
    refused(t, client, 'decrypt_error', 'handshake')
    const server = ourServer()
    server.sendHello()
    server.step()
    server.send(Finished, { verify_data: make('client', server) })
    refused(t, server, 'decrypt_error', 'application')
  })

// 39, 53
test("rule 39: our server's alerts about a client's second flight travel under application keys, and our client's about a server's under handshake keys", t => {
  const server = ourServer()
  server.sendHello()
  server.step()
  server.stray(EncryptedExtensions, { extensions: [] })
  refused(t, server, 'unexpected_message', 'application')
  const client = ourClient()
  client.sendServerHello()
  client.stray(Finished, { verify_data: new Uint8Array(32) })
  refused(t, client, 'unexpected_message', 'handshake')
})
test("rule 39: our client's first alert after its Finished travels under application keys, before it has said anything else", t => {
  const peer = ourClient()
  peer.connect()
  t.is(peer.heard.at(-1)?.kind, 'message')
  peer.handshake(Uint8Array.of(99, 0, 0, 0))
  refused(t, peer, 'unexpected_message', 'application')
})
test('rule 39: an alert of the client under its handshake keys is heard by our server, before its Finished', t => {
  const peer = asking()
  peer.alert(48)
  const outcome = peer.step()
  t.is(outcome.status === 'failed' && 'alert' in outcome.error && outcome.error.alert, 'unknown_ca')
  t.deepEqual(peer.alerts, [])
})
for (const role of roles)
  test(`rule 53: an alert under a key that a ${role} is not at is no alert: bad_record_mac`, t => {
    const peer = connectedEnd[role]()
    peer.nextWriteKey()
    peer.alert(40)
    refused(t, peer, 'bad_record_mac', 'application')
  })
for (const role of roles)
  test(`rule 53: 1 to 255 are fatal to a ${role} at either level, but for user_canceled`, t => {
    for (let description = 1; description < 256; description++) {
      if (description === 90) continue
      const peer = connectedEnd[role]()
      peer.alert(description, description % 3)
      peer.data(Uint8Array.of(1))
      const outcome = peer.step()
      t.is(outcome.status, 'failed', `${description}`)
      t.deepEqual([peer.delivered, peer.alerts], [[], []])
    }
  })
test('rule 53: an alert in the clear to a connected end: unexpected_message', t => {
  for (const role of roles) {
    const peer = connectedEnd[role]()
    peer.record(contentTypes.alert, Uint8Array.of(2, 40), { plain: true })
    refused(t, peer, 'unexpected_message', 'application')
  }
})
