/** The ClientHello callback: what it may look at and when, and what its answers come to. */
import {
  ERR_reason_error_string,
  type SSL,
  SSL_accept,
  SSL_CLIENT_HELLO_ERROR,
  SSL_CLIENT_HELLO_RETRY,
  SSL_CLIENT_HELLO_SUCCESS,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_client_hello_cb,
  SSL_CTX_set1_groups_list,
  SSL_client_hello_get0_ciphers,
  SSL_client_hello_get0_compression_methods,
  SSL_client_hello_get0_ext,
  SSL_client_hello_get0_legacy_version,
  SSL_client_hello_get0_random,
  SSL_client_hello_get0_session_id,
  SSL_client_hello_get1_extensions_present,
  SSL_client_hello_isv2,
  SSL_connect,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { agree, failure, play, playLater } from './support/play.ts'
import {
  clientContext,
  drained,
  endsOver,
  inject,
  serverContext,
  versions,
  wiredEnds,
} from './support/tls.ts'

const latin = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))

/** Everything that the accessors say. */
function look(ssl: SSL) {
  return {
    version: SSL_client_hello_get0_legacy_version(ssl),
    random: SSL_client_hello_get0_random(ssl),
    session: SSL_client_hello_get0_session_id(ssl),
    ciphers: SSL_client_hello_get0_ciphers(ssl),
    compression: SSL_client_hello_get0_compression_methods(ssl),
    types: SSL_client_hello_get1_extensions_present(ssl),
    alpn: SSL_client_hello_get0_ext(ssl, 16),
    none: SSL_client_hello_get0_ext(ssl, 0xabcd),
    isv2: SSL_client_hello_isv2(ssl),
  }
}

test('the accessors say what stands in the ClientHello, inside the callback alone', t => {
  const [client, server] = [clientContext(), serverContext()]
  SSL_CTX_set_alpn_protos(client, latin('\x02h2'))
  const seen: ReturnType<typeof look>[] = []
  SSL_CTX_set_client_hello_cb(
    server,
    (ssl, arg) => {
      t.is(arg, 'mine')
      seen.push(look(ssl))
      return SSL_CLIENT_HELLO_SUCCESS
    },
    'mine',
  )
  const ends = wiredEnds(17408, versions[0], { client, server })
  const empty = {
    version: 0,
    random: latin(''),
    session: latin(''),
    ciphers: latin(''),
    compression: latin(''),
    types: [0, []],
    alpn: [0, latin('')],
    none: [0, latin('')],
    isv2: 0,
  }
  t.deepEqual(look(ends.server) as unknown, empty)
  SSL_connect(ends.client)
  const record = drained(ends.clientWire)
  inject(ends.serverWire, record)
  SSL_accept(ends.server)
  t.is(seen.length, 1)
  const [inside] = seen
  // RFC 9846 §4.2.2 behind 5 bytes of record and 4 of message: version, random, session id, suites.
  t.is(inside?.version, 0x0303)
  t.deepEqual(inside?.random, record.slice(11, 43))
  t.deepEqual(inside?.session, record.slice(44, 44 + (record[43] as number)))
  const suites = 44 + (record[43] as number)
  const length = ((record[suites] as number) << 8) | (record[suites + 1] as number)
  t.deepEqual(inside?.ciphers, record.slice(suites + 2, suites + 2 + length))
  t.deepEqual(inside?.compression, Uint8Array.of(0))
  t.deepEqual(inside?.alpn, [1, latin('\0\x03\x02h2')])
  t.deepEqual(inside?.none, [0, latin('')])
  t.is(inside?.types[0], 1)
  for (const type of [0, 10, 13, 16, 43, 51]) t.true(inside?.types[1].includes(type), `${type}`)
  t.deepEqual(look(ends.server) as unknown, empty)
})

test('a callback that promises may look until it has answered', async t => {
  const server = serverContext()
  const lengths: number[] = []
  SSL_CTX_set_client_hello_cb(server, async ssl => {
    lengths.push(SSL_client_hello_get0_random(ssl).length)
    await new Promise(resolve => setImmediate(resolve))
    lengths.push(SSL_client_hello_get0_random(ssl).length)
    return SSL_CLIENT_HELLO_SUCCESS
  })
  const ends = endsOver(17408, versions[0], { server })
  t.true((await playLater(ends)).done)
  t.deepEqual(lengths, [32, 32])
  t.is(SSL_client_hello_get0_random(ends.server).length, 0)
})

test('it is called for the second ClientHello too, after a HelloRetryRequest', t => {
  const [client, server] = [clientContext(), serverContext()]
  SSL_CTX_set1_groups_list(client, 'X25519:P-384')
  SSL_CTX_set1_groups_list(server, 'P-384')
  const randoms: string[] = []
  SSL_CTX_set_client_hello_cb(server, ssl => {
    randoms.push(String(SSL_client_hello_get0_random(ssl)))
    return 1
  })
  const ends = endsOver(100, versions[0], { client, server })
  t.true(play(ends).done)
  t.true(agree(ends))
  t.is(randoms.length, 2)
  t.is(randoms[0], randoms[1])
})

const answers: [string, () => number | readonly [number, number], string][] = [
  ['ERROR', () => SSL_CLIENT_HELLO_ERROR, 'internal_error'],
  ['ERROR with access_denied', () => [SSL_CLIENT_HELLO_ERROR, 49], 'access_denied'],
  [
    'ERROR with close_notify, which is no failure',
    () => [SSL_CLIENT_HELLO_ERROR, 0],
    'internal_error',
  ],
  ['ERROR with an alert that nobody knows', () => [SSL_CLIENT_HELLO_ERROR, 200], 'internal_error'],
  ['a number that means nothing', () => 7, 'internal_error'],
]

for (const [title, answer, alert] of answers)
  test(`${title} ends the handshake with ${alert}`, t => {
    const server = serverContext()
    SSL_CTX_set_client_hello_cb(server, answer)
    const ends = endsOver(17408, versions[0], { server })
    t.false(play(ends).done)
    t.is(SSL_accept(ends.server), -1)
    t.deepEqual(failure(ends.server), { reason: 'CALLBACK_FAILED', alert, thrown: undefined })
    t.is(SSL_connect(ends.client), -1)
    t.is(failure(ends.client).alert, alert)
  })

test('RETRY without end waits without end, and nothing is sent', t => {
  const server = serverContext()
  SSL_CTX_set_client_hello_cb(server, () => SSL_CLIENT_HELLO_RETRY)
  const ends = wiredEnds(17408, versions[0], { server })
  SSL_connect(ends.client)
  inject(ends.serverWire, drained(ends.clientWire))
  for (let i = 0; i < 100; i++) t.is(SSL_accept(ends.server), -1)
  t.is(drained(ends.serverWire).length, 0)
})

test('a callback that throws is internal_error, with its cause, and the accessors are empty again', t => {
  const mistake = new Error('a mistake')
  const server = serverContext()
  SSL_CTX_set_client_hello_cb(server, () => {
    throw mistake
  })
  const ends = endsOver(17408, versions[0], { server })
  t.false(play(ends).done)
  t.is(SSL_accept(ends.server), -1)
  t.deepEqual(failure(ends.server), {
    reason: 'CALLBACK_FAILED',
    alert: 'internal_error',
    thrown: mistake,
  })
  t.is(SSL_client_hello_get0_random(ends.server).length, 0)
  t.is(ERR_reason_error_string((20 << 23) | 377), 'cert cb error')
})
