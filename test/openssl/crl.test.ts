/** CRLs by the C names: SSL_CTX_load_verify takes them beside anchors, X509_V_FLAG_CRL_CHECK and CRL_CHECK_ALL go by them. */
import {
  ERR_get_error_all,
  SSL_accept,
  SSL_CTX_get0_param,
  SSL_CTX_load_verify,
  SSL_CTX_set_verify,
  SSL_connect,
  SSL_get_verify_result,
  SSL_get0_param,
  SSL_VERIFY_PEER,
  X509_STORE_CTX_get_error,
  X509_STORE_CTX_get_error_depth,
  X509_V_FLAG_CRL_CHECK,
  X509_V_FLAG_CRL_CHECK_ALL,
  X509_V_OK,
  X509_VERIFY_PARAM_clear_flags,
  X509_VERIFY_PARAM_get_flags,
  X509_VERIFY_PARAM_set_flags,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { deltaIndicator, mintCrl } from '../support/crl-mint.ts'
import { chainFor } from '../support/mint.ts'
import { clientContext, endsOver } from './support/tls.ts'

const { root, intermediate, leaf } = chainFor('p256')
const good = { root: mintCrl({ issuer: root }), leaf: mintCrl({ issuer: intermediate }) }
const bad = {
  root: mintCrl({ issuer: root, revoked: [{ serial: intermediate }] }),
  leaf: mintCrl({ issuer: intermediate, revoked: [{ serial: leaf }] }),
}
const all = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL
const X509_V_ERR_UNABLE_TO_GET_CRL = 3
const X509_V_ERR_CERT_REVOKED = 23

interface Asked {
  readonly flags: number
  readonly crls: readonly { readonly pem: string }[]
  readonly of?: 'ctx' | 'ssl'
}

/** What a client's SSL_connect answers in the end, and the result of its verification. */
function judged({ flags, crls, of = 'ssl' }: Asked): readonly [number, number] {
  const ctx = clientContext()
  for (const { pem } of crls) SSL_CTX_load_verify(ctx, pem)
  if (of === 'ctx') X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), flags)
  const { client, server } = endsOver(17408, undefined, { client: ctx })
  if (of === 'ssl') X509_VERIFY_PARAM_set_flags(SSL_get0_param(client), flags)
  let answer = SSL_connect(client)
  for (let i = 0; i < 5 && answer !== 1; i++) {
    SSL_accept(server)
    answer = SSL_connect(client)
  }
  return [answer, SSL_get_verify_result(client)]
}

const rows: readonly (readonly [string, number, Asked['crls'], number])[] = [
  ['nothing is asked', 0, [bad.leaf, bad.root], X509_V_OK],
  ['CRL_CHECK_ALL by itself', X509_V_FLAG_CRL_CHECK_ALL, [bad.leaf], X509_V_OK],
  ['no CRL', X509_V_FLAG_CRL_CHECK, [], X509_V_ERR_UNABLE_TO_GET_CRL],
  ["the leaf's", X509_V_FLAG_CRL_CHECK, [good.leaf], X509_V_OK],
  ["the leaf's, and not its issuer's", all, [good.leaf], X509_V_ERR_UNABLE_TO_GET_CRL],
  ['both', all, [good.leaf, good.root], X509_V_OK],
  ['both in one text', all, [{ pem: good.leaf.pem + root.pem + good.root.pem }], X509_V_OK],
  ['a revoked leaf', X509_V_FLAG_CRL_CHECK, [bad.leaf], X509_V_ERR_CERT_REVOKED],
  ['a revoked issuer', X509_V_FLAG_CRL_CHECK, [good.leaf, bad.root], X509_V_OK],
  ['a revoked issuer, all', all, [good.leaf, bad.root], X509_V_ERR_CERT_REVOKED],
]

for (const [name, flags, crls, expected] of rows)
  for (const of of ['ctx', 'ssl'] as const)
    test(`CRL_CHECK: ${name} (flags of the ${of})`, t => {
      const answer = expected === X509_V_OK ? 1 : -1
      t.deepEqual(judged({ flags, crls, of }), [answer, expected])
    })

test('CRL_CHECK: the flags are kept, and cleared', t => {
  const param = SSL_CTX_get0_param(clientContext())
  t.is(X509_VERIFY_PARAM_set_flags(param, all), 1)
  t.is(X509_VERIFY_PARAM_get_flags(param), all)
  t.is(X509_VERIFY_PARAM_clear_flags(param, all), 1)
  t.is(X509_VERIFY_PARAM_get_flags(param), 0)
})

test('CRL_CHECK: a verify callback is asked, and may put up with it', t => {
  for (const say of [0, 1] as const) {
    const ctx = clientContext()
    SSL_CTX_load_verify(ctx, bad.leaf.pem)
    const seen: number[][] = []
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, (ok, store) => {
      if (!ok) seen.push([X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store)])
      return ok || say
    })
    const { client, server } = endsOver(17408, undefined, { client: ctx })
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(client), all)
    let answer = SSL_connect(client)
    for (let i = 0; i < 5 && answer !== 1; i++) {
      SSL_accept(server)
      answer = SSL_connect(client)
    }
    t.is(answer, say === 1 ? 1 : -1)
    const [first, second] = seen
    t.deepEqual(first, [X509_V_ERR_CERT_REVOKED, 0])
    t.deepEqual(second, say === 1 ? [X509_V_ERR_UNABLE_TO_GET_CRL, 1] : undefined)
  }
})

test('SSL_CTX_load_verify refuses CRLs that would never count, and keeps nothing of them', t => {
  const ctx = clientContext()
  const delta = mintCrl({ issuer: root, extensions: [deltaIndicator(1)] })
  t.is(SSL_CTX_load_verify(ctx, root.pem + delta.pem), 0)
  t.regex(String(ERR_get_error_all(ctx)?.data), /delta CRL/)
  t.is(SSL_CTX_load_verify(ctx, good.root.der), 0)
  t.is(SSL_CTX_load_verify(ctx, good.root.pem), 1)
})
