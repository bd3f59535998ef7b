/** Verify callbacks: called for each certificate from the root down, what they may put up with, and what is left of it. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  ERR_get_error_all,
  type SSL,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_cert_verify_callback,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_connect,
  SSL_ERROR_SSL,
  SSL_get_error,
  SSL_get_ex_data_X509_STORE_CTX_idx,
  SSL_get_verify_result,
  SSL_set_retry_verify,
  SSL_set_verify,
  SSL_set1_host,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  type SSL_verify_cb,
  TLS_client_method,
  X509_STORE_CTX_get_current_cert,
  X509_STORE_CTX_get_error,
  X509_STORE_CTX_get_error_depth,
  X509_STORE_CTX_get_ex_data,
  X509_STORE_CTX_get0_cert,
  X509_STORE_CTX_get0_chain,
  X509_STORE_CTX_get0_untrusted,
  X509_STORE_CTX_set_error,
  X509_STORE_CTX_set_error_depth,
  X509_V_ERR_APPLICATION_VERIFICATION,
  X509_V_ERR_CERT_CHAIN_TOO_LONG,
  X509_V_ERR_CERT_HAS_EXPIRED,
  X509_V_ERR_CERT_REVOKED,
  X509_V_ERR_HOSTNAME_MISMATCH,
  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
  X509_V_ERR_UNSPECIFIED,
  X509_V_OK,
  X509_verify_cert,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor, mint } from '../support/mint.ts'
import { agree, failure, play, playLater } from './support/play.ts'
import { clientContext, endsOver, serverContext, versions } from './support/tls.ts'

const { root, intermediate, leaf, der } = chainFor('p256')
const past = Date.UTC(2021, 0)

interface Faults {
  readonly name?: boolean
  readonly leaf?: boolean
  readonly intermediate?: boolean
  readonly stranger?: boolean
}

/** Ends whose server has a chain with faults, and a client with a verify callback. */
function endsWith(faults: Faults, callback: SSL_verify_cb | null, mode = SSL_VERIFY_PEER) {
  const above = faults.intermediate
    ? mint({ subject: 'late', ca: 0, issuer: root, notAfter: past })
    : intermediate
  const below = mint({
    issuer: above,
    names: [faults.name ? 'other.example' : 'server.example'],
    ...(faults.leaf ? { notAfter: past } : {}),
  })
  const server = serverContext()
  SSL_CTX_use_certificate_chain(server, below.pem + above.pem)
  SSL_CTX_use_PrivateKey(server, below.keyPem)
  const client = faults.stranger ? stranger() : clientContext()
  SSL_CTX_set_verify(client, mode, callback)
  return endsOver(17408, versions[0], { client, server })
}

/** A client that believes somebody else. */
function stranger(): SSL_CTX {
  const ctx = SSL_CTX_new(TLS_client_method(), { crypto: nodeCrypto })
  SSL_CTX_load_verify(ctx, mint({ subject: 'somebody else', ca: true }).pem)
  return ctx
}

/** `ok 2`, or `10 at 0`. */
function noting(seen: string[], answer: (nth: number) => number = () => 1): SSL_verify_cb {
  return (ok, store) => {
    const at = X509_STORE_CTX_get_error_depth(store)
    seen.push(ok ? `ok ${at}` : `${X509_STORE_CTX_get_error(store)} at ${at}`)
    return answer(seen.length)
  }
}

test('each certificate is shown from the root down, and the SSL and its chain with it', t => {
  const seen: unknown[] = []
  const ssls = new Set<SSL | null>()
  const ends = endsOver(17408, versions[0], { client: clientContext(), server: serverContext() })
  SSL_set_verify(ends.client, SSL_VERIFY_PEER, (ok, store) => {
    seen.push([ok, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_current_cert(store)])
    t.is(X509_STORE_CTX_get_error(store), X509_V_OK)
    t.deepEqual(X509_STORE_CTX_get0_chain(store), [leaf.der, intermediate.der, root.der])
    t.deepEqual(X509_STORE_CTX_get0_untrusted(store), [...der])
    t.deepEqual(X509_STORE_CTX_get0_cert(store), leaf.der)
    ssls.add(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()))
    t.is(X509_STORE_CTX_get_ex_data(store, 1), null)
    return 1
  })
  t.true(play(ends).done)
  t.deepEqual(ssls, new Set([ends.client]))
  t.deepEqual(seen, [
    [1, 2, root.der],
    [1, 1, intermediate.der],
    [1, 0, leaf.der],
  ])
})

const orders: [string, Faults, string[]][] = [
  ['an expired leaf', { leaf: true }, ['ok 2', 'ok 1', '10 at 0', 'ok 0']],
  ['an expired intermediate', { intermediate: true }, ['ok 2', '10 at 1', 'ok 1', 'ok 0']],
  ['another name', { name: true }, ['62 at 0', 'ok 2', 'ok 1', 'ok 0']],
  ['nobody known', { stranger: true }, ['20 at 1', 'ok 0']],
]

for (const [title, faults, expected] of orders)
  test(`${title}: the problem is asked about with 0, in its place; who goes on leaves it in the result`, t => {
    const seen: string[] = []
    const ends = endsWith(faults, noting(seen))
    t.true(play(ends).done)
    t.deepEqual(seen, expected)
    const [error] = expected.filter(line => !line.startsWith('ok'))
    t.is(SSL_get_verify_result(ends.client), Number.parseInt(error ?? '', 10))
    t.true(agree(ends))
  })

test('whatever is wrong: each problem is asked about once, each certificate is passed once, root first', t => {
  const faults = fc.record({
    name: fc.boolean(),
    leaf: fc.boolean(),
    intermediate: fc.boolean(),
    stranger: fc.boolean(),
  })
  fc.assert(
    fc.property(faults, wrong => {
      const seen: string[] = []
      const ends = endsWith(wrong, noting(seen))
      t.true(play(ends).done)
      t.deepEqual(
        seen.filter(line => line.startsWith('ok')),
        wrong.stranger ? ['ok 0'] : ['ok 2', 'ok 1', 'ok 0'],
      )
      const problems = seen.filter(line => !line.startsWith('ok'))
      t.deepEqual(
        [...problems].sort(),
        [
          ...(wrong.leaf ? ['10 at 0'] : []),
          ...(wrong.intermediate ? ['10 at 1'] : []),
          ...(wrong.stranger ? ['20 at 1'] : []),
          ...(wrong.name ? ['62 at 0'] : []),
        ].sort(),
      )
      const last = problems.at(-1)
      t.is(SSL_get_verify_result(ends.client), last ? Number.parseInt(last, 10) : X509_V_OK)
      // Who stops at any one of them refuses the peer.
      const nth = Math.ceil(seen.length / 2)
      const refused = endsWith(
        wrong,
        noting([], calls => (calls === nth ? 0 : 1)),
      )
      t.false(play(refused).done)
    }),
    { numRuns: 16 },
  )
})

test('X509_STORE_CTX_set_error(X509_V_OK) leaves a good result', t => {
  const ends = endsWith({ leaf: true, name: true }, (_ok, store) => {
    X509_STORE_CTX_set_error(store, X509_V_OK)
    return true
  })
  t.true(play(ends).done)
  t.is(SSL_get_verify_result(ends.client), X509_V_OK)
})

test('the alert is that of the error which stands in the end', t => {
  const refusing = (error: number | undefined): SSL_verify_cb => {
    return (ok, store) => {
      if (error === undefined) return X509_STORE_CTX_get_error_depth(store) === 1 ? 0 : ok
      X509_STORE_CTX_set_error(store, error)
      X509_STORE_CTX_set_error_depth(store, 0)
      return 0
    }
  }
  const cases: [Faults, SSL_verify_cb, number, string][] = [
    [{ leaf: true }, ok => ok, X509_V_ERR_CERT_HAS_EXPIRED, 'certificate_expired'],
    [{ name: true }, ok => ok, X509_V_ERR_HOSTNAME_MISMATCH, 'bad_certificate'],
    [{ stranger: true }, ok => ok, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 'unknown_ca'],
    [
      { leaf: true, name: true },
      (ok, { error }) => ok || error === X509_V_ERR_HOSTNAME_MISMATCH,
      X509_V_ERR_CERT_HAS_EXPIRED,
      'certificate_expired',
    ],
    [{}, refusing(undefined), X509_V_ERR_UNSPECIFIED, 'certificate_unknown'],
    [{}, refusing(X509_V_ERR_CERT_REVOKED), X509_V_ERR_CERT_REVOKED, 'certificate_revoked'],
    [
      { name: true },
      refusing(X509_V_ERR_APPLICATION_VERIFICATION),
      X509_V_ERR_APPLICATION_VERIFICATION,
      'handshake_failure',
    ],
  ]
  for (const [faults, callback, result, alert] of cases) {
    const ends = endsWith(faults, callback)
    t.false(play(ends).done)
    t.is(SSL_connect(ends.client), -1)
    t.is(SSL_get_error(ends.client, -1), SSL_ERROR_SSL)
    t.like(failure(ends.client), { reason: 'CERTIFICATE_VERIFY_FAILED', alert })
    t.is(SSL_get_verify_result(ends.client), result)
  }
})

test('what cannot be put up with ends it, whatever the callback says', t => {
  const client = clientContext(versions[0], { verifyLimits: { chainBytes: 100 } })
  const seen: string[] = []
  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, noting(seen))
  const ends = endsOver(17408, versions[0], { client })
  t.false(play(ends).done)
  t.deepEqual(seen, ['22 at 0'])
  t.is(SSL_get_verify_result(ends.client), X509_V_ERR_CERT_CHAIN_TOO_LONG)
})

test('under SSL_VERIFY_NONE the callback is called and its answer ignored', t => {
  const seen: string[] = []
  const ends = endsWith(
    { name: true },
    noting(seen, () => 0),
    SSL_VERIFY_NONE,
  )
  t.true(play(ends).done)
  t.deepEqual(seen, ['62 at 0'])
  t.is(SSL_get_verify_result(ends.client), X509_V_ERR_HOSTNAME_MISMATCH)
})

test('a cert_verify callback takes the place of all of it', t => {
  const answers = [1, 2, 0, -1]
  for (const answer of answers) {
    const client = stranger()
    let given: unknown
    SSL_CTX_set_cert_verify_callback(
      client,
      (store, arg) => {
        given = [arg, store.untrusted.length, store.ssl]
        return answer
      },
      'mine',
    )
    const ends = endsOver(17408, versions[0], { client })
    t.is(play(ends).done, answer > 0)
    t.deepEqual(given, ['mine', 2, ends.client])
    t.is(SSL_get_verify_result(ends.client), answer > 0 ? X509_V_OK : X509_V_ERR_UNSPECIFIED)
  }
})

test('in a cert_verify callback, X509_verify_cert does what would have been done, the verify callback included', t => {
  for (const go of [0, 1]) {
    const seen: string[] = []
    const ends = endsWith(
      { leaf: true },
      noting(seen, () => (seen.length < 3 ? 1 : go)),
    )
    SSL_CTX_set_cert_verify_callback(ends.client.firstContext, store => {
      const said = X509_verify_cert(store)
      seen.push(`${said}`)
      return said
    })
    const again = endsOver(17408, versions[0], {
      client: ends.client.firstContext,
      server: ends.server.firstContext,
    })
    t.is(play(again).done, go === 1)
    const all = ['ok 2', 'ok 1', '10 at 0']
    t.deepEqual(seen, go === 1 ? [...all, 'ok 0', '1'] : [...all, '0'])
    t.is(SSL_get_verify_result(again.client), X509_V_ERR_CERT_HAS_EXPIRED)
  }
})

test('SSL_set_retry_verify holds for an answer above 0 alone', t => {
  for (const answer of [0, -1]) {
    const client = clientContext()
    let calls = 0
    SSL_CTX_set_cert_verify_callback(client, ({ ssl }) => {
      calls++
      t.is(SSL_set_retry_verify(ssl), 1)
      return answer
    })
    const ends = endsOver(17408, versions[0], { client })
    const played = play(ends)
    t.false(played.done)
    t.deepEqual(
      played.client.map(([error]) => error),
      [SSL_ERROR_SSL],
    )
    t.is(calls, 1)
  }
})

test('a callback that throws or rejects is internal_error, with its cause', async t => {
  const mistake = new Error('a mistake')
  const callbacks: SSL_verify_cb[] = [
    () => {
      throw mistake
    },
    () => Promise.reject(mistake),
    async (_ok, { error_depth }) => {
      if (error_depth === 1) throw mistake
      return 1
    },
  ]
  for (const callback of callbacks) {
    const ends = endsWith({}, callback)
    t.false((await playLater(ends)).done)
    t.is(SSL_connect(ends.client), -1)
    t.deepEqual(failure(ends.client), {
      reason: 'CALLBACK_FAILED',
      alert: 'internal_error',
      thrown: mistake,
    })
    t.is(ERR_get_error_all(ends.client), undefined)
  }
})

test('a name is set before it is verified, whatever SSL_set_verify says in between', t => {
  const ends = endsWith({}, null)
  SSL_set1_host(ends.client, 'other.example')
  const seen: string[] = []
  SSL_set_verify(ends.client, SSL_VERIFY_PEER, noting(seen))
  t.true(play(ends).done)
  t.is(seen[0], '62 at 0')
})
