/** Section 5.9: which names a peer has to prove, and what else verification may be told (X509_VERIFY_PARAM). */
import {
  BIO_new_bio_pair,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_add1_host,
  type SSL_CTX,
  SSL_CTX_add_client_CA,
  SSL_CTX_get_client_CA_list,
  SSL_CTX_get0_param,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_client_CA_list,
  SSL_CTX_set_verify,
  SSL_CTX_set_verify_depth,
  SSL_CTX_set1_param,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_get_client_CA_list,
  SSL_get_servername,
  SSL_get_verify_depth,
  SSL_get_verify_result,
  SSL_get0_param,
  SSL_get0_peername,
  SSL_load_client_CA,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set_hostflags,
  SSL_set_tlsext_host_name,
  SSL_set_verify_depth,
  SSL_set1_host,
  SSL_set1_param,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  TLS_server_method,
  X509_CHECK_FLAG_NO_WILDCARDS,
  X509_PURPOSE_SSL_CLIENT,
  X509_PURPOSE_SSL_SERVER,
  X509_V_ERR_CERT_HAS_EXPIRED,
  X509_V_ERR_EMAIL_MISMATCH,
  X509_V_ERR_HOSTNAME_MISMATCH,
  X509_V_ERR_IP_ADDRESS_MISMATCH,
  X509_V_FLAG_NO_CHECK_TIME,
  X509_V_FLAG_PARTIAL_CHAIN,
  X509_V_FLAG_USE_CHECK_TIME,
  X509_V_OK,
  X509_VERIFY_PARAM_add1_host,
  X509_VERIFY_PARAM_clear_flags,
  X509_VERIFY_PARAM_free,
  X509_VERIFY_PARAM_get_depth,
  X509_VERIFY_PARAM_get_flags,
  X509_VERIFY_PARAM_get_hostflags,
  X509_VERIFY_PARAM_get_time,
  X509_VERIFY_PARAM_get0_email,
  X509_VERIFY_PARAM_get0_host,
  X509_VERIFY_PARAM_get0_peername,
  X509_VERIFY_PARAM_get1_ip_asc,
  X509_VERIFY_PARAM_new,
  X509_VERIFY_PARAM_set_depth,
  X509_VERIFY_PARAM_set_flags,
  X509_VERIFY_PARAM_set_hostflags,
  X509_VERIFY_PARAM_set_purpose,
  X509_VERIFY_PARAM_set_time,
  X509_VERIFY_PARAM_set1,
  X509_VERIFY_PARAM_set1_email,
  X509_VERIFY_PARAM_set1_host,
  X509_VERIFY_PARAM_set1_ip,
  X509_VERIFY_PARAM_set1_ip_asc,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor, extension, mint } from '../support/mint.ts'
import { clientContext, heldTo, serverContext, type Version, versions } from './support/tls.ts'

const why = (owner: SSL | SSL_CTX) => ERR_get_error_all(owner)?.reason
const { intermediate, root } = chainFor('p256')

/** A server whose certificate has these names. */
function serverNamed(version: Version, names: readonly string[]): SSL_CTX {
  const leaf = mint({ issuer: intermediate, names })
  const ctx = serverContext(version)
  SSL_CTX_use_certificate_chain(ctx, leaf.pem + intermediate.pem)
  SSL_CTX_use_PrivateKey(ctx, leaf.keyPem)
  return ctx
}

/** Two ends; the client has been told no name. */
function nameless(version: Version, server: SSL_CTX, client: SSL_CTX = clientContext(version)) {
  const [near, far] = BIO_new_bio_pair()
  const ends = { client: SSL_new(client), server: SSL_new(server) }
  SSL_set_bio(ends.client, near, near)
  SSL_set_bio(ends.server, far, far)
  SSL_set_connect_state(ends.client)
  SSL_set_accept_state(ends.server)
  return ends
}

/** What the client's handshake comes to, and its verify result. */
function outcome({ client, server }: { client: SSL; server: SSL }): [number, number] {
  let ret = SSL_connect(client)
  for (let i = 0; i < 3 && ret < 0; i++) {
    SSL_accept(server)
    ret = SSL_connect(client)
  }
  return [ret, SSL_get_verify_result(client)]
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  test(title('5.9: the name that is sent and the name to prove say nothing of each other'), t => {
    const server = serverNamed(version, ['server.example'])
    const ends = nameless(version, server)
    SSL_set_tlsext_host_name(ends.client, 'server.example')
    // Neither is proved by the other; and a client that verifies has to say what it wants.
    t.is(SSL_connect(ends.client), -1)
    t.is(why(ends.client), 'NO_SERVERNAME')
    SSL_set_tlsext_host_name(ends.client, 'front.example')
    t.is(SSL_set1_host(ends.client, 'server.example'), 1)
    t.deepEqual(outcome(ends), [1, X509_V_OK])
    t.is(SSL_get_servername(ends.server), 'front.example')
    t.is(SSL_get0_peername(ends.client), 'server.example')

    const silent = nameless(version, server)
    SSL_set1_host(silent.client, 'server.example')
    t.deepEqual(outcome(silent), [1, X509_V_OK])
    t.is(SSL_get_servername(silent.server), null)
    t.is(SSL_get_servername(silent.client), null)

    const other = nameless(version, server)
    SSL_set_tlsext_host_name(other.client, 'server.example')
    SSL_set1_host(other.client, 'other.example')
    t.deepEqual(outcome(other), [-1, X509_V_ERR_HOSTNAME_MISMATCH])
    t.is(SSL_get0_peername(other.client), null)
  })

  test(
    title('5.9: that any name will do is said with null, and the chain has to be believed'),
    t => {
      const any = nameless(version, serverNamed(version, ['whatever.example']))
      t.is(SSL_set1_host(any.client, ''), 0)
      t.is(why(any.client), 'PASSED_INVALID_ARGUMENT')
      t.is(SSL_set1_host(any.client, null), 1)
      SSL_set_tlsext_host_name(any.client, 'server.example')
      t.deepEqual(outcome(any), [1, X509_V_OK])
      const stranger = mint({ subject: 'stranger', names: ['server.example'] })
      const ctx = serverContext(version)
      SSL_CTX_use_certificate_chain(ctx, stranger.pem)
      SSL_CTX_use_PrivateKey(ctx, stranger.keyPem)
      const unknown = nameless(version, ctx)
      SSL_set1_host(unknown.client, null)
      const [ret, result] = outcome(unknown)
      t.is(ret, -1)
      t.not(result, X509_V_OK)
    },
  )

  test(title('5.9: of several names any one has to be proved, addresses by addresses'), t => {
    const server = serverNamed(version, ['b.example', '192.0.2.7', '2001:db8::1'])
    const cases: [string[], [number, number], string | null][] = [
      [['a.example', 'b.example'], [1, X509_V_OK], 'b.example'],
      [['a.example', 'c.example'], [-1, X509_V_ERR_HOSTNAME_MISMATCH], null],
      [['192.0.2.7'], [1, X509_V_OK], '192.0.2.7'],
      [['2001:db8:0::1'], [1, X509_V_OK], '2001:db8:0::1'],
      [['192.0.2.8'], [-1, X509_V_ERR_IP_ADDRESS_MISMATCH], null],
      [['a.example', '192.0.2.7'], [1, X509_V_OK], '192.0.2.7'],
    ]
    for (const [[first = '', ...more], came, matched] of cases) {
      const ends = nameless(version, server)
      SSL_set1_host(ends.client, 'forgotten.example')
      t.is(SSL_set1_host(ends.client, first), 1)
      for (const name of more) t.is(SSL_add1_host(ends.client, name), 1)
      t.is(SSL_add1_host(ends.client, null), 1)
      t.deepEqual(outcome(ends), came, first)
      t.is(SSL_get0_peername(ends.client), matched)
      t.is(X509_VERIFY_PARAM_get0_peername(SSL_get0_param(ends.client)), matched)
    }
    const ends = nameless(version, server)
    for (const bad of ['.example', 'b\u00fccher.example', 'email:a@b.example', '*.example', 'a b'])
      t.is(SSL_set1_host(ends.client, bad), 0, bad)
  })

  test(title('5.9: wildcards count unless NO_WILDCARDS is set'), t => {
    const server = serverNamed(version, ['*.server.example'])
    const ends = nameless(version, server)
    SSL_set1_host(ends.client, 'www.server.example')
    t.deepEqual(outcome(ends), [1, X509_V_OK])
    t.is(SSL_get0_peername(ends.client), '*.server.example')
    const strict = nameless(version, server)
    SSL_set1_host(strict.client, 'www.server.example')
    SSL_set_hostflags(strict.client, X509_CHECK_FLAG_NO_WILDCARDS)
    t.deepEqual(outcome(strict), [-1, X509_V_ERR_HOSTNAME_MISMATCH])
  })

  test(
    title('5.9: X509_VERIFY_PARAM demands a host, an address or a mailbox, and one kind at a time'),
    t => {
      const server = serverNamed(version, ['a.example', '192.0.2.7', '2001:db8::1'])
      const demanding = (change: (param: ReturnType<typeof SSL_get0_param>) => number) => {
        const ends = nameless(version, server)
        t.is(change(SSL_get0_param(ends.client)), 1)
        return ends
      }
      const v6 = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
      const good = [
        demanding(param => X509_VERIFY_PARAM_set1_host(param, 'a.example')),
        demanding(param => X509_VERIFY_PARAM_set1_ip(param, Uint8Array.of(192, 0, 2, 7))),
        demanding(param => X509_VERIFY_PARAM_set1_ip(param, v6)),
        demanding(param => X509_VERIFY_PARAM_set1_ip_asc(param, '2001:db8::1')),
      ]
      for (const ends of good) t.deepEqual(outcome(ends), [1, X509_V_OK])
      t.deepEqual(outcome(demanding(param => X509_VERIFY_PARAM_set1_ip_asc(param, '192.0.2.9'))), [
        -1,
        X509_V_ERR_IP_ADDRESS_MISMATCH,
      ])
      t.deepEqual(outcome(demanding(param => X509_VERIFY_PARAM_set1_email(param, 'a@b.example'))), [
        -1,
        X509_V_ERR_EMAIL_MISMATCH,
      ])
      // OpenSSL wants all kinds proved. One of them would be less, so it is refused.
      const both = demanding(param => X509_VERIFY_PARAM_set1_host(param, 'a.example'))
      const param = SSL_get0_param(both.client)
      X509_VERIFY_PARAM_set1_ip_asc(param, '192.0.2.7')
      t.is(SSL_connect(both.client), -1)
      t.is(why(both.client), 'PASSED_INVALID_ARGUMENT')
      X509_VERIFY_PARAM_set1_ip_asc(param, null)
      t.deepEqual(outcome(both), [1, X509_V_OK])
      t.is(X509_VERIFY_PARAM_set1_host(param, '192.0.2.7'), 0)
      t.is(X509_VERIFY_PARAM_set1_ip(param, new Uint8Array(5)), 0)
      t.is(X509_VERIFY_PARAM_set1_ip_asc(param, 'a.example'), 0)
      t.is(X509_VERIFY_PARAM_set1_email(param, 'nobody'), 0)
    },
  )

  test(title('5.9: a server may demand a mailbox of its clients'), t => {
    const mail = extension(
      '2.5.29.17',
      false,
      Uint8Array.from([0x30, 13, 0x81, 11, ...ascii('a@b.example')]),
    )
    const leaf = mint({ issuer: intermediate, names: [], extensions: [mail] })
    const accepts = (mailbox: string) => {
      const server = serverContext(version)
      SSL_CTX_load_verify(server, root.pem)
      SSL_CTX_set_verify(server, SSL_VERIFY_PEER)
      const client = clientContext(version)
      SSL_CTX_use_certificate_chain(client, leaf.pem + intermediate.pem)
      SSL_CTX_use_PrivateKey(client, leaf.keyPem)
      const ends = nameless(version, server, client)
      SSL_set1_host(ends.client, 'server.example')
      X509_VERIFY_PARAM_set1_email(SSL_get0_param(ends.server), mailbox)
      outcome(ends)
      return [SSL_accept(ends.server), SSL_get_verify_result(ends.server)]
    }
    t.deepEqual(accepts('a@B.example'), [1, X509_V_OK])
    t.deepEqual(accepts('b@b.example'), [-1, X509_V_ERR_EMAIL_MISMATCH])
  })

  test(title('5.9: depth, time, purpose and flags of the parameters count'), t => {
    const server = serverNamed(version, ['server.example'])
    const judged = (change: (param: ReturnType<typeof SSL_get0_param>, ssl: SSL) => void) => {
      const ends = nameless(version, server)
      SSL_set1_host(ends.client, 'server.example')
      change(SSL_get0_param(ends.client), ends.client)
      return outcome(ends)
    }
    t.deepEqual(
      judged((_, ssl) => SSL_set_verify_depth(ssl, 0)),
      [-1, 22],
    )
    t.deepEqual(
      judged(param => X509_VERIFY_PARAM_set_depth(param, 1)),
      [1, X509_V_OK],
    )
    const seconds = Date.UTC(2051, 0) / 1000
    t.deepEqual(
      judged(param => X509_VERIFY_PARAM_set_time(param, seconds)),
      [-1, X509_V_ERR_CERT_HAS_EXPIRED],
    )
    t.deepEqual(
      judged(param => {
        X509_VERIFY_PARAM_set_time(param, seconds)
        X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_USE_CHECK_TIME)
      }),
      [1, X509_V_OK],
    )
    t.deepEqual(
      judged(param => X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER)),
      [1, X509_V_OK],
    )
    t.is(
      judged(param => X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT))[0],
      -1,
      'a client has servers to verify',
    )
    // A check that there is none of is refused, and not left out.
    const param = X509_VERIFY_PARAM_new()
    for (const flag of [0x4000, 0x10000]) t.is(X509_VERIFY_PARAM_set_flags(param, flag), 0)
    t.is(ERR_get_error_all(param)?.reason, 'PASSED_INVALID_ARGUMENT')
    t.is(X509_VERIFY_PARAM_set_purpose(param, 7), 0)
    t.is(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME), 1)
    t.is(X509_VERIFY_PARAM_get_flags(param), X509_V_FLAG_NO_CHECK_TIME)
    t.deepEqual(
      judged(given => {
        X509_VERIFY_PARAM_set_flags(given, X509_V_FLAG_NO_CHECK_TIME)
        X509_VERIFY_PARAM_set_time(given, seconds)
      }),
      [-1, X509_V_ERR_CERT_HAS_EXPIRED],
      'a flag that makes it laxer does nothing',
    )
    X509_VERIFY_PARAM_free(param)
  })

  test(title('5.9: an anchor that is not self-signed ends a path with PARTIAL_CHAIN alone'), t => {
    const server = serverNamed(version, ['server.example'])
    const client = heldTo(version, SSL_CTX_new(clientContext(version).method))
    SSL_CTX_load_verify(client, intermediate.pem)
    const whole = nameless(version, server, client)
    SSL_set1_host(whole.client, 'server.example')
    t.is(outcome(whole)[0], -1)
    t.is(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client), X509_V_FLAG_PARTIAL_CHAIN), 1)
    const partial = nameless(version, server, client)
    SSL_set1_host(partial.client, 'server.example')
    t.deepEqual(outcome(partial), [1, X509_V_OK])
  })

  test(
    title('5.9: an SSL takes over what its context demands, and goes its own way from there'),
    t => {
      const client = clientContext(version)
      const demanded = X509_VERIFY_PARAM_new()
      X509_VERIFY_PARAM_set1_host(demanded, 'a.example')
      X509_VERIFY_PARAM_add1_host(demanded, 'b.example')
      X509_VERIFY_PARAM_set_hostflags(demanded, X509_CHECK_FLAG_NO_WILDCARDS)
      X509_VERIFY_PARAM_set1_email(demanded, 'a@b.example')
      X509_VERIFY_PARAM_set_time(demanded, 5)
      SSL_CTX_set1_param(client, demanded)
      SSL_CTX_set_verify_depth(client, 3)
      const ssl = SSL_new(client)
      SSL_CTX_set_verify_depth(client, 4)
      const param = SSL_get0_param(ssl)
      t.is(SSL_get_verify_depth(ssl), 3)
      t.is(X509_VERIFY_PARAM_get_depth(SSL_CTX_get0_param(client)), 4)
      t.is(X509_VERIFY_PARAM_get0_host(param, 1), 'b.example')
      t.is(X509_VERIFY_PARAM_get0_host(param, 2), null)
      t.is(X509_VERIFY_PARAM_get_hostflags(param), X509_CHECK_FLAG_NO_WILDCARDS)
      t.is(X509_VERIFY_PARAM_get0_email(param), 'a@b.example')
      t.is(X509_VERIFY_PARAM_get1_ip_asc(param), null)
      t.is(X509_VERIFY_PARAM_get_time(param), 5)
      t.is(X509_VERIFY_PARAM_get_flags(param), X509_V_FLAG_USE_CHECK_TIME)
      SSL_set1_param(ssl, X509_VERIFY_PARAM_new())
      t.is(X509_VERIFY_PARAM_get0_host(param, 0), null)
      X509_VERIFY_PARAM_set1(param, demanded)
      t.is(X509_VERIFY_PARAM_get0_host(param, 0), 'a.example')
      t.is(X509_VERIFY_PARAM_get0_peername(param), null)
    },
  )

  test(
    title('5.9: under SSL_VERIFY_NONE the name is looked at, recorded, and does not matter'),
    t => {
      const client = clientContext(version)
      SSL_CTX_set_verify(client, SSL_VERIFY_NONE)
      const ends = nameless(version, serverNamed(version, ['a.example']), client)
      SSL_set1_host(ends.client, 'b.example')
      t.deepEqual(outcome(ends), [1, X509_V_ERR_HOSTNAME_MISMATCH])
      const unnamed = nameless(version, serverNamed(version, ['a.example']), client)
      SSL_set_tlsext_host_name(unnamed.client, 'b.example')
      t.deepEqual(outcome(unnamed), [1, X509_V_OK])
    },
  )

  test(title('a server tells its clients the authorities that were set, and no others'), t => {
    const server = SSL_CTX_new(TLS_server_method())
    SSL_CTX_load_verify(server, root.pem)
    t.deepEqual(SSL_CTX_get_client_CA_list(server), [])
    const names = SSL_load_client_CA(root.pem + intermediate.pem + root.pem)
    t.is(names?.length, 2)
    t.is(SSL_load_client_CA('nobody'), null)
    t.is(SSL_CTX_add_client_CA(server, root.pem), 1)
    t.deepEqual(SSL_CTX_get_client_CA_list(server), names?.slice(0, 1))
    t.is(SSL_CTX_add_client_CA(server, 'nobody'), 0)
    SSL_CTX_set_client_CA_list(server, names ?? [])
    t.deepEqual(SSL_get_client_CA_list(SSL_new(server)), names)
  })
}

function ascii(text: string): number[] {
  return Array.from(text, character => character.charCodeAt(0))
}
