/** What may be ordered of a connection, beneath Ssl, and what is sent for it (RFC 9846 §4.7). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  CertificateRequest,
  type Command,
  type Connected,
  decodeMessage,
  encodeMessage,
  is12,
  isAnswer,
  KeyUpdate,
  mayRequest,
  messageName,
  NewSessionTicket,
  order,
  type RequestCommand,
  readExtension,
  receive,
  type Surroundings,
  writeExtension,
} from '@biopair/handshake'
import test from 'ava'
import { chosen, external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse } from '../support/converse.ts'
import type { Bytes } from '../support/key-schedule.ts'

function connectedOf(role: 'client' | 'server', options?: ConverseOptions): Connected {
  const { connected } = converse(options)[role]
  if (!connected || is12(connected)) throw new Error('expected a connection of TLS 1.3')
  return connected
}

/** A carrier that notes what it is told. */
function carrier() {
  const sent: Bytes[] = []
  const told: string[] = []
  const note =
    (name: string) =>
    (...rest: readonly unknown[]): void =>
      void told.push([name, ...rest.filter(one => typeof one === 'string')].join(' '))
  const around: Surroundings = {
    crypto: nodeCrypto,
    edit: undefined,
    begin: note('begin'),
    output: {
      send: (_, message) => {
        sent.push(message)
        told.push(messageName(message[0] as number))
      },
      learn: ({ fact }) => void told.push(fact),
      endOfFlight: () => void told.push('.'),
      protect: note('protect'),
      speak12: note('speak12'),
      changeKeys: note('changeKeys'),
      unprotect: note('unprotect'),
      changeCipherSpec: note('changeCipherSpec'),
      tolerateChangeCipherSpec: note('tolerate'),
      skipEarlyData: note('skip'),
      limitRecords: note('limit'),
    },
  }
  return { around, sent, told }
}

const message = (...raw: number[]) => {
  const bytes = Uint8Array.from(raw)
  return { msg_type: raw[0] as number, raw: bytes, body: bytes.subarray(4) }
}
const update = (request: number) => message(KeyUpdate.msg_type, 0, 0, 1, request)

for (const role of ['client', 'server'] as const) {
  test(`4.7.3: a ${role} that owes no KeyUpdate settles nothing; one that does, once`, t => {
    const { around, sent, told } = carrier()
    const state = connectedOf(role)
    t.is(order(state, { command: 'settle' }, around), state)
    t.deepEqual(told, [])
    const owing = receive(state, update(1), around)
    t.true(owing.owesUpdate)
    t.deepEqual(told.splice(0), ['protect read application', 'key_update'])
    const settled = order(owing, { command: 'settle' }, around)
    t.deepEqual(told.splice(0), ['KeyUpdate', '.', 'protect write application', 'key_update'])
    t.deepEqual([...(sent[0] ?? [])], [24, 0, 0, 1, 0])
    t.is(order(settled, { command: 'settle' }, around), settled)
    t.is(sent.length, 1)
  })

  test(`4.7.3: a ${role} that has asked owes nothing by it, and is answered once: a KeyUpdate of another makes no debt`, t => {
    const { around, sent } = carrier()
    const asking = order(connectedOf(role), { command: 'key_update', request: true }, around)
    t.like(asking, { awaitingUpdate: true, owesUpdate: false })
    t.true(isAnswer(asking, KeyUpdate.msg_type))
    const again = order(asking, { command: 'key_update', request: true }, around)
    t.deepEqual(
      sent.map(bytes => bytes[4]),
      [1, 0],
    )
    t.true(again.awaitingUpdate)
    const answered = receive(again, update(0), around)
    t.like(answered, { awaitingUpdate: false, owesUpdate: false })
    t.false(isAnswer(answered, KeyUpdate.msg_type))
    const owing = receive(receive(answered, update(1), around), update(0), around)
    t.true(owing.owesUpdate, 'a later KeyUpdate takes no request back')
  })

  test(`4.7.3: of a ${role}, a KeyUpdate wipes the key before it, and that of its own direction alone`, t => {
    const { around } = carrier()
    const state = connectedOf(role)
    const { readSecret, writeSecret } = state
    const wiped = (bytes: Uint8Array) => bytes.every(byte => byte === 0)
    const read = receive(state, update(0), around)
    t.deepEqual([wiped(readSecret), wiped(writeSecret)], [true, false])
    t.false(wiped(read.readSecret))
    const written = order(read, { command: 'key_update', request: false }, around)
    t.true(wiped(writeSecret))
    t.false(wiped(written.writeSecret) || wiped(written.readSecret))
    t.like(written, { awaitingUpdate: false, owesUpdate: false })
  })

  test(`4.7.3: a ${role} wipes a secret that its carrier does not take`, t => {
    const { around } = carrier()
    const secrets: Uint8Array[] = []
    const refusing: Surroundings = {
      ...around,
      output: {
        ...around.output,
        protect: (_, __, { secret }) => {
          secrets.push(secret)
          throw new Error('no')
        },
      },
    }
    t.throws(() => receive(connectedOf(role), update(0), refusing), { message: 'no' })
    const command: Command = { command: 'key_update', request: false }
    t.throws(() => order(connectedOf(role), command, refusing), { message: 'no' })
    t.deepEqual(
      secrets.map(secret => [...new Set(secret)]),
      [[0], [0]],
    )
  })
}

test('4.7.1: a ticket says what it was ordered with, early data where there is some, and is counted', t => {
  const ticket = { lifetime: 5, ageAdd: 6, nonce: Uint8Array.of(7), ticket: Uint8Array.of(8, 9) }
  const { around, sent, told } = carrier()
  let state = connectedOf('server')
  for (const maxEarlyData of [0, 1, 500])
    state = order(state, { command: 'ticket', ...ticket, maxEarlyData }, around)
  t.is(state.tickets, 3)
  t.deepEqual(told, Array.from({ length: 3 }, () => ['NewSessionTicket', '.']).flat())
  const said = sent.map(raw => decodeMessage(NewSessionTicket, raw.subarray(4)))
  for (const one of said)
    t.like(one, {
      ticket_lifetime: 5,
      ticket_age_add: 6,
      ticket_nonce: ticket.nonce,
      ticket: ticket.ticket,
    })
  t.deepEqual(
    said.map(
      ({ extensions }) =>
        readExtension('NewSessionTicket', 'early_data', extensions)?.max_early_data_size,
    ),
    [undefined, 1, 500],
  )
})

const may: ConverseOptions = { client: { postHandshakeAuth: true } }
const request = (id: number): RequestCommand => ({
  command: 'request_certificate',
  context: Uint8Array.of(id),
  required: false,
  demands: { authorities: [] },
})

test('4.3.6, 4.7.2: nobody is asked for a certificate who did not say that it may be, no server ever, and nobody without end', t => {
  const { around, told } = carrier()
  for (const [state, why] of [
    [connectedOf('server'), 'unsupported'],
    [connectedOf('client'), 'unsupported'],
    [connectedOf('client', may), 'unsupported'],
  ] as const) {
    t.is(mayRequest(state), why)
    t.throws(() => order(state, request(0), around), {
      instanceOf: TypeError,
      message: 'expected a client that may be asked',
    })
  }
  t.deepEqual(told, [])
  let state = connectedOf('server', may)
  for (let id = 0; id < 8; id++) {
    t.is(mayRequest(state), 'yes')
    state = order(state, request(id), around)
  }
  t.deepEqual(told.splice(0), Array.from({ length: 8 }, () => ['CertificateRequest', '.']).flat())
  t.is(mayRequest(state), 'busy')
  t.throws(() => order(state, request(8), around), {
    instanceOf: TypeError,
    message: 'expected a client that may be asked',
  })
  t.deepEqual(told, [])
})

test('4.4.2: who knows a client by an external key asks it for no certificate later; who knows it by a ticket may', t => {
  for (const [more, answer] of [
    [external, 'unsupported'],
    [{ chain: [], early: undefined }, 'yes'],
  ] as const) {
    const state = connectedOf('server', {
      client: { psk: true, postHandshakeAuth: true },
      server: { psk: true },
      clientAnswers: { psk_offer: () => [offered(more)] },
      serverAnswers: { psk: () => chosen({ ...more, once: false }) },
    })
    t.is(mayRequest(state), answer)
  }
})

test('4.7: a client answers nothing but its request for a KeyUpdate; a server is sent nothing that it did not ask for', t => {
  for (const [role, expected] of [
    ['client', false],
    ['server', true],
  ] as const) {
    const state = connectedOf(role, may)
    t.is(isAnswer(state, KeyUpdate.msg_type), false)
    t.is(isAnswer(state, 13), expected)
    t.is(isAnswer(state, 4), expected)
  }
})

test('4.7.2: a client learns of each request, and begins to answer it; a context that comes again is illegal_parameter, a ninth that is open unexpected_message', t => {
  const { around, told } = carrier()
  const incoming = (...context: number[]) => {
    const raw = encodeMessage(CertificateRequest, {
      certificate_request_context: Uint8Array.from(context),
      extensions: [
        writeExtension('CertificateRequest', 'signature_algorithms', {
          supported_signature_algorithms: [0x0403],
        }),
      ],
    })
    return { msg_type: CertificateRequest.msg_type, raw, body: raw.subarray(4) }
  }
  let state = connectedOf('client', may)
  for (let id = 0; id < 8; id++) {
    state = receive(state, incoming(id, 7), around)
    t.deepEqual(told.splice(0), ['certificate_request', 'begin'])
    t.is(state.postHandshake?.open.length, id + 1)
  }
  for (const again of [0, 7])
    t.throws(() => receive(state, incoming(again, 7), around), {
      message: /^illegal_parameter \(INVALID_CONTEXT, RFC 9846 4\.4\.2\)/,
    })
  t.throws(() => receive(state, incoming(8, 7), around), {
    message: /^unexpected_message \(TOO_MANY_CERTIFICATE_REQUESTS, RFC 9846 4\.7\.2\)/,
  })
  // Not the same: shorter, longer, another byte.
  const one = receive(connectedOf('client', may), incoming(1, 2), around)
  for (const context of [[1], [1, 2, 3], [1, 3], [2, 2], []])
    t.is(receive(one, incoming(...context), around).postHandshake?.open.length, 2)
  t.throws(() => receive(connectedOf('client'), incoming(1), around), {
    message: /^unexpected_message \(UNEXPECTED_MESSAGE, RFC 9846 4\.7\)/,
  })
  t.throws(() => receive(connectedOf('server', may), incoming(1), around), {
    message: /^unexpected_message \(UNEXPECTED_MESSAGE, RFC 9846 4\.7/,
  })
})
