/** SSL_clear, SSL_dup, what is hung on objects, what was set and can be asked, and states in OpenSSL's words. */
import {
  BIO_ctrl_pending,
  BIO_new_bio_pair,
  BIO_read,
  BIO_write,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_alert_desc_string,
  SSL_alert_desc_string_long,
  SSL_alert_type_string,
  SSL_alert_type_string_long,
  SSL_CTX_free,
  SSL_CTX_get_app_data,
  SSL_CTX_get_ciphers,
  SSL_CTX_get_ex_data,
  SSL_CTX_get_ex_new_index,
  SSL_CTX_get_keylog_callback,
  SSL_CTX_get_max_proto_version,
  SSL_CTX_get_min_proto_version,
  SSL_CTX_get_quiet_shutdown,
  SSL_CTX_get_read_ahead,
  SSL_CTX_get_ssl_method,
  SSL_CTX_get_verify_callback,
  SSL_CTX_get_verify_depth,
  SSL_CTX_get0_certificate,
  SSL_CTX_new,
  SSL_CTX_sess_get_new_cb,
  SSL_CTX_set_app_data,
  SSL_CTX_set_ex_data,
  SSL_CTX_set_keylog_callback,
  SSL_CTX_set_quiet_shutdown,
  SSL_CTX_set_read_ahead,
  SSL_CTX_set_verify,
  SSL_CTX_set1_sigalgs_list,
  SSL_CTX_up_ref,
  SSL_check_private_key,
  SSL_clear,
  SSL_connect,
  SSL_dup,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_free,
  SSL_get_app_data,
  SSL_get_certificate,
  SSL_get_cipher_list,
  SSL_get_ciphers,
  SSL_get_default_timeout,
  SSL_get_error,
  SSL_get_ex_data,
  SSL_get_ex_new_index,
  SSL_get_max_proto_version,
  SSL_get_min_proto_version,
  SSL_get_num_tickets,
  SSL_get_rbio,
  SSL_get_read_ahead,
  SSL_get_SSL_CTX,
  SSL_get_servername,
  SSL_get_shutdown,
  SSL_get_ssl_method,
  SSL_get_state,
  SSL_get_verify_callback,
  SSL_get_verify_mode,
  SSL_get_version,
  SSL_get_wbio,
  SSL_get0_group_name,
  SSL_get0_param,
  SSL_in_accept_init,
  SSL_in_before,
  SSL_in_connect_init,
  SSL_in_init,
  SSL_is_dtls,
  SSL_is_init_finished,
  SSL_new,
  SSL_read,
  SSL_rstate_string,
  SSL_rstate_string_long,
  SSL_set_accept_state,
  SSL_set_app_data,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set_ex_data,
  SSL_set_max_proto_version,
  SSL_set_max_send_fragment,
  SSL_set_min_proto_version,
  SSL_set_num_tickets,
  SSL_set_quiet_shutdown,
  SSL_set_read_ahead,
  SSL_set_tlsext_host_name,
  SSL_set1_host,
  SSL_shutdown,
  SSL_state_string,
  SSL_use_certificate_chain,
  SSL_use_PrivateKey,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  SSL_version,
  SSL_want_client_hello_cb,
  SSL_want_nothing,
  SSL_want_read,
  SSL_want_retry_verify,
  SSL_want_write,
  SSL_want_x509_lookup,
  SSL_write,
  TLS_method,
  TLS_ST_BEFORE,
  TLS_ST_CW_CLNT_HELLO,
  TLS_ST_CW_FINISHED,
  TLS_ST_EARLY_DATA,
  TLS_ST_OK,
  TLS_ST_SW_SRVR_DONE,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
  X509_VERIFY_PARAM_get0_host,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  connected,
  counted,
  drained,
  each,
  endsOver,
  inject,
  relay,
  ringSizes,
  serverContext,
  shake,
  versions,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  for (const size of ringSizes)
    test(title(`SSL_clear: both ends begin anew over the same BIOs, with rings of ${size}`), t => {
      const ends = connected(size, version)
      const [near, far] = [SSL_get_rbio(ends.client), SSL_get_rbio(ends.server)]
      const shut = [0, 0]
      for (let i = 0; i < 5000 && shut.includes(0); i++) {
        if (SSL_shutdown(ends.client) === 1) shut[0] = 1
        if (SSL_shutdown(ends.server) === 1) shut[1] = 1
      }
      t.deepEqual(shut, [1, 1])
      t.deepEqual([near && BIO_ctrl_pending(near), far && BIO_ctrl_pending(far)], [0, 0])
      for (const ssl of [ends.client, ends.server]) {
        t.is(SSL_clear(ssl), 1)
        t.is(SSL_get_shutdown(ssl), 0)
        t.is(SSL_state_string(ssl), 'PINIT')
        t.is(SSL_in_before(ssl), 1)
        t.is(SSL_get_version(ssl), 'unknown')
      }
      t.is(SSL_get_rbio(ends.client), near)
      shake(ends)
      t.is(SSL_get_servername(ends.server), 'server.example')
      let sent = SSL_write(ends.client, counted(9))
      const got = into(9)
      let read = SSL_read(ends.server, got)
      for (let i = 0; i < 200 && (sent < 0 || read < 0); i++) {
        if (sent < 0) sent = SSL_write(ends.client, counted(9))
        if (read < 0) read = SSL_read(ends.server, got)
      }
      t.deepEqual([sent, read], [9, 9])
      t.deepEqual(got, counted(9))
    })

  test(title('SSL_clear: a failed connection is forgotten, and a half-written record is'), t => {
    const { client, server, clientWire, serverWire } = wiredEnds(17408, version)
    SSL_connect(client)
    drained(clientWire)
    inject(clientWire, Uint8Array.of(21, 3, 3, 0, 2, 2, 40))
    t.is(SSL_connect(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(SSL_state_string(client), 'SSLERR')
    t.is(SSL_clear(client), 1)
    t.is(SSL_connect(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
    relay(clientWire, serverWire)
    t.is(SSL_accept(server), -1)
    t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)

    const small = connected(100, version)
    while (SSL_read(small.client, into(1)) > 0);
    t.is(SSL_write(small.client, counted(500)), -1)
    const wire = SSL_get_rbio(small.server)
    const pending = wire ? BIO_ctrl_pending(wire) : 0
    t.is(SSL_clear(small.client), 1)
    // Nothing more is said; what the BIO has, it keeps.
    t.is(wire && BIO_ctrl_pending(wire), pending)
  })

  test(title('SSL_clear: from inside a callback it is refused'), t => {
    const ctx = clientContext(version)
    const results: unknown[] = []
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, (_ok, { ssl }) => {
      results.push(SSL_clear(ssl), why(ssl))
      return 1
    })
    const ends = endsOver(17408, version, { client: ctx })
    shake(ends)
    // Once for each certificate of the path.
    const refused = [0, 'SHOULD_NOT_HAVE_BEEN_CALLED']
    t.deepEqual(results, [...refused, ...refused, ...refused])
    SSL_free(ends.client)
    t.is(SSL_clear(ends.client), 0)
  })

  test(
    title(
      'SSL_dup: the settings go along, the BIOs do not, and once it has begun it is the same SSL',
    ),
    t => {
      const { client, server } = endsOver(17408, version)
      const marks: unknown[] = []
      const copied = SSL_get_ex_new_index(7, 'arg', null, (to, from, data, _idx, argl, argp) => {
        marks.push(to !== from, argl, argp)
        return [1, `copy of ${data}`]
      })
      SSL_set_ex_data(client, copied, 'mark')
      SSL_set_app_data(client, 'app')
      SSL_set_quiet_shutdown(client, 1)
      const copy = SSL_dup(client) as SSL
      t.not(copy, client)
      t.deepEqual([SSL_get_rbio(copy), SSL_get_wbio(copy)], [null, null])
      t.is(SSL_get_ex_data(copy, copied), 'copy of mark')
      t.is(SSL_get_app_data(copy), 'app')
      t.deepEqual(marks, [true, 7, 'arg'])
      t.is(X509_VERIFY_PARAM_get0_host(SSL_get0_param(copy), 0), 'server.example')
      t.is(SSL_get_servername(copy), 'server.example')
      const [near, far] = BIO_new_bio_pair()
      SSL_set_bio(copy, near, near)
      SSL_set_bio(server, far, far)
      shake({ client: copy, server })
      t.is(SSL_shutdown(copy), 1)
      const before = copy.references
      t.is(SSL_dup(copy), copy)
      t.is(copy.references, before + 1)
      const refusing = SSL_get_ex_new_index(0, null, null, () => [0])
      SSL_set_ex_data(client, refusing, 1)
      t.is(SSL_dup(client), null)
    },
  )

  test(title('states, wants and what is agreed on, in OpenSSL’s numbers'), t => {
    const { client, server, clientWire, serverWire } = wiredEnds(17408, version)
    t.deepEqual([SSL_get_state(client), SSL_get_state(server)], [TLS_ST_BEFORE, TLS_ST_BEFORE])
    t.true(SSL_want_nothing(client))
    t.deepEqual(
      [SSL_in_before(client), SSL_in_connect_init(client), SSL_in_accept_init(client)],
      [1, 1, 0],
    )
    SSL_connect(client)
    t.is(SSL_get_state(client), TLS_ST_CW_CLNT_HELLO)
    t.is(SSL_in_before(client), 0)
    t.true(SSL_want_read(client))
    t.false(SSL_want_write(client) || SSL_want_x509_lookup(client))
    t.false(SSL_want_retry_verify(client) || SSL_want_client_hello_cb(client))
    const hello = drained(clientWire)
    inject(serverWire, hello.subarray(0, 50))
    SSL_accept(server)
    t.is(SSL_rstate_string(server), 'RB')
    t.is(SSL_rstate_string_long(server), 'read body')
    inject(serverWire, hello.subarray(50))
    SSL_accept(server)
    t.is(SSL_rstate_string(server), 'RH')
    t.is(SSL_rstate_string_long(server), 'read header')
    t.is(
      SSL_get_state(server),
      each(version, { 'TLSv1.3': TLS_ST_EARLY_DATA, 'TLSv1.2': TLS_ST_SW_SRVR_DONE }),
    )
    t.is(SSL_in_accept_init(server), 1)
    relay(serverWire, clientWire)
    t.is(SSL_connect(client), each(version, { 'TLSv1.3': 1, 'TLSv1.2': -1 }))
    t.is(
      SSL_get_state(client),
      each(version, { 'TLSv1.3': TLS_ST_OK, 'TLSv1.2': TLS_ST_CW_FINISHED }),
    )
    relay(clientWire, serverWire)
    t.is(SSL_accept(server), 1)
    relay(serverWire, clientWire)
    t.is(SSL_connect(client), 1)
    for (const ssl of [client, server]) {
      t.is(SSL_get_state(ssl), TLS_ST_OK)
      t.is(SSL_is_init_finished(ssl), 1)
      t.is(SSL_in_init(ssl), 0)
      t.is(SSL_version(ssl), version.number)
      t.is(SSL_is_dtls(ssl), 0)
    }
    t.is(SSL_get0_group_name(client), SSL_get0_group_name(server))
    t.regex(SSL_get0_group_name(client) ?? '', /25519|secp/)
  })

  test(title('an SSL has settings of its own for what a context has'), t => {
    const { pem, keyPem, der } = chainFor('p256')
    const ssl = SSL_new(SSL_CTX_new(TLS_method()))
    t.is(SSL_check_private_key(ssl), 0)
    t.is(why(ssl), 'NO_CERTIFICATE_ASSIGNED')
    t.is(SSL_get_certificate(ssl), null)
    t.is(SSL_use_PrivateKey(ssl, keyPem), 1)
    t.is(SSL_use_certificate_chain(ssl, pem), 1)
    t.is(SSL_check_private_key(ssl), 1)
    t.deepEqual(SSL_get_certificate(ssl), der[0])
    t.deepEqual(SSL_CTX_get0_certificate(serverContext(version)), der[0])
    t.is(SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)), null)
    t.deepEqual(
      [SSL_get_num_tickets(ssl), SSL_set_num_tickets(ssl, 0), SSL_get_num_tickets(ssl)],
      [2, 1, 0],
    )
    t.is(SSL_set_num_tickets(ssl, 33), 0)
    t.deepEqual([SSL_set_max_send_fragment(ssl, 511), SSL_set_max_send_fragment(ssl, 512)], [0, 1])
    t.is(SSL_set_min_proto_version(ssl, TLS1_2_VERSION), 1)
    t.is(SSL_set_min_proto_version(ssl, TLS1_3_VERSION + 1), 0)
    t.is(SSL_set_max_proto_version(ssl, TLS1_2_VERSION - 1), 0)
    t.is(SSL_set_max_proto_version(ssl, TLS1_3_VERSION), 1)
    t.deepEqual(
      [SSL_get_min_proto_version(ssl), SSL_get_max_proto_version(ssl)],
      [TLS1_2_VERSION, TLS1_3_VERSION],
    )
    t.is(SSL_get_verify_mode(ssl), SSL_VERIFY_PEER)
    SSL_set_accept_state(ssl)
    t.is(SSL_get_verify_mode(ssl), SSL_VERIFY_NONE)
    SSL_set_connect_state(ssl)
    t.is(SSL_set_tlsext_host_name(ssl, 'a.example'), 1)
    t.is(SSL_set1_host(ssl, 'a.example'), 1)
    SSL_set_read_ahead(ssl, 1)
    t.is(SSL_get_read_ahead(ssl), 1)
    t.is(SSL_get_default_timeout(ssl), 7200)
    t.is(SSL_get_cipher_list(ssl, 0), SSL_get_ciphers(ssl)[0]?.name ?? '')
    t.is(SSL_get_cipher_list(ssl, 99), null)
    t.is(SSL_get_ssl_method(ssl).role, 'any')
  })
}

test('what a context was set to can be asked', t => {
  const ctx = clientContext()
  const verify = () => 1
  const keylog = () => {}
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, verify)
  SSL_CTX_set_keylog_callback(ctx, keylog)
  SSL_CTX_set_quiet_shutdown(ctx, 1)
  SSL_CTX_set_read_ahead(ctx, 1)
  t.is(SSL_CTX_get_verify_callback(ctx), verify)
  t.is(SSL_get_verify_callback(SSL_new(ctx)), verify)
  t.is(SSL_CTX_get_keylog_callback(ctx), keylog)
  t.is(SSL_CTX_sess_get_new_cb(ctx), null)
  t.is(SSL_CTX_get_quiet_shutdown(ctx), 1)
  t.is(SSL_CTX_get_read_ahead(ctx), 1)
  t.is(SSL_CTX_get_verify_depth(ctx), -1)
  t.deepEqual(
    [SSL_CTX_get_min_proto_version(ctx), SSL_CTX_get_max_proto_version(ctx)],
    [TLS1_3_VERSION, TLS1_3_VERSION],
  )
  t.is(SSL_CTX_get_ssl_method(ctx).role, 'client')
  t.true(SSL_CTX_get_ciphers(ctx).some(({ name }) => name === 'TLS_AES_128_GCM_SHA256'))
})

test('a connection is an owner of its context, whose data is freed when the last owner has let go', t => {
  const ctx = SSL_CTX_new(TLS_method())
  const seen: unknown[] = []
  const place = SSL_CTX_get_ex_new_index(
    1,
    'p',
    null,
    null,
    (parent, data, idx, argl, argp) =>
      void seen.push(parent === ctx, data, idx === place, argl, argp),
  )
  t.is(SSL_CTX_get_ex_data(ctx, place), null)
  t.is(SSL_CTX_set_ex_data(ctx, place, 'data'), 1)
  t.is(SSL_CTX_set_app_data(ctx, 'mine'), 1)
  t.is(SSL_CTX_get_app_data(ctx), 'mine')
  const ssl = SSL_new(ctx)
  t.is(ctx.references, 2)
  SSL_CTX_up_ref(ctx)
  SSL_CTX_free(ctx)
  SSL_CTX_free(ctx)
  t.is(SSL_get_SSL_CTX(ssl), ctx)
  t.deepEqual(seen, [])
  SSL_free(ssl)
  t.is(ctx.references, 0)
  t.deepEqual(seen, [true, 'data', true, 1, 'p'])
  SSL_CTX_free(ctx)
  t.is(ctx.references, 0)
})

test('a place for data on an SSL is nobody else’s; it may be filled at the first look, and is freed with the SSL', t => {
  const freed: unknown[] = []
  const one = SSL_get_ex_new_index()
  const two = SSL_get_ex_new_index(
    3,
    'x',
    (_ssl, _idx, argl, argp) => [argl, argp],
    null,
    (_ssl, data) => void freed.push(data),
  )
  const ssl = SSL_new(SSL_CTX_new(TLS_method()))
  t.is(SSL_get_ex_data(ssl, one), null)
  t.is(SSL_set_ex_data(ssl, one, 1), 1)
  t.deepEqual(SSL_get_ex_data(ssl, two), [3, 'x'])
  t.is(SSL_set_ex_data(ssl, 40, 'far'), 1)
  t.is(SSL_get_ex_data(ssl, 40), 'far')
  t.is(SSL_get_ex_data(ssl, 39), null)
  t.is(SSL_set_ex_data(ssl, -1, 0), 0)
  t.is(SSL_get_ex_data(ssl, one), 1)
  t.is(SSL_get_app_data(ssl), null)
  SSL_free(ssl)
  t.deepEqual(freed, [[3, 'x']])
})

test('alerts have OpenSSL’s letters and the RFC’s words', t => {
  t.deepEqual([0x100, 0x200, 0x300].map(SSL_alert_type_string), ['W', 'F', 'U'])
  t.deepEqual([0x100, 0x200, 0].map(SSL_alert_type_string_long), ['warning', 'fatal', 'unknown'])
  t.deepEqual([0x100, 0x228, 0x250, 0x274, 0x21e].map(SSL_alert_desc_string), [
    'CN',
    'HF',
    'IE',
    'UK',
    'DF',
  ])
  t.deepEqual([0x100, 0x228, 0x274, 0x2ff].map(SSL_alert_desc_string_long), [
    'close notify',
    'handshake failure',
    'certificate required',
    'unknown',
  ])
})

test('signature lists are read in the RFC’s names and in OpenSSL’s', t => {
  const ctx = SSL_CTX_new(TLS_method())
  const cases = {
    'RSA-PSS+SHA256:ECDSA+SHA384': 'rsa_pss_rsae_sha256:ecdsa_secp384r1_sha384',
    'PSS+SHA512:ed25519': 'rsa_pss_rsae_sha512:ed25519',
    'RSA+SHA384:ecdsa_secp256r1_sha256': 'rsa_pkcs1_sha384:ecdsa_secp256r1_sha256',
  }
  for (const [given, meant] of Object.entries(cases)) {
    t.is(SSL_CTX_set1_sigalgs_list(ctx, given), 1)
    t.is(ctx.settings.values.sigalgs, meant)
  }
  for (const bad of [
    'ECDSA+SHA1',
    'DSA+SHA256',
    'ECDSA+SHA256+X',
    'ECDSA+',
    '+SHA256',
    'ECDSA+constructor',
  ])
    t.is(SSL_CTX_set1_sigalgs_list(ctx, bad), 0, bad)
  const [near] = BIO_new_bio_pair()
  t.is(BIO_write(near, into(1)), 1)
  t.is(BIO_read(near, into(1)), -1)
})
