/** Each rule of RFC 9001 sections 4, 6 and 8 sent wrong, and the code that the connection is closed with. */
import { concat } from '@biopair/crypto'
import {
  CertificateRequest,
  type ClientHello,
  decodeMessage,
  type Edit,
  type EncryptedExtensions,
  EndOfEarlyData,
  encodeMessage,
  extensionTypes,
  ClientHello as Hello,
  KeyUpdate,
  NewSessionTicket,
  readExtensions,
  writeExtension,
} from '@biopair/handshake'
import type { ContextOptions } from '@biopair/ssl'
import type { CryptoLevel, QuicTlsOptions } from '@biopair/ssl/quic'
import type { TlsAlert } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import { documented } from '../support/documented.ts'
import { clientOptions, ends } from '../support/ends.ts'
import {
  clientContext,
  clientTls,
  End,
  exchange,
  join,
  type Pair,
  serverContext,
  serverTls,
} from './support/ends.ts'

/** Codes of RFC 9000 §20.1. */
const protocolViolation = 0x0a
const cryptoBufferExceeded = 0x0d
/** And of RFC 9001 §4.8. */
const alert = (description: number) => 0x0100 + description
const unexpectedMessage = alert(10)
const illegalParameter = alert(47)
const protocolVersion = alert(70)
const missingExtension = alert(109)
const noApplicationProtocol = alert(120)

/** An edit of one message. */
function editing<T>(name: string, change: (message: T) => T): { readonly edit: Edit } {
  return {
    edit: <M>(said: string, message: M) =>
      said === name ? (change(message as unknown as T) as unknown as M) : message,
  }
}

function without<T extends { extensions?: readonly { extension_type: number }[] | undefined }>(
  type: number,
): (message: T) => T {
  return message => ({
    ...message,
    extensions: message.extensions?.filter(({ extension_type }) => extension_type !== type),
  })
}

function pairOf(
  client: ContextOptions = {},
  server: ContextOptions = {},
  options: { client?: Partial<QuicTlsOptions>; server?: Partial<QuicTlsOptions> } = {},
): Pair {
  return join(
    clientTls(clientContext(client), options.client),
    serverTls(serverContext(server), options.server),
  )
}

function failsWith(t: ExecutionContext, { outcome, tls }: End, code: number, why: RegExp): void {
  t.is(outcome?.status, 'failed')
  if (outcome?.status !== 'failed') return
  t.is(outcome.code, code)
  t.regex(outcome.error.message, why)
  t.is(outcome.error.origin, 'sent')
  documented(t, outcome.error)
  t.is(tls.advance(), outcome, 'the same for ever')
  t.throws(() => tls.exportKeyingMaterial(1, 'x'), { code: 'ERR_CLOSED' })
}

const { quic_transport_parameters, application_layer_protocol_negotiation } = extensionTypes

test('rule 69: a ClientHello without quic_transport_parameters: missing_extension', t => {
  const change = editing<ClientHello>('ClientHello', without(quic_transport_parameters))
  failsWith(t, pairOf(change).server, missingExtension, /quic_transport_parameters in ClientHello/)
})

test('rule 69: EncryptedExtensions without quic_transport_parameters: missing_extension', t => {
  const change = editing<EncryptedExtensions>(
    'EncryptedExtensions',
    without(quic_transport_parameters),
  )
  const { client } = pairOf({}, change)
  failsWith(t, client, missingExtension, /quic_transport_parameters in EncryptedExtensions/)
})

test('rule 69: empty transport parameters are there', t => {
  const transportParameters = new Uint8Array(0)
  const { client, server } = pairOf({}, {}, { client: { transportParameters } })
  t.is(client.outcome?.status, 'done')
  t.deepEqual(server.tls.transportParameters, transportParameters)
})

test('rule 69: quic_transport_parameters in a ClientHello over records: unsupported_extension', t => {
  const change = editing<ClientHello>('ClientHello', hello => ({
    ...hello,
    extensions: [
      ...(hello.extensions ?? []),
      writeExtension('ClientHello', 'quic_transport_parameters', new Uint8Array(0)),
    ],
  }))
  const { client, server } = ends({ client: { ...clientOptions, ...change } })
  client.doHandshake()
  const outcome = server.doHandshake()
  if (outcome.status !== 'failed' || !('alert' in outcome.error)) return t.fail(outcome.status)
  t.is(outcome.error.alert, 'unsupported_extension')
  documented(t, outcome.error as TlsAlert)
})

test('rule 69: quic_transport_parameters in EncryptedExtensions over records: unsupported_extension', t => {
  const change = editing<EncryptedExtensions>('EncryptedExtensions', ({ extensions }) => ({
    extensions: [
      ...extensions,
      writeExtension('EncryptedExtensions', 'quic_transport_parameters', Uint8Array.of(1)),
    ],
  }))
  const { client, server } = ends({ server: change })
  client.doHandshake()
  server.doHandshake()
  const outcome = client.doHandshake()
  if (outcome.status !== 'failed' || !('alert' in outcome.error)) return t.fail(outcome.status)
  t.is(outcome.error.alert, 'unsupported_extension')
  documented(t, outcome.error as TlsAlert)
})

test('rule 69: no protocol is offered, agreed on or answered: no_application_protocol', t => {
  const silent = editing<ClientHello>(
    'ClientHello',
    without(application_layer_protocol_negotiation),
  )
  failsWith(t, pairOf(silent).server, noApplicationProtocol, /offer protocols/)
  const other = pairOf({ ALPNProtocols: ['other'] })
  failsWith(t, other.server, noApplicationProtocol, /none of the 1 protocols/)
  const none = pairOf({}, { ALPNCallback: () => null })
  failsWith(t, none.server, noApplicationProtocol, /to be agreed on/)
  const forgets = editing<EncryptedExtensions>(
    'EncryptedExtensions',
    without(application_layer_protocol_negotiation),
  )
  failsWith(t, pairOf({}, forgets).client, noApplicationProtocol, /to be agreed on/)
})

test('rule 69: a legacy_session_id asks for compatibility mode: PROTOCOL_VIOLATION', t => {
  const change = editing<ClientHello>('ClientHello', hello => ({
    ...hello,
    legacy_session_id: new Uint8Array(32).fill(1),
  }))
  const { server } = pairOf(change)
  failsWith(t, server, protocolViolation, /empty legacy_session_id, got 32/)
  t.is(
    server.outcome?.status === 'failed' && server.outcome.error.reason,
    'UNEXPECTED_COMPATIBILITY_MODE',
  )
})

test('rule 69: our ClientHello has no session id, and nothing that is of records or forbidden over QUIC', t => {
  const { client } = pairOf({
    middleboxCompat: true,
    postHandshakeAuth: true,
    recordSizeLimit: 1000,
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256',
  })
  const hello = decodeMessage(Hello, client.sent('initial').subarray(4))
  t.is(hello.legacy_session_id.length, 0)
  t.deepEqual(hello.cipher_suites, [0x1301, 0x1304])
  const said = readExtensions('ClientHello', hello.extensions ?? [])
  t.is(said.post_handshake_auth, undefined)
  t.is(said.record_size_limit, undefined)
  t.deepEqual(said.supported_versions?.versions, [0x0304])
  t.truthy(said.quic_transport_parameters)
})

test('rule 69: a KeyUpdate message, to either end: unexpected_message', t => {
  const update = encodeMessage(KeyUpdate, { request_update: 'update_not_requested' })
  for (const name of ['client', 'server'] as const) {
    const end = pairOf()[name]
    end.outcome = end.tls.provide('application', update)
    failsWith(t, end, unexpectedMessage, /KeyUpdate: QUIC changes keys by itself/)
  }
})

test('rule 69: EndOfEarlyData to a server that takes 0-RTT: unexpected_message; and ours says none', t => {
  const server = serverContext({ maxEarlyData: 1 })
  const [session] = join(clientTls(clientContext()), serverTls(server)).client.sessions
  const client = new End(clientTls(clientContext(), { session, earlyData: true }))
  const end = new End(serverTls(server))
  client.tls.advance()
  for (const { level, bytes } of client.take()) end.tls.provide(level, bytes)
  t.is(end.tls.earlyData, 'accepted')
  end.outcome = end.tls.provide('handshake', encodeMessage(EndOfEarlyData, {}))
  failsWith(t, end, unexpectedMessage, /WAIT_FINISHED expected Finished, got EndOfEarlyData/)
})

test('rule 69: max_early_data_size other than 0xffffffff: PROTOCOL_VIOLATION', t => {
  for (const max_early_data_size of [0, 1, 16384, 0xfffffffe]) {
    const change = editing<NewSessionTicket>('NewSessionTicket', ticket => ({
      ...ticket,
      extensions: [writeExtension('NewSessionTicket', 'early_data', { max_early_data_size })],
    }))
    // Also a client that has no use for tickets.
    for (const tickets of [true, false]) {
      const { client, server } = pairOf({ tickets }, { ...change, ticketPolicy: 'never' })
      const ticket = encodeMessage(
        NewSessionTicket,
        change.edit('NewSessionTicket', {
          ticket_lifetime: 1,
          ticket_age_add: 0,
          ticket_nonce: new Uint8Array(1),
          ticket: Uint8Array.of(1),
          extensions: [],
        }),
      )
      t.is(server.outcome?.status, 'done')
      client.outcome = client.tls.provide('application', ticket)
      failsWith(t, client, protocolViolation, /max_early_data_size of 0xffffffff/)
    }
  }
  const server = serverContext({ maxEarlyData: 1000 })
  const { client } = join(clientTls(clientContext()), serverTls(server))
  t.is(client.sessions[0]?.maxEarlyData, 0xffffffff)
})

test('RFC 9001 4.4: a CertificateRequest after the handshake: PROTOCOL_VIOLATION', t => {
  const { client } = pairOf({ postHandshakeAuth: true })
  const request = encodeMessage(CertificateRequest, {
    certificate_request_context: Uint8Array.of(1),
    extensions: [
      writeExtension('CertificateRequest', 'signature_algorithms', {
        supported_signature_algorithms: [0x0403],
      }),
    ],
  })
  client.outcome = client.tls.provide('application', request)
  failsWith(t, client, protocolViolation, /CertificateRequest after the handshake/)
})

test('RFC 9001 4.1.3: bytes behind the last message of a level, whole or not: PROTOCOL_VIOLATION', t => {
  for (const more of [Uint8Array.of(0), encodeMessage(EndOfEarlyData, {})]) {
    // Behind the ClientHello.
    const source = new End(clientTls(clientContext()))
    source.tls.advance()
    const [hello] = source.take()
    const server = new End(serverTls(serverContext()))
    server.outcome = server.tls.provide('initial', concat(hello?.bytes ?? more, more))
    failsWith(t, server, protocolViolation, /left at level initial/)

    // Behind the ServerHello, behind the server's Finished, and behind the client's.
    for (const at of ['initial', 'handshake'] as const) {
      const client = new End(clientTls(clientContext()))
      failsWith(t, through(client, at, more), protocolViolation, new RegExp(`at level ${at}`))
    }
    const other = new End(clientTls(clientContext()))
    const last = through(other, 'client', more)
    failsWith(t, last, protocolViolation, /at level handshake/)
  }
})

/** Runs a handshake in which bytes are added to a flight; answers who was given them. */
function through(client: End, at: 'initial' | 'handshake' | 'client', more: Uint8Array): End {
  const server = new End(serverTls(serverContext()))
  client.tls.advance()
  for (const { level, bytes } of client.take()) server.tls.provide(level, bytes)
  for (const { level, bytes } of server.take()) {
    client.outcome = client.tls.provide(level, level === at ? concat(bytes, more) : bytes)
    if (client.outcome.status === 'failed') return client
  }
  for (const { level, bytes } of client.take())
    server.outcome = server.tls.provide(level, concat(bytes, more))
  return server
}

test('RFC 9001 4.1.3: more bytes of a level that is through, during the handshake and after it: PROTOCOL_VIOLATION', t => {
  const levels: readonly CryptoLevel[] = ['initial', 'handshake']
  for (const level of levels)
    for (const name of ['client', 'server'] as const) {
      const end = pairOf()[name]
      end.outcome = end.tls.provide(level, Uint8Array.of(1))
      failsWith(t, end, protocolViolation, new RegExp(`1 more bytes at level ${level}`))
    }
})

test('RFC 9000 7.5: more bytes than are kept: CRYPTO_BUFFER_EXCEEDED; a message that is too long: illegal_parameter', t => {
  const certificate = Uint8Array.of(1, 0, 255, 255)
  const server = new End(serverTls(serverContext({ limits: { maxHandshakeBuffer: 20_000 } })))
  t.is(server.tls.provide('initial', certificate).status, 'want_read')
  t.is(server.tls.provide('initial', new Uint8Array(19_996)).status, 'want_read')
  server.outcome = server.tls.provide('initial', Uint8Array.of(0))
  failsWith(t, server, cryptoBufferExceeded, /at most 20000 bytes to wait, got 20001/)
  const long = new End(serverTls(serverContext()))
  long.outcome = long.tls.provide('initial', Uint8Array.of(1, 1, 0, 1))
  failsWith(t, long, illegalParameter, /at most 65536 bytes in ClientHello/)
})

test('RFC 9001 4.2: a ClientHello of TLS 1.2: protocol_version', t => {
  const change = editing<ClientHello>('ClientHello', without(extensionTypes.supported_versions))
  failsWith(t, pairOf(change).server, protocolVersion, /TLS 1.2 or below/)
})

test('a message that has no place after the handshake, to either end: unexpected_message', t => {
  const ticket = encodeMessage(NewSessionTicket, {
    ticket_lifetime: 1,
    ticket_age_add: 0,
    ticket_nonce: new Uint8Array(1),
    ticket: Uint8Array.of(1),
    extensions: [],
  })
  const { client, server } = pairOf()
  server.outcome = server.tls.provide('application', ticket)
  failsWith(t, server, unexpectedMessage, /in CONNECTED the server expected KeyUpdate/)
  client.outcome = client.tls.provide('application', encodeMessage(EndOfEarlyData, {}))
  failsWith(t, client, unexpectedMessage, /got EndOfEarlyData/)
})

test('a second ClientHello with other transport parameters: illegal_parameter', t => {
  let hellos = 0
  const change = editing<ClientHello>('ClientHello', hello =>
    ++hellos === 1
      ? hello
      : {
          ...hello,
          extensions: hello.extensions?.map(extension =>
            extension.extension_type === quic_transport_parameters
              ? { ...extension, extension_data: Uint8Array.of(7) }
              : extension,
          ),
        },
  )
  const groups = { groups: 'x25519:secp256r1', keyShares: 'x25519' }
  const { server } = pairOf({ ...groups, ...change }, { groups: 'secp256r1' })
  failsWith(t, server, illegalParameter, /an extension that may not change/)
})

test('a ticket of records is none over QUIC, and a session of QUIC none over records', t => {
  const keys = { ticketKeys: new Uint8Array(48).fill(3) }
  const { client, server } = pairOf({}, keys)
  t.is(server.outcome?.status, 'done')
  const [session] = client.sessions
  t.throws(() => ends({ session }), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' })
  const { quic: _, ...disguised } = session ?? {}
  const records = ends({
    client: { ALPNProtocols: ['h3'] },
    server: { ...keys, ALPNProtocols: ['h3'], numTickets: 1 },
    session: disguised as never,
  })
  for (let i = 0; i < 10; i++) for (const end of [records.client, records.server]) end.doHandshake()
  t.true(records.server.connected)
  t.false(records.server.resumed)
  records.client.read(new Uint8Array(1))
  const { session: fromRecords } = records.client
  t.truthy(fromRecords)
  const quic = { version: 1 as const, transportParameters: new Uint8Array(0) }
  const over = pairOf({}, keys, { client: { session: { ...(fromRecords ?? {}), quic } as never } })
  t.is(over.server.outcome?.status, 'done')
  t.false(over.server.tls.resumed)
  exchange(over)
})
