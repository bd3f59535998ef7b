/** What a flow is told and refuses while it talks: states, and messages out of their order (RFC 9846 §4, §6.2). */
import {
  Certificate,
  EncryptedExtensions,
  encodeMessage,
  type Fact,
  Finished,
  KeyUpdate,
  type MessageType,
  type Output,
  resume,
  start,
  Talk,
} from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { converse } from '../support/converse.ts'
import { digest } from '../support/key-schedule.ts'
import { identityOf } from '../support/peer-identity.ts'

/** A talk, and what it tells. */
function listening(): { readonly talk: Talk; readonly facts: Fact[]; readonly sent: unknown[] } {
  const facts: Fact[] = []
  const sent: unknown[] = []
  const output = {
    learn: (fact: Fact) => void facts.push(fact),
    send: (level: string, message: Uint8Array) => void sent.push([level, ...message]),
  } as unknown as Output
  return { talk: new Talk(output, undefined), facts, sent }
}

function joined<T>(type: MessageType<T>, value: T) {
  const raw = encodeMessage(type, value)
  return { msg_type: type.msg_type, raw, body: raw.subarray(4) }
}
const finished = joined(Finished, { verify_data: Uint8Array.of(1) })

test('a talk begins in START, and tells of each state that it enters once', t => {
  const { talk, facts } = listening()
  t.is(talk.state, 'START')
  for (const state of ['WAIT_SH', 'WAIT_SH', 'WAIT_EE', 'WAIT_SH']) {
    talk.enter(state)
    t.is(talk.state, state)
  }
  t.deepEqual(
    facts,
    ['WAIT_SH', 'WAIT_EE', 'WAIT_SH'].map(state => ({ fact: 'state', state })),
  )
})

test('RFC 9846 4: a message that the state does not permit is unexpected_message, and says what would be', t => {
  const { talk } = listening()
  const flow = talk.receiveOneOf('WAIT_X', EncryptedExtensions, Certificate)
  t.deepEqual(start(flow).value, { want: 'message', state: 'WAIT_X' })
  const { alert, reason, section, why } =
    t.throws(() => resume(flow, 'message', finished), { instanceOf: TlsAlert }) ?? {}
  t.deepEqual(
    [alert, reason, section, why],
    [
      ...['unexpected_message', 'UNEXPECTED_MESSAGE', '4'],
      'in WAIT_X expected EncryptedExtensions or Certificate, got Finished',
    ],
  )
})

test('the message that came is handed on with its type and as it came', t => {
  const { talk } = listening()
  const flow = talk.receiveOneOf('WAIT_X', EncryptedExtensions, Finished)
  start(flow)
  const { done, value } = resume(flow, 'message', finished)
  t.true(done)
  t.deepEqual(value as unknown, {
    ...{ type: Finished, message: { verify_data: Uint8Array.of(1) } },
    raw: finished.raw,
  })
})

test('what is sent goes out at the level at hand, as it was edited, and is in the transcript as what comes', t => {
  const { talk, sent } = listening()
  t.is(talk.level, 'initial')
  talk.send(KeyUpdate, { request_update: 'update_requested' })
  talk.level = 'handshake'
  const flow = talk.receive('WAIT_FINISHED', Finished)
  start(flow)
  resume(flow, 'message', finished)
  const edited = new Talk(talk.output, (name, message) =>
    name === 'KeyUpdate' ? ({ request_update: 'update_not_requested' } as never) : message,
  )
  const said = edited.send(KeyUpdate, { request_update: 'update_requested' })
  t.deepEqual(said, { request_update: 'update_not_requested' })
  t.deepEqual(sent, [
    ['initial', 24, 0, 0, 1, 1],
    ['initial', 24, 0, 0, 1, 0],
  ])
  t.deepEqual(talk.transcript.content(), Uint8Array.of(24, 0, 0, 1, 1, ...finished.raw))
})

test('a transcript has no hash before it is started', t => {
  const { talk } = listening()
  for (const ask of [() => talk.transcript.hash(), () => talk.transcript.fork()])
    t.throws(ask, { instanceOf: TypeError, message: /before a suite is chosen/ })
})

test('RFC 9846 4.5.2: what is signed is 64 spaces, whose it is, a zero, and the hash of all before it', t => {
  const signed: Uint8Array[] = []
  const { key, scheme } = identityOf('p256')
  const signature = ({ content }: { readonly content: Uint8Array }) => {
    signed.push(content.slice())
    return key.sign(scheme.algorithm, content)
  }
  const { client, server } = converse({
    server: { clientCertificate: 'require' },
    clientAnswers: { signature },
    serverAnswers: { signature },
  })
  const until = (messages: readonly Uint8Array[], msg_type: number) =>
    messages.slice(
      0,
      messages.findIndex(message => message[0] === msg_type),
    )
  const [hello = new Uint8Array(0), ...answer] = client.messages
  const before = [
    [hello, ...until(server.messages, 15)],
    [hello, ...server.messages, ...until(answer, 15)],
  ]
  for (const [i, role] of ['server', 'client'].entries())
    t.deepEqual(
      Buffer.from(signed[i] as Uint8Array).toString('latin1'),
      `${' '.repeat(64)}TLS 1.3, ${role} CertificateVerify\0${digest('sha256', ...(before[i] as Uint8Array[])).reduce((text, byte) => text + String.fromCharCode(byte), '')}`,
    )
})
