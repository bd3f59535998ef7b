/** Where a handshake of TLS 1.2 is, by the C names: the letters, the numbers and the callbacks of OpenSSL's state machine, message by message. */
import {
  SSL_accept,
  SSL_CB_EXIT,
  SSL_CB_HANDSHAKE_DONE,
  SSL_CB_HANDSHAKE_START,
  SSL_CB_LOOP,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_msg_callback,
  SSL_CTX_set_options,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_get_state,
  SSL_get1_session,
  SSL_OP_NO_TICKET,
  SSL_set_session,
  SSL_state_string,
  SSL_VERIFY_PEER,
  SSL3_RT_CHANGE_CIPHER_SPEC,
  SSL3_RT_HANDSHAKE,
  SSL3_RT_HEADER,
  SSL3_RT_INNER_CONTENT_TYPE,
  TLS_ST_BEFORE,
  TLS_ST_CR_CERT,
  TLS_ST_CR_CERT_REQ,
  TLS_ST_CR_CHANGE,
  TLS_ST_CR_FINISHED,
  TLS_ST_CR_KEY_EXCH,
  TLS_ST_CR_SESSION_TICKET,
  TLS_ST_CR_SRVR_DONE,
  TLS_ST_CR_SRVR_HELLO,
  TLS_ST_CW_CERT,
  TLS_ST_CW_CERT_VRFY,
  TLS_ST_CW_CHANGE,
  TLS_ST_CW_CLNT_HELLO,
  TLS_ST_CW_FINISHED,
  TLS_ST_CW_KEY_EXCH,
  TLS_ST_OK,
  TLS_ST_SR_CERT,
  TLS_ST_SR_CERT_VRFY,
  TLS_ST_SR_CHANGE,
  TLS_ST_SR_CLNT_HELLO,
  TLS_ST_SR_FINISHED,
  TLS_ST_SR_KEY_EXCH,
  TLS_ST_SW_CERT,
  TLS_ST_SW_CERT_REQ,
  TLS_ST_SW_CHANGE,
  TLS_ST_SW_FINISHED,
  TLS_ST_SW_KEY_EXCH,
  TLS_ST_SW_SESSION_TICKET,
  TLS_ST_SW_SRVR_DONE,
  TLS1_2_VERSION,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { clientContext, endsOver, serverContext, shake, versions } from './support/tls.ts'

const older = versions[1]

/** What the information callback is told: the state that is left, with its number; how it starts, is done, and exits. */
function watched(ctx: SSL_CTX) {
  const states: string[] = []
  const numbers = new Map<string, number>()
  SSL_CTX_set_info_callback(ctx, (ssl, where, ret) => {
    const state = SSL_state_string(ssl)
    if (where === SSL_CB_HANDSHAKE_START) states.push('start')
    else if (where === SSL_CB_HANDSHAKE_DONE) states.push(`done ${state}`)
    else if (where & SSL_CB_EXIT) states.push(`exit ${ret}`)
    else if (where & SSL_CB_LOOP) {
      states.push(state)
      numbers.set(state, SSL_get_state(ssl))
    }
  })
  return { states, numbers }
}

function contexts() {
  const [client, server] = [clientContext(older), serverContext(older)]
  return { client, server, seen: { client: watched(client), server: watched(server) } }
}

/** As `openssl s_client -state` and `s_server -state` of OpenSSL 3.0 print them, which say a state again where reading begins. */
const full = {
  client: ['PINIT', 'TWCH', 'TRSH', 'TRSC', 'TRSKE', 'TRSD', 'TWCKE', 'TWCCS', 'TWFIN', 'TRST'],
  server: ['PINIT', 'TRCH', 'TWSH', 'TWSC', 'TWSKE', 'TWSD', 'TRCKE', 'TRCCS', 'TRFIN', 'TWST'],
} as const
const steps = (states: readonly string[]) =>
  states.filter(state => !/^(start|exit|done)/.test(state))

test('a full handshake goes through the states of OpenSSL, and ends in the call that reads or flushes the last message', t => {
  const { seen, ...both } = contexts()
  shake(endsOver(17_408, older, both))
  t.deepEqual(steps(seen.client.states), [...full.client, 'TRCCS', 'TRFIN'])
  t.deepEqual(steps(seen.server.states), [...full.server, 'TWCCS', 'TWFIN'])
  for (const { states } of [seen.client, seen.server]) {
    t.is(states[0], 'start')
    t.deepEqual(states.slice(-2), ['done SSLOK', 'exit 1'])
  }
})

test('a resumption by id, and one by ticket', t => {
  for (const options of [0, SSL_OP_NO_TICKET]) {
    const { seen, ...both } = contexts()
    SSL_CTX_set_options(both.server, options)
    const first = endsOver(17_408, older, both)
    shake(first)
    const ends = endsOver(17_408, older, both)
    SSL_set_session(ends.client, SSL_get1_session(first.client))
    for (const { states } of [seen.client, seen.server]) states.length = 0
    shake(ends)
    const [read, wrote] = options ? [[], []] : [['TRST'], ['TWST']]
    t.deepEqual(steps(seen.client.states), [
      ...['PINIT', 'TWCH', 'TRSH', ...read, 'TRCCS', 'TRFIN', 'TWCCS', 'TWFIN'],
    ])
    t.deepEqual(steps(seen.server.states), [
      ...['PINIT', 'TRCH', 'TWSH', ...wrote, 'TWCCS', 'TWFIN', 'TRCCS', 'TRFIN'],
    ])
  }
})

test('each state has its number, of either role', t => {
  const { seen, ...both } = contexts()
  const { pem, keyPem, root } = chainFor('p256')
  SSL_CTX_use_certificate_chain(both.client, pem)
  SSL_CTX_use_PrivateKey(both.client, keyPem)
  SSL_CTX_load_verify(both.server, root.pem)
  SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER)
  shake(endsOver(17_408, older, both))
  const { client, server } = seen
  t.deepEqual(Object.fromEntries(client.numbers), {
    ...{ PINIT: TLS_ST_BEFORE, TWCH: TLS_ST_CW_CLNT_HELLO, TRSH: TLS_ST_CR_SRVR_HELLO },
    ...{ TRSC: TLS_ST_CR_CERT, TRSKE: TLS_ST_CR_KEY_EXCH, TRCR: TLS_ST_CR_CERT_REQ },
    ...{ TRSD: TLS_ST_CR_SRVR_DONE, TWCC: TLS_ST_CW_CERT, TWCKE: TLS_ST_CW_KEY_EXCH },
    ...{ TWCV: TLS_ST_CW_CERT_VRFY, TWCCS: TLS_ST_CW_CHANGE, TWFIN: TLS_ST_CW_FINISHED },
    ...{ TRST: TLS_ST_CR_SESSION_TICKET, TRCCS: TLS_ST_CR_CHANGE, TRFIN: TLS_ST_CR_FINISHED },
  })
  t.like(Object.fromEntries(server.numbers), {
    ...{ TWSC: TLS_ST_SW_CERT, TWSKE: TLS_ST_SW_KEY_EXCH, TWCR: TLS_ST_SW_CERT_REQ },
    ...{ TWSD: TLS_ST_SW_SRVR_DONE, TRCC: TLS_ST_SR_CERT, TRCKE: TLS_ST_SR_KEY_EXCH },
    ...{ TRCV: TLS_ST_SR_CERT_VRFY, TRCCS: TLS_ST_SR_CHANGE, TRFIN: TLS_ST_SR_FINISHED },
    ...{ TWST: TLS_ST_SW_SESSION_TICKET, TWCCS: TLS_ST_SW_CHANGE, TWFIN: TLS_ST_SW_FINISHED },
  })
})

test('over rings of one byte the state of each call is the message that was read or written last', t => {
  const ends = endsOver(1, older)
  const visited = { client: [] as number[], server: [] as number[] }
  let [near, far] = [0, 0]
  for (let i = 0; i < 20_000 && near + far < 2; i++) {
    near = SSL_connect(ends.client)
    far = SSL_accept(ends.server)
    for (const role of ['client', 'server'] as const) {
      const state = SSL_get_state(ends[role])
      if (visited[role].at(-1) !== state) visited[role].push(state)
    }
  }
  t.is(visited.client.at(-1), TLS_ST_OK)
  t.is(visited.server.at(-1), TLS_ST_OK)
  const order = (numbers: readonly number[], expected: readonly number[]) =>
    t.deepEqual(
      numbers.filter(number => expected.includes(number)),
      expected,
    )
  order(visited.client, [TLS_ST_CW_FINISHED, TLS_ST_OK])
  order(visited.server, [TLS_ST_SW_SRVR_DONE, TLS_ST_SR_KEY_EXCH, TLS_ST_OK])
})

test('the message callback is told version 1.2, change_cipher_spec, and no inner content type', t => {
  const { client, server } = contexts()
  for (const ctx of [client, server]) {
    const told: (readonly [version: number, type: number])[] = []
    SSL_CTX_set_msg_callback(ctx, (_write, version, type) => void told.push([version, type]))
    shake(endsOver(17_408, older, { client, server }))
    t.true(told.some(([, type]) => type === SSL3_RT_CHANGE_CIPHER_SPEC))
    t.false(told.some(([, type]) => type === SSL3_RT_INNER_CONTENT_TYPE))
    const messages = told.filter(([, type]) => type !== SSL3_RT_HEADER)
    // A hello is seen before the version is agreed on.
    const late = messages.filter(([, type]) => type === SSL3_RT_HANDSHAKE).slice(2)
    t.true(late.length > 4)
    t.true(late.every(([version]) => version === TLS1_2_VERSION))
    SSL_CTX_set_msg_callback(ctx, null)
  }
})

test('the numbers are those of OpenSSL 3.0', t => {
  t.deepEqual(
    [
      ...[TLS_ST_CR_SESSION_TICKET, TLS_ST_CR_CHANGE, TLS_ST_CR_FINISHED, TLS_ST_SR_CLNT_HELLO],
      ...[TLS_ST_SR_CERT, TLS_ST_SR_CERT_VRFY, TLS_ST_SR_CHANGE, TLS_ST_SR_FINISHED],
      ...[TLS_ST_SW_SESSION_TICKET, TLS_ST_SW_CHANGE, TLS_ST_SW_FINISHED],
    ],
    [9, 10, 11, 20, 27, 29, 31, 32, 33, 35, 36],
  )
})
