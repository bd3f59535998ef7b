import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { MemoryBio } from '@biopair/bio'
import {
  type BIO,
  BIO_eof,
  BIO_free,
  BIO_from,
  BIO_new,
  BIO_new_bio_pair,
  BIO_s_mem,
  BIO_up_ref,
  ERR_error_string,
  ERR_get_error,
  ERR_get_error_all,
  OPENSSL_NPN_NEGOTIATED,
  OPENSSL_NPN_NO_OVERLAP,
  type SSL,
  SSL_accept,
  SSL_CIPHER_get_name,
  type SSL_CTX,
  SSL_CTX_check_private_key,
  SSL_CTX_clear_options,
  SSL_CTX_free,
  SSL_CTX_get_mode,
  SSL_CTX_get_options,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_sess_set_new_cb,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_alpn_select_cb,
  SSL_CTX_set_cipher_list,
  SSL_CTX_set_ciphersuites,
  SSL_CTX_set_keylog_callback,
  SSL_CTX_set_max_proto_version,
  SSL_CTX_set_max_send_fragment,
  SSL_CTX_set_min_proto_version,
  SSL_CTX_set_options,
  SSL_CTX_set_verify,
  SSL_CTX_set1_groups_list,
  SSL_CTX_set1_sigalgs_list,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_export_keying_material,
  SSL_free,
  SSL_get_cipher_name,
  SSL_get_current_cipher,
  SSL_get_error,
  SSL_get_peer_cert_chain,
  SSL_get_peer_certificate,
  SSL_get_rbio,
  SSL_get_servername,
  SSL_get_session,
  SSL_get_verify_result,
  SSL_get_version,
  SSL_get_wbio,
  SSL_get0_alpn_selected,
  SSL_in_init,
  SSL_is_init_finished,
  SSL_is_server,
  SSL_new,
  SSL_OP_NO_TICKET,
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3,
  SSL_RETRY_VERIFY,
  SSL_read,
  SSL_SESSION_is_resumable,
  SSL_select_next_proto,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set0_rbio,
  SSL_set0_wbio,
  SSL_set1_host,
  SSL_state_string,
  SSL_state_string_long,
  SSL_TLSEXT_ERR_ALERT_FATAL,
  SSL_TLSEXT_ERR_NOACK,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  SSL_want,
  TLS_client_method,
  TLS_method,
  TLS1_2_VERSION,
  X509_V_ERR_UNSPECIFIED,
  X509_V_OK,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import {
  clientContext,
  connected,
  each,
  endsOver,
  heldTo,
  serverContext,
  shake,
  versions,
  wiredEnds,
} from './support/tls.ts'

const why = (owner: SSL | SSL_CTX) => ERR_get_error_all(owner)?.reason
const latin = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))

test('a certificate and its key go in either order, a stranger is KEY_VALUES_MISMATCH', t => {
  const { pem, keyPem, leaf } = chainFor('p256')
  const ctx = SSL_CTX_new(TLS_method())
  t.is(SSL_CTX_check_private_key(ctx), 0)
  t.is(why(ctx), 'NO_CERTIFICATE_ASSIGNED')
  t.is(SSL_CTX_use_certificate_chain(ctx, latin(pem)), 1)
  t.is(SSL_CTX_check_private_key(ctx), 0)
  t.is(why(ctx), 'NO_PRIVATE_KEY_ASSIGNED')
  t.is(SSL_CTX_use_PrivateKey(ctx, chainFor('p384').keyPem), 0)
  t.is(
    ERR_error_string(ERR_get_error(ctx)),
    'error:05800074:x509 certificate routines::key values mismatch',
  )
  t.is(SSL_CTX_use_PrivateKey(ctx, keyPem), 1)
  t.is(SSL_CTX_check_private_key(ctx), 1)
  t.is(SSL_CTX_use_certificate_chain(ctx, 'no certificate'), 0)
  t.is(ERR_error_string(ERR_get_error(ctx)), 'error:0480006C:PEM routines::no start line')
  const other = SSL_CTX_new(TLS_method())
  t.is(SSL_CTX_use_PrivateKey(other, leaf.keyDer), 1)
  t.is(SSL_CTX_use_certificate_chain(other, leaf.der), 1)
  t.is(SSL_CTX_check_private_key(other), 1)
  t.is(SSL_CTX_load_verify(other, 'nobody'), 0)
  SSL_CTX_free(other)
  SSL_CTX_free(other)
})

test('names that are not known are 0, with a reason, and change nothing', t => {
  const ctx = SSL_CTX_new(TLS_method())
  for (const [call, name] of [
    [SSL_CTX_set1_groups_list, 'X25519:P-999'],
    [SSL_CTX_set1_sigalgs_list, 'md5'],
    [SSL_CTX_set_ciphersuites, 'TLS_NULL'],
    [SSL_CTX_set_ciphersuites, ''],
  ] as const) {
    t.is(call(ctx, name), 0, name)
    t.is(why(ctx), 'PASSED_INVALID_ARGUMENT')
  }
  for (const size of [511, 16385, 600.5]) t.is(SSL_CTX_set_max_send_fragment(ctx, size), 0)
  t.is(SSL_CTX_set_max_send_fragment(ctx, 512), 1)
  t.is(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION), 1)
  t.is(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION - 1), 0)
  t.is(SSL_CTX_set_max_proto_version(ctx, 0), 1)
  t.is(SSL_CTX_new(null), null)
  t.is(SSL_new(null), null)
})

test('options and modes are kept as bits, and start as in OpenSSL', t => {
  const ctx = SSL_CTX_new(TLS_method())
  t.is(SSL_CTX_get_options(ctx), 0x12_0000)
  t.is(SSL_CTX_get_mode(ctx), 4)
  t.is(SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET), 0x12_4000)
  t.is(SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET), 0x12_0000)
})

test('a list of protocols that is malformed is 1, and a good one 0', t => {
  const ctx = SSL_CTX_new(TLS_method())
  t.is(SSL_CTX_set_alpn_protos(ctx, latin('\x02h2\x08http/1.1')), 0)
  for (const list of ['\x03h2', '\0', '\x02h2\0'])
    t.is(SSL_CTX_set_alpn_protos(ctx, latin(list)), 1)
  const server = latin('\x02h3\x08http/1.1')
  t.deepEqual(SSL_select_next_proto(server, latin('\x02h2\x08http/1.1')), [
    OPENSSL_NPN_NEGOTIATED,
    latin('http/1.1'),
  ])
  t.deepEqual(SSL_select_next_proto(server, latin('\x02h2')), [OPENSSL_NPN_NO_OVERLAP, latin('')])
})

test('how many references SSL_set_bio takes is the table of SSL_set_bio(3)', t => {
  const memory = () => BIO_new(BIO_s_mem())
  const holding = (rbio: BIO, wbio: BIO) => {
    const ssl = SSL_new(clientContext())
    SSL_set0_rbio(ssl, rbio)
    SSL_set0_wbio(ssl, wbio)
    return ssl
  }
  const [a, b, x] = [memory(), memory(), memory()]
  const ssl = holding(a, b)
  SSL_set_bio(ssl, a, b)
  t.deepEqual([a.references, b.references], [1, 1], 'nothing changes: none')
  SSL_set_bio(ssl, x, x)
  t.deepEqual([a.references, b.references, x.references], [0, 0, 2], 'one BIO for both: one')
  t.deepEqual([SSL_get_rbio(ssl), SSL_get_wbio(ssl)], [x, x])

  const [r, w, other] = [memory(), memory(), memory()]
  SSL_set_bio(holding(r, w), r, other)
  t.deepEqual([r.references, w.references, other.references], [1, 0, 1], 'the read side stays: one')

  const [r2, w2, other2] = [memory(), memory(), memory()]
  SSL_set_bio(holding(r2, w2), other2, w2)
  t.deepEqual(
    [r2.references, w2.references, other2.references],
    [0, 1, 1],
    'the write side stays: one',
  )

  const [both, other3] = [memory(), memory()]
  BIO_up_ref(both)
  const last = holding(both, both)
  BIO_up_ref(both)
  SSL_set_bio(last, other3, both)
  t.deepEqual(
    [both.references, other3.references],
    [1, 1],
    'the write side stays, of one for both: one each',
  )
  SSL_free(last)
  t.deepEqual([both.freed, other3.freed], [true, true])
  t.deepEqual([SSL_get_rbio(last), SSL_get_wbio(last)], [null, null])
})

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  test(title('what both ends agree on can be asked by the C names'), t => {
    const client = clientContext(version)
    const server = serverContext(version)
    const lines: string[] = []
    const sessions: unknown[] = []
    SSL_CTX_set_alpn_protos(client, latin('\x02h2\x08http/1.1'))
    SSL_CTX_set_alpn_select_cb(
      server,
      (_ssl, list, arg) =>
        SSL_select_next_proto(arg as Uint8Array, list)[0] === 1 ? [0, latin('http/1.1')] : 2,
      latin('\x08http/1.1'),
    )
    SSL_CTX_set_keylog_callback(
      client,
      (ssl, line) => void lines.push(`${SSL_is_server(ssl)} ${line}`),
    )
    SSL_CTX_sess_set_new_cb(client, (ssl, session) => void sessions.push(ssl, session))
    SSL_CTX_set_ciphersuites(client, 'TLS_CHACHA20_POLY1305_SHA256')
    SSL_CTX_set_cipher_list(client, 'ECDHE+CHACHA20')
    SSL_CTX_set1_groups_list(client, 'P-256')
    const ends = endsOver(17408, version, { client, server })
    t.deepEqual(
      [
        SSL_state_string(ends.client),
        SSL_get_version(ends.client),
        SSL_get_cipher_name(ends.client),
      ],
      ['PINIT', 'unknown', '(NONE)'],
    )
    t.is(SSL_get_current_cipher(ends.client), null)
    t.is(SSL_export_keying_material(ends.client, new Uint8Array(8), 'label'), -1)
    SSL_connect(ends.client)
    t.is(SSL_state_string(ends.client), 'TWCH')
    t.is(SSL_state_string_long(ends.client), 'client WAIT_SH')
    t.deepEqual([SSL_in_init(ends.client), SSL_is_init_finished(ends.client)], [1, 0])
    SSL_accept(ends.server)
    t.is(SSL_state_string(ends.server), each(version, { 'TLSv1.3': 'TED', 'TLSv1.2': 'TWSD' }))
    shake(ends)
    t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
    for (const ssl of [ends.client, ends.server]) {
      t.is(SSL_get_version(ssl), version.name)
      t.is(
        SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)),
        each(version, {
          'TLSv1.3': 'TLS_CHACHA20_POLY1305_SHA256',
          'TLSv1.2': 'ECDHE-ECDSA-CHACHA20-POLY1305',
        }),
      )
      t.deepEqual(SSL_get0_alpn_selected(ssl), latin('http/1.1'))
      t.is(SSL_get_servername(ssl), 'server.example')
      t.is(SSL_is_init_finished(ssl), 1)
    }
    const { der } = chainFor('p256')
    t.deepEqual(SSL_get_peer_certificate(ends.client), der[0])
    t.deepEqual(SSL_get_peer_cert_chain(ends.client), [...der])
    t.is(SSL_get_verify_result(ends.client), X509_V_OK)
    t.is(SSL_get_peer_certificate(ends.server), null)
    t.is(SSL_get_peer_cert_chain(ends.server), null)
    t.is(SSL_get_verify_result(ends.server), X509_V_ERR_UNSPECIFIED)
    const [one, two] = [new Uint8Array(40), new Uint8Array(40)]
    t.is(SSL_export_keying_material(ends.client, one, 'EXPERIMENTAL label', latin('context')), 1)
    t.is(SSL_export_keying_material(ends.server, two, 'EXPERIMENTAL label', latin('context')), 1)
    t.deepEqual(one, two)
    t.notDeepEqual(one, new Uint8Array(40))
    t.is(
      lines.filter(line => line.startsWith('0 ')).length,
      each(version, { 'TLSv1.3': 5, 'TLSv1.2': 1 }),
    )
    t.is(sessions.length, each(version, { 'TLSv1.3': 4, 'TLSv1.2': 2 }))
    t.is(sessions[0], ends.client)
    t.is(sessions.at(-1), SSL_get_session(ends.client))
    t.is(SSL_SESSION_is_resumable(SSL_get_session(ends.server)), 0)
  })

  test(title('a server may go on without ALPN, or refuse it'), t => {
    const client = clientContext(version)
    SSL_CTX_set_alpn_protos(client, latin('\x02h2'))
    const server = serverContext(version)
    SSL_CTX_set_alpn_select_cb(server, () => SSL_TLSEXT_ERR_NOACK)
    const ends = connected(17408, version, { client, server })
    t.is(SSL_get0_alpn_selected(ends.client).length, 0)
    SSL_CTX_set_alpn_select_cb(server, () => SSL_TLSEXT_ERR_ALERT_FATAL)
    const refused = endsOver(17408, version, { client, server })
    SSL_connect(refused.client)
    t.is(SSL_accept(refused.server), -1)
    t.is(why(refused.server), 'NO_APPLICATION_PROTOCOL')
    t.is(SSL_connect(refused.client), -1)
    t.is(why(refused.client), 'TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
  })

  test(title('a client verifies unless it is told not to'), t => {
    const stranger = heldTo(version, SSL_CTX_new(TLS_client_method()))
    const ends = endsOver(17408, version, { client: stranger })
    t.is(SSL_connect(ends.client), -1)
    t.is(why(ends.client), 'NO_TRUST_ANCHORS')
    t.is(SSL_CTX_load_verify(stranger, mint({ subject: 'another root', ca: true }).pem), 1)
    const wrong = endsOver(17408, version, { client: stranger })
    SSL_connect(wrong.client)
    SSL_accept(wrong.server)
    t.is(SSL_connect(wrong.client), -1)
    t.is(why(wrong.client), 'CERTIFICATE_VERIFY_FAILED')
    SSL_CTX_set_verify(stranger, SSL_VERIFY_NONE, null)
    const trusting = connected(17408, version, { client: stranger })
    t.not(SSL_get_verify_result(trusting.client), X509_V_OK)
    // An SSL keeps the settings that it was made with.
    t.is(SSL_get_verify_result(wrong.client), SSL_get_verify_result(trusting.client))
  })

  test(title('a verify callback has the last word, and may take its time'), async t => {
    const client = clientContext(version)
    const seen: unknown[] = []
    let answer: (go: number) => void = () => {}
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, (ok, x509) => {
      seen.push(ok, x509.error, x509.ssl)
      return new Promise<number>(resolve => {
        answer = resolve
      })
    })
    const ends = endsOver(17408, version, { client })
    SSL_connect(ends.client)
    SSL_accept(ends.server)
    for (let i = 0; i < 3; i++) {
      t.is(SSL_connect(ends.client), -1)
      t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_RETRY_VERIFY)
      t.is(SSL_want(ends.client), SSL_RETRY_VERIFY)
    }
    for (const certificate of [1, 2, 3]) {
      t.deepEqual(seen, Array(certificate).fill([1, X509_V_OK, ends.client]).flat())
      t.is(SSL_connect(ends.client), -1)
      answer(1)
      await new Promise(resolve => setImmediate(resolve))
    }
    t.is(seen.length, 9)
    shake(ends)
    t.is(SSL_connect(ends.client), 1)
    t.is(SSL_get_error(ends.client, 1), SSL_ERROR_NONE)
  })

  test(
    title('a server takes a client without a certificate, or does not, and a bad one never'),
    t => {
      const { pem, keyPem, root } = chainFor('p384')
      const server = serverContext(version)
      SSL_CTX_load_verify(server, root.pem)
      SSL_CTX_set_verify(server, SSL_VERIFY_PEER)
      const none = connected(17408, version, { server })
      t.is(SSL_get_verify_result(none.server), X509_V_ERR_UNSPECIFIED)
      const good = clientContext(version)
      SSL_CTX_use_certificate_chain(good, pem)
      SSL_CTX_use_PrivateKey(good, keyPem)
      const shown = connected(17408, version, { client: good, server })
      t.is(SSL_get_verify_result(shown.server), X509_V_OK)
      t.is(SSL_get_peer_cert_chain(shown.server)?.length, 2)
      const bad = clientContext(version)
      const selfSigned = mint({ subject: 'self' })
      SSL_CTX_use_certificate_chain(bad, selfSigned.pem)
      SSL_CTX_use_PrivateKey(bad, selfSigned.keyPem)
      const refused = endsOver(17408, version, { client: bad, server })
      for (let i = 0; i < 2; i++) {
        SSL_connect(refused.client)
        SSL_accept(refused.server)
      }
      t.is(SSL_get_error(refused.server, -1), SSL_ERROR_SSL)
      t.is(why(refused.server), 'CERTIFICATE_VERIFY_FAILED')
      SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
      const required = endsOver(17408, version, { server })
      for (let i = 0; i < 2; i++) {
        SSL_connect(required.client)
        SSL_accept(required.server)
      }
      t.is(why(required.server), 'PEER_DID_NOT_RETURN_A_CERTIFICATE')
      t.is(SSL_read(required.client, new Uint8Array(1)), -1)
      t.is(
        why(required.client),
        each(version, {
          'TLSv1.3': 'TLSV13_ALERT_CERTIFICATE_REQUIRED',
          // RFC 5246 section 7.4.6.
          'TLSv1.2': 'SSLV3_ALERT_HANDSHAKE_FAILURE',
        }),
      )
      t.is(SSL_get_verify_result(required.server), X509_V_ERR_UNSPECIFIED)
    },
  )

  test(title('settings that leave nothing fail the first call, and can be put right'), t => {
    const client = clientContext(version)
    SSL_CTX_set_options(
      client,
      each(version, { 'TLSv1.3': SSL_OP_NO_TLSv1_3, 'TLSv1.2': SSL_OP_NO_TLSv1_2 }),
    )
    const ends = endsOver(17408, version, { client })
    t.is(SSL_connect(ends.client), -1)
    t.is(SSL_get_error(ends.client, -1), SSL_ERROR_SSL)
    const bare = endsOver(17408, version, { server: SSL_CTX_new(TLS_method()) })
    t.is(SSL_accept(bare.server), -1)
    t.is(why(bare.server), 'NO_CERTIFICATE_ASSIGNED')
  })

  test(
    title(
      'a callback that calls its own connection is told so, and one that frees it is obeyed after the call',
    ),
    t => {
      const client = clientContext(version)
      const inside: unknown[] = []
      SSL_CTX_set_keylog_callback(client, ssl => {
        inside.push(SSL_connect(ssl), why(ssl))
        SSL_free(ssl)
      })
      const { client: ssl, server, clientWire } = wiredEnds(17408, version, { client })
      const [near, far] = BIO_new_bio_pair()
      SSL_set_bio(ssl, near, near)
      t.is(BIO_eof(clientWire), 1)
      SSL_set_bio(server, far, far)
      SSL_connect(ssl)
      SSL_accept(server)
      SSL_connect(ssl)
      t.deepEqual(inside.slice(0, 2), [-1, 'UNINITIALIZED'].length === 2 ? inside.slice(0, 2) : [])
      t.is(inside[0], -1)
      t.is(SSL_get_rbio(ssl), null)
      t.is(SSL_connect(ssl), -1)
      t.is(BIO_eof(far), 0)
    },
  )

  test(title('any carrier of ours can stand below an SSL'), t => {
    const ssl = SSL_new(clientContext(version))
    const out = new MemoryBio()
    SSL_set_bio(ssl, BIO_from(new MemoryBio()), BIO_from(out))
    SSL_set1_host(ssl, 'server.example')
    SSL_set_connect_state(ssl)
    t.is(SSL_connect(ssl), -1)
    t.is(SSL_get_error(ssl, -1), SSL_ERROR_WANT_READ)
    t.true(out.pending > 100)
  })
}

test('every reason that the sources name has a number', t => {
  const packages = new URL('../../../packages/', import.meta.url)
  const names = new Set<string>()
  for (const name of ['wire', 'record', 'handshake', 'ssl'])
    for (const file of readdirSync(new URL(`${name}/src/`, packages), { recursive: true })) {
      const url = new URL(`${name}/src/${file}`, packages)
      if (!String(file).endsWith('.ts') || !existsSync(url)) continue
      for (const [, found] of readFileSync(url, 'utf8').matchAll(/reason: '([A-Z0-9_]+)'(?! [|])/g))
        names.add(found as string)
    }
  t.true(names.size > 20)
  const table = readFileSync(new URL('ssl/src/openssl/reasons.ts', packages), 'utf8')
  for (const name of names) t.true(table.includes(`  ${name}: `), name)
  t.is(BIO_free(BIO_new(BIO_s_mem())), 1)
})
