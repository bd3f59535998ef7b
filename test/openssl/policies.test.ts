/** Certificate policies and X509_STRICT, asked for by X509_VERIFY_PARAM's calls. */
import {
  BIO_new_bio_pair,
  SSL_accept,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_get_verify_result,
  SSL_get0_param,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  X509_V_FLAG_EXPLICIT_POLICY,
  X509_V_FLAG_INHIBIT_ANY,
  X509_V_FLAG_INHIBIT_MAP,
  X509_V_FLAG_POLICY_CHECK,
  X509_V_FLAG_X509_STRICT,
  X509_V_OK,
  type X509_VERIFY_PARAM,
  X509_VERIFY_PARAM_add0_policy,
  X509_VERIFY_PARAM_get_flags,
  X509_VERIFY_PARAM_new,
  X509_VERIFY_PARAM_set_flags,
  X509_VERIFY_PARAM_set1,
  X509_VERIFY_PARAM_set1_host,
  X509_VERIFY_PARAM_set1_policies,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { oid, sequence } from '../support/der-writer.ts'
import { chainFor, extension, type MintOptions, mint } from '../support/mint.ts'
import { clientContext, serverContext, versions } from './support/tls.ts'

const policy = '1.3.6.1.4.1.55738.7.1'
const any = '2.5.29.32.0'
const asserts = (id: string) => extension('2.5.29.32', false, sequence(sequence(oid(id))))
const { root } = chainFor('p256')

for (const version of versions) {
  /** What the client comes to, whose parameters were changed, with a server whose certificate is this one. */
  const judged = (options: MintOptions, change: (param: X509_VERIFY_PARAM) => unknown) => {
    const leaf = mint({ issuer: root, ...options })
    const ctx = serverContext(version)
    SSL_CTX_use_certificate_chain(ctx, leaf.pem)
    SSL_CTX_use_PrivateKey(ctx, leaf.keyPem)
    const [near, far] = BIO_new_bio_pair()
    const [client, server] = [SSL_new(clientContext(version)), SSL_new(ctx)]
    SSL_set_bio(client, near, near)
    SSL_set_bio(server, far, far)
    SSL_set_connect_state(client)
    SSL_set_accept_state(server)
    SSL_set1_host(client, 'server.example')
    change(SSL_get0_param(client))
    for (let i = 0; i < 3 && SSL_connect(client) < 0; i++) SSL_accept(server)
    return SSL_get_verify_result(client)
  }

  test(`policies are asked for by flags and OIDs (${version.name})`, t => {
    const explicit = (param: X509_VERIFY_PARAM) =>
      X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_EXPLICIT_POLICY | X509_V_FLAG_INHIBIT_MAP)
    const good = { extensions: [asserts(policy)] }
    t.is(judged({}, explicit), 43)
    t.is(judged(good, explicit), X509_V_OK)
    t.is(
      judged(good, param => {
        explicit(param)
        t.is(X509_VERIFY_PARAM_add0_policy(param, '1.2.3'), 1)
      }),
      43,
    )
    t.is(
      judged(good, param => {
        const other = X509_VERIFY_PARAM_new()
        explicit(other)
        t.is(X509_VERIFY_PARAM_add0_policy(other, 'policy'), 0)
        t.is(X509_VERIFY_PARAM_set1_policies(other, ['1.2.3', 'policy']), 0)
        t.is(X509_VERIFY_PARAM_set1_policies(other, ['1.2.3']), 1)
        t.is(X509_VERIFY_PARAM_add0_policy(other, policy), 1)
        t.not(X509_VERIFY_PARAM_get_flags(other) & X509_V_FLAG_POLICY_CHECK, 0)
        X509_VERIFY_PARAM_set1_host(other, 'server.example')
        X509_VERIFY_PARAM_set1(param, other)
      }),
      X509_V_OK,
    )
    t.is(
      judged(good, param => {
        explicit(param)
        X509_VERIFY_PARAM_set1_policies(param, ['1.2.3'])
        t.is(X509_VERIFY_PARAM_set1_policies(param, null), 1)
      }),
      X509_V_OK,
    )
    t.is(
      judged({ extensions: [asserts(any)] }, param => {
        explicit(param)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_INHIBIT_ANY)
      }),
      43,
    )
  })

  test(`X509_STRICT asks for what authorities owe (${version.name})`, t => {
    const bare = { keyIdentifiers: false }
    const strict = (param: X509_VERIFY_PARAM) =>
      t.is(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT), 1)
    t.is(
      judged(bare, () => {}),
      X509_V_OK,
    )
    t.is(judged(bare, strict), 85)
    t.is(judged({}, strict), X509_V_OK)
  })
}
