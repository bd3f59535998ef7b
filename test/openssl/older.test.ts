/** TLS 1.2 by the C names: bounds on versions, lists of suites, S13 as refusal, fallback, hints and fragments. */
import {
  ERR_get_error_all,
  SSL_accept,
  SSL_CIPHER_get_name,
  SSL_CIPHER_standard_name,
  type SSL_CTX,
  SSL_CTX_get_ciphers,
  SSL_CTX_new,
  SSL_CTX_set_cipher_list,
  SSL_CTX_set_ciphersuites,
  SSL_CTX_set_max_proto_version,
  SSL_CTX_set_min_proto_version,
  SSL_CTX_set_mode,
  SSL_CTX_set_options,
  SSL_CTX_set_psk_client_callback,
  SSL_CTX_set_psk_server_callback,
  SSL_CTX_set_tlsext_max_fragment_length,
  SSL_CTX_use_psk_identity_hint,
  SSL_connect,
  SSL_get_cipher_name,
  SSL_get_current_cipher,
  SSL_get_psk_identity,
  SSL_get_version,
  SSL_MODE_SEND_FALLBACK_SCSV,
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3,
  SSL_read,
  SSL_renegotiate,
  SSL_renegotiate_abbreviated,
  SSL_renegotiate_pending,
  SSL_version,
  SSL_write,
  TLS_method,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
  TLSEXT_max_fragment_length_512,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  type Ends,
  endsOver,
  serverContext,
  shake,
  versions,
} from './support/tls.ts'

const older = versions[1]
const names = (ctx: SSL_CTX) => SSL_CTX_get_ciphers(ctx).map(SSL_CIPHER_get_name)
const why = (owner: Parameters<typeof ERR_get_error_all>[0]) => ERR_get_error_all(owner)?.reason
const fresh = () => SSL_CTX_new(TLS_method())

test('which versions are spoken: the bounds, and the options that take one away', t => {
  const spoken = (least: number, most: number, options = 0) => {
    const client = clientContext()
    SSL_CTX_set_min_proto_version(client, least)
    SSL_CTX_set_max_proto_version(client, most)
    SSL_CTX_set_options(client, options)
    const found = []
    for (const version of versions) {
      const ends = endsOver(17_408, version, { client })
      SSL_connect(ends.client)
      SSL_accept(ends.server)
      SSL_connect(ends.client)
      const name = SSL_get_version(ends.client)
      if (name === version.name && SSL_version(ends.client) === version.number) found.push(name)
    }
    return found.join()
  }
  t.is(spoken(0, 0), 'TLSv1.3')
  t.is(spoken(0, TLS1_3_VERSION), 'TLSv1.3')
  t.is(spoken(TLS1_2_VERSION, 0), 'TLSv1.3,TLSv1.2')
  t.is(spoken(0x0301, 0), 'TLSv1.3,TLSv1.2')
  t.is(spoken(0, TLS1_2_VERSION), 'TLSv1.2')
  t.is(spoken(0, 0, SSL_OP_NO_TLSv1_3), 'TLSv1.2')
  t.is(spoken(TLS1_2_VERSION, 0, SSL_OP_NO_TLSv1_2), 'TLSv1.3')
  t.is(spoken(TLS1_3_VERSION, 0, SSL_OP_NO_TLSv1_3), '')
  t.is(spoken(TLS1_3_VERSION, TLS1_2_VERSION), '')
  const ctx = fresh()
  t.is(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION - 1), 0)
  t.is(why(ctx), 'NO_PROTOCOLS_AVAILABLE')
})

test('a cipher list is of TLS 1.2, ciphersuites of TLS 1.3; each has its own order', t => {
  const ctx = fresh()
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)
  t.is(SSL_CTX_set_ciphersuites(ctx, 'TLS_AES_256_GCM_SHA384'), 1)
  for (const [list, expected] of [
    ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    [
      'ECDHE-RSA-CHACHA20-POLY1305:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      'ECDHE-RSA-CHACHA20-POLY1305,ECDHE-ECDSA-AES128-GCM-SHA256',
    ],
    ['aRSA+AES256', 'ECDHE-RSA-AES256-GCM-SHA384'],
    [
      'ECDHE+AESGCM:!ECDSA:!aNULL:!MD5:@STRENGTH:@SECLEVEL=2',
      'ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-AES128-GCM-SHA256',
    ],
    ['aRSA:-AES128,+CHACHA20', 'ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-CHACHA20-POLY1305'],
    ['!AES:!aRSA:DEFAULT', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ] as const) {
    t.is(SSL_CTX_set_cipher_list(ctx, list), 1, list)
    t.deepEqual(names(ctx), ['TLS_AES_256_GCM_SHA384', ...expected.split(',')], list)
  }
  const before = names(ctx)
  for (const wrong of [
    '',
    'AES128-SHA',
    'kRSA',
    'TLS_AES_128_GCM_SHA256',
    'ALL:!ALL',
    '@SECLEVEL=5',
  ]) {
    t.is(SSL_CTX_set_cipher_list(ctx, wrong), 0, wrong)
    t.truthy(why(ctx))
  }
  t.is(SSL_CTX_set_ciphersuites(ctx, 'ECDHE-RSA-AES128-GCM-SHA256'), 0)
  t.deepEqual(names(ctx), before)
})

/** A connection of TLS 1.2, shaken. */
function connected(contexts: Partial<Record<'client' | 'server', SSL_CTX>> = {}): Ends {
  const ends = endsOver(17_408, older, contexts)
  shake(ends)
  return ends
}

test('S13: SSL_renegotiate is refused in either role, and the data goes on', t => {
  const ends = connected()
  for (const [near, far] of [
    [ends.client, ends.server],
    [ends.server, ends.client],
  ] as const) {
    for (const call of [SSL_renegotiate, SSL_renegotiate_abbreviated]) {
      t.is(call(near), 0)
      t.is(why(near), 'NO_RENEGOTIATION')
    }
    t.is(SSL_renegotiate_pending(near), 0)
    t.is(SSL_write(near, Uint8Array.of(1, 2, 3)), 3)
    t.is(SSL_read(far, new Uint8Array(9)), 3)
  }
  const newer = endsOver(17_408, versions[0])
  shake(newer)
  t.is(SSL_renegotiate(newer.client), 0)
  t.is(why(newer.client), 'WRONG_SSL_VERSION')
})

test('a suite of TLS 1.2 has the name that OpenSSL gives it, and the one that IANA does', t => {
  const { client, server } = connected()
  t.is(SSL_get_cipher_name(client), SSL_get_cipher_name(server))
  t.regex(SSL_get_cipher_name(client), /^ECDHE-ECDSA-/)
  t.regex(SSL_CIPHER_standard_name(SSL_get_current_cipher(client)), /^TLS_ECDHE_ECDSA_WITH_/)
})

test('SSL_MODE_SEND_FALLBACK_SCSV is refused by a server of TLS 1.3', t => {
  const client = clientContext(older)
  SSL_CTX_set_mode(client, SSL_MODE_SEND_FALLBACK_SCSV)
  t.is(SSL_get_version(connected({ client }).client), 'TLSv1.2')
  const server = serverContext()
  SSL_CTX_set_min_proto_version(server, TLS1_2_VERSION)
  const ends = endsOver(17_408, older, { client, server })
  SSL_connect(ends.client)
  t.is(SSL_accept(ends.server), -1)
  t.is(why(ends.server), 'INAPPROPRIATE_FALLBACK')
})

test('the callbacks for keys: the client hears the hint, and both know the identity', t => {
  const client = clientContext(older)
  const server = serverContext(older)
  const key = new Uint8Array(32).fill(3)
  const hints: unknown[] = []
  t.is(SSL_CTX_use_psk_identity_hint(server, 'depot'), 1)
  t.is(SSL_CTX_use_psk_identity_hint(server, 'x'.repeat(129)), 0)
  SSL_CTX_set_psk_client_callback(client, (_, hint) => {
    hints.push(hint)
    return ['tram', key]
  })
  SSL_CTX_set_psk_server_callback(server, (_, identity) => (identity === 'tram' ? key : 0))
  const ends = connected({ client, server })
  t.deepEqual(hints, ['depot'])
  t.regex(SSL_get_cipher_name(ends.client), /^ECDHE-PSK-/)
  t.is(SSL_get_psk_identity(ends.client), 'tram')
  t.is(SSL_get_psk_identity(ends.server), 'tram')
  t.is(SSL_get_psk_identity(connected().client), null)
})

test('max_fragment_length is one of four, or none', t => {
  const client = clientContext(older)
  t.is(SSL_CTX_set_tlsext_max_fragment_length(client, TLSEXT_max_fragment_length_512), 1)
  t.is(SSL_CTX_set_tlsext_max_fragment_length(client, 5), 0)
  t.is(why(client), 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH')
  const { client: ssl } = connected({ client })
  t.is(SSL_get_version(ssl), 'TLSv1.2')
})
