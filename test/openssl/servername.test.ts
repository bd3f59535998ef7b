/** The servername callback, the context that it puts in place, and the order in which a server asks. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type SSL,
  SSL_accept,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_alpn_select_cb,
  SSL_CTX_set_cert_cb,
  SSL_CTX_set_client_hello_cb,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_keylog_callback,
  SSL_CTX_set_tlsext_servername_arg,
  SSL_CTX_set_tlsext_servername_callback,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_get_peer_cert_chain,
  SSL_get_peer_certificate,
  SSL_get_SSL_CTX,
  SSL_get_servername,
  SSL_get0_alpn_selected,
  SSL_set_SSL_CTX,
  SSL_set_tlsext_host_name,
  SSL_set_verify,
  SSL_set1_host,
  SSL_TLSEXT_ERR_ALERT_FATAL,
  SSL_TLSEXT_ERR_ALERT_WARNING,
  SSL_TLSEXT_ERR_NOACK,
  SSL_TLSEXT_ERR_OK,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  TLS_server_method,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { agree, failure, play, playLater } from './support/play.ts'
import { clientContext, type Ends, endsOver, serverContext, versions } from './support/tls.ts'

const latin = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))
const other = chainFor('p384')

/** A client that believes both roots, and offers protocols. */
function anyClient() {
  const client = clientContext()
  SSL_CTX_load_verify(client, other.root.pem)
  SSL_CTX_set_alpn_protos(client, latin('\x02h2\x02h3'))
  return client
}

/** A context that has the other chain alone. */
function hostContext(seen?: string[]) {
  const ctx = SSL_CTX_new(TLS_server_method(), { crypto: nodeCrypto })
  SSL_CTX_use_certificate_chain(ctx, other.pem)
  SSL_CTX_use_PrivateKey(ctx, other.keyPem)
  if (seen)
    SSL_CTX_set_alpn_select_cb(ctx, () => {
      seen.push('ALPN of the other')
      return [SSL_TLSEXT_ERR_OK, latin('h3')]
    })
  return ctx
}

const shown = ({ client }: Ends) => SSL_get_peer_certificate(client)

test('a server asks client_hello, servername, ALPN, cert_cb, in this order, and for a certificate at the end', t => {
  const [client, server] = [anyClient(), serverContext()]
  const seen: string[] = []
  SSL_CTX_use_certificate_chain(client, other.pem)
  SSL_CTX_use_PrivateKey(client, other.keyPem)
  SSL_CTX_load_verify(server, other.root.pem)
  SSL_CTX_set_client_hello_cb(server, () => seen.push('client_hello') && 1)
  SSL_CTX_set_tlsext_servername_callback(server, ssl => {
    seen.push(`servername ${SSL_get_servername(ssl)}`)
    return SSL_TLSEXT_ERR_OK
  })
  SSL_CTX_set_alpn_select_cb(server, () => {
    seen.push('ALPN')
    return [SSL_TLSEXT_ERR_OK, latin('h2')]
  })
  SSL_CTX_set_cert_cb(server, () => seen.push('cert_cb'))
  SSL_CTX_set_keylog_callback(server, (_ssl, line) => {
    seen.push(line.split(' ')[0] as string)
  })
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER, (ok, { error_depth }) => {
    seen.push(`verify ${error_depth}`)
    return ok
  })
  const theirs: string[] = []
  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, (ok, { error_depth }) => {
    theirs.push(`verify ${error_depth}`)
    return ok
  })
  SSL_CTX_set_cert_cb(client, () => theirs.push('cert_cb'))
  SSL_CTX_set_keylog_callback(client, (_ssl, line) => {
    theirs.push(line.split(' ')[0] as string)
  })
  const ends = endsOver(17408, versions[0], { client, server })
  t.true(play(ends).done)
  const early = ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET']
  const late = ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0', 'EXPORTER_SECRET']
  const verify = ['verify 2', 'verify 1', 'verify 0']
  t.deepEqual(seen, [
    ...['client_hello', 'servername server.example', 'ALPN', 'cert_cb'],
    ...early,
    ...late,
    ...verify,
  ])
  t.deepEqual(theirs, [...early, ...verify, ...late, 'cert_cb'])
  t.true(agree(ends))
})

test('it is called with its argument, and also where the client named nobody', t => {
  const server = serverContext()
  const seen: unknown[] = []
  t.is(
    SSL_CTX_set_tlsext_servername_callback(server, (ssl, arg) => {
      seen.push(SSL_get_servername(ssl), arg)
      return SSL_TLSEXT_ERR_OK
    }),
    1,
  )
  t.is(SSL_CTX_set_tlsext_servername_arg(server, 'mine'), 1)
  const ends = endsOver(17408, versions[0], { server })
  SSL_set1_host(ends.client, null)
  SSL_set_tlsext_host_name(ends.client, null)
  t.true(play(ends).done)
  t.deepEqual(seen, [null, 'mine'])
})

for (const answer of [SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_ALERT_WARNING, SSL_TLSEXT_ERR_NOACK])
  test(`an answer of ${answer} goes on; the client is told that its name was used for 0 alone`, t => {
    const server = serverContext()
    SSL_CTX_set_tlsext_servername_callback(server, () => answer)
    const told: number[] = []
    const trace = (event: { event: string; direction?: string; message?: Uint8Array }) => {
      // EncryptedExtensions: 4 bytes of header, 2 of length, then each type.
      const { message } = event
      if (message?.[0] !== 8) return
      for (let at = 6; at < message.length; ) {
        told.push(((message[at] as number) << 8) | (message[at + 1] as number))
        at += 4 + (((message[at + 2] as number) << 8) | (message[at + 3] as number))
      }
    }
    const client = clientContext(versions[0], { trace })
    const ends = endsOver(17408, versions[0], { client, server })
    t.true(play(ends).done)
    t.is(told.includes(0), answer === SSL_TLSEXT_ERR_OK)
  })

const fatal: [string, () => number | readonly [number, number], string][] = [
  ['ALERT_FATAL', () => SSL_TLSEXT_ERR_ALERT_FATAL, 'unrecognized_name'],
  [
    'ALERT_FATAL with handshake_failure',
    () => [SSL_TLSEXT_ERR_ALERT_FATAL, 40],
    'handshake_failure',
  ],
]

for (const [title, answer, alert] of fatal)
  test(`${title} ends the handshake with ${alert}`, t => {
    const server = serverContext()
    SSL_CTX_set_tlsext_servername_callback(server, answer)
    const ends = endsOver(17408, versions[0], { server })
    t.false(play(ends).done)
    t.is(SSL_accept(ends.server), -1)
    t.deepEqual(failure(ends.server), { reason: 'CALLBACK_FAILED', alert, thrown: undefined })
  })

test('SSL_set_SSL_CTX puts other certificates and another ALPN callback in place, and their SSL is this one', t => {
  const seen: string[] = []
  const server = serverContext()
  const host = hostContext(seen)
  const asked: SSL[] = []
  SSL_CTX_set_cert_cb(host, ssl => asked.push(ssl))
  SSL_CTX_set_alpn_select_cb(server, () => {
    seen.push('ALPN of the first')
    return SSL_TLSEXT_ERR_ALERT_FATAL
  })
  SSL_CTX_set_tlsext_servername_callback(server, ssl => {
    t.is(SSL_get_SSL_CTX(ssl), server)
    t.is(SSL_set_SSL_CTX(ssl, host), host)
    t.is(SSL_get_SSL_CTX(ssl), host)
    return SSL_TLSEXT_ERR_OK
  })
  const ends = endsOver(17408, versions[0], { client: anyClient(), server })
  t.true(play(ends).done)
  t.deepEqual(shown(ends), other.leaf.der)
  t.deepEqual(seen, ['ALPN of the other'])
  t.deepEqual(asked, [ends.server])
  t.deepEqual(SSL_get0_alpn_selected(ends.client), latin('h3'))
  t.true(agree(ends))
})

test('two connections whose contexts are exchanged, one inside a callback of the other, keep their callbacks apart', t => {
  const host = hostContext()
  const asked: SSL[] = []
  SSL_CTX_set_cert_cb(host, ssl => asked.push(ssl))
  const server = serverContext()
  const inner = endsOver(17408, versions[0], { client: anyClient(), server: host })
  let nested = false
  SSL_CTX_set_tlsext_servername_callback(server, ssl => {
    SSL_set_SSL_CTX(ssl, host)
    if (!nested) {
      nested = true
      t.true(play(inner).done)
    }
    return SSL_TLSEXT_ERR_OK
  })
  const ends = endsOver(17408, versions[0], { client: anyClient(), server })
  t.true(play(ends).done)
  t.deepEqual(asked, [inner.server, ends.server])
  // And nobody's call is under way now: a third one is itself.
  const third = endsOver(17408, versions[0], { client: anyClient(), server: host })
  t.true(play(third).done)
  t.is(asked.at(-1), third.server)
})

test('SSL_set_SSL_CTX takes effect from the ClientHello and the certificate callback too, and null goes back', t => {
  const host = hostContext()
  const early = serverContext()
  SSL_CTX_set_client_hello_cb(early, ssl => {
    SSL_set_SSL_CTX(ssl, host)
    return 1
  })
  const first = endsOver(17408, versions[0], { client: anyClient(), server: early })
  t.true(play(first).done)
  t.deepEqual(shown(first), other.leaf.der)

  const late = serverContext()
  SSL_CTX_set_cert_cb(late, ssl => {
    SSL_set_SSL_CTX(ssl, host)
    return 1
  })
  const second = endsOver(17408, versions[0], { client: anyClient(), server: late })
  t.true(play(second).done)
  t.deepEqual(shown(second), other.leaf.der)

  SSL_CTX_set_tlsext_servername_callback(early, ssl => {
    t.is(SSL_set_SSL_CTX(ssl, null), early)
    return 0
  })
  const third = endsOver(17408, versions[0], { client: anyClient(), server: early })
  t.true(play(third).done)
  t.deepEqual(shown(third), chainFor('p256').leaf.der)
})

test('verification is the other context’s, unless SSL_set_verify has spoken for the SSL', t => {
  const host = hostContext()
  SSL_CTX_load_verify(host, chainFor('p384').root.pem)
  SSL_CTX_set_verify(host, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
  for (const own of [false, true]) {
    const server = serverContext()
    SSL_CTX_set_tlsext_servername_callback(server, ssl => {
      if (own) SSL_set_verify(ssl, SSL_VERIFY_NONE)
      SSL_set_SSL_CTX(ssl, host)
      return 0
    })
    const bare = endsOver(17408, versions[0], { client: anyClient(), server })
    t.is(play(bare).done, own)
    const client = anyClient()
    SSL_CTX_use_certificate_chain(client, other.pem)
    SSL_CTX_use_PrivateKey(client, other.keyPem)
    const ends = endsOver(17408, versions[0], { client, server })
    t.true(play(ends).done)
    t.is(SSL_get_peer_cert_chain(ends.server)?.length, own ? undefined : 2)
  }
})

test('SSL_set_verify in the callback takes effect', t => {
  const server = serverContext()
  SSL_CTX_load_verify(server, other.root.pem)
  SSL_CTX_set_tlsext_servername_callback(server, ssl => {
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
    return 0
  })
  const ends = endsOver(17408, versions[0], { client: anyClient(), server })
  t.false(play(ends).done)
  t.is(SSL_accept(ends.server), -1)
  t.is(failure(ends.server).reason, 'PEER_DID_NOT_RETURN_A_CERTIFICATE')
})

test('the information callback stays that of the SSL', t => {
  const [server, host] = [serverContext(), hostContext()]
  const seen: string[] = []
  SSL_CTX_set_info_callback(server, () => void seen.push('first'))
  SSL_CTX_set_info_callback(host, () => void seen.push('other'))
  SSL_CTX_set_tlsext_servername_callback(server, ssl => {
    SSL_set_SSL_CTX(ssl, host)
    return 0
  })
  t.true(play(endsOver(17408, versions[0], { client: anyClient(), server })).done)
  t.deepEqual(new Set(seen), new Set(['first']))
})

test('a promise that exchanges the context late takes effect, and one that rejects is internal_error', async t => {
  const host = hostContext()
  const server = serverContext()
  SSL_CTX_set_tlsext_servername_callback(server, async ssl => {
    await new Promise(resolve => setImmediate(resolve))
    SSL_set_SSL_CTX(ssl, host)
    return 0
  })
  const ends = endsOver(17408, versions[0], { client: anyClient(), server })
  t.true((await playLater(ends)).done)
  t.deepEqual(shown(ends), other.leaf.der)
  const mistake = new Error('a mistake')
  SSL_CTX_set_tlsext_servername_callback(server, () => Promise.reject(mistake))
  const failed = endsOver(17408, versions[0], { client: anyClient(), server })
  t.false((await playLater(failed)).done)
  t.is(SSL_accept(failed.server), -1)
  t.is(failure(failed.server).thrown, mistake)
  t.is(SSL_connect(failed.client), -1)
})
