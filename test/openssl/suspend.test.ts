/** S9: every callback that may suspend does so three times, is called again as the pages say, and the transcript still verifies. */
import {
  type SSL,
  SSL_CLIENT_HELLO_CB,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_alpn_select_cb,
  SSL_CTX_set_cert_cb,
  SSL_CTX_set_cert_verify_callback,
  SSL_CTX_set_client_cert_cb,
  SSL_CTX_set_client_hello_cb,
  SSL_CTX_set_tlsext_servername_callback,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_ERROR_WANT_CLIENT_HELLO_CB,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_ERROR_WANT_X509_LOOKUP,
  SSL_get_verify_result,
  SSL_RETRY_VERIFY,
  SSL_set_retry_verify,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
  SSL_X509_LOOKUP,
  X509_V_OK,
  X509_verify_cert,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'
import { agree, play, playLater, type Stopped } from './support/play.ts'
import {
  clientContext,
  endsOver,
  ringSizes,
  serverContext,
  type Version,
  versions,
} from './support/tls.ts'

const { pem, keyPem, root } = chainFor('p384')
const latin = (text: string) => Uint8Array.from(text, c => c.charCodeAt(0))

/** A client with a certificate, and a server that asks for one. */
function contexts(version: Version = versions[0]) {
  const client = clientContext(version)
  const server = serverContext(version)
  SSL_CTX_use_certificate_chain(client, pem)
  SSL_CTX_use_PrivateKey(client, keyPem)
  SSL_CTX_load_verify(server, root.pem)
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
  SSL_CTX_set_alpn_protos(client, latin('\x02h2\x02h3'))
  return { client, server }
}

const lookup: Stopped = [SSL_ERROR_WANT_X509_LOOKUP, SSL_X509_LOOKUP]
const hello: Stopped = [SSL_ERROR_WANT_CLIENT_HELLO_CB, SSL_CLIENT_HELLO_CB]
const retry: Stopped = [SSL_ERROR_WANT_RETRY_VERIFY, SSL_RETRY_VERIFY]

/** What a callback does, told whether to suspend; `calls` is how often one attempt calls it. */
interface Case {
  readonly side: 'client' | 'server'
  readonly stop: Stopped
  readonly calls: number
  readonly set: (ctx: SSL_CTX, suspends: (ssl: SSL) => boolean) => void
}

const retryIf = (ssl: SSL, suspends: (ssl: SSL) => boolean) => {
  if (suspends(ssl)) SSL_set_retry_verify(ssl)
  return 1
}

const cases: Record<string, Case> = {
  'client_hello, RETRY': {
    side: 'server',
    stop: hello,
    calls: 1,
    set: (ctx, suspends) => SSL_CTX_set_client_hello_cb(ctx, ssl => (suspends(ssl) ? -1 : 1)),
  },
  "the server's cert_cb, below 0": {
    side: 'server',
    stop: lookup,
    calls: 1,
    set: (ctx, suspends) => SSL_CTX_set_cert_cb(ctx, ssl => (suspends(ssl) ? -1 : 1)),
  },
  "the client's cert_cb, below 0": {
    side: 'client',
    stop: lookup,
    calls: 1,
    set: (ctx, suspends) => SSL_CTX_set_cert_cb(ctx, ssl => (suspends(ssl) ? -1 : 1)),
  },
  "the client's verify callback, with SSL_set_retry_verify": {
    side: 'client',
    stop: retry,
    calls: 3,
    set: (ctx, suspends) =>
      SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, (ok, { ssl }) => ok && retryIf(ssl, suspends)),
  },
  "the server's verify callback, with SSL_set_retry_verify": {
    side: 'server',
    stop: retry,
    calls: 3,
    set: (ctx, suspends) =>
      SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, (ok, { ssl }) => ok && retryIf(ssl, suspends)),
  },
  "the client's cert_verify callback": {
    side: 'client',
    stop: retry,
    calls: 1,
    set: (ctx, suspends) =>
      SSL_CTX_set_cert_verify_callback(ctx, store =>
        X509_verify_cert(store) === 1 ? retryIf(store.ssl, suspends) : 0,
      ),
  },
  "the server's cert_verify callback": {
    side: 'server',
    stop: retry,
    calls: 1,
    set: (ctx, suspends) =>
      SSL_CTX_set_cert_verify_callback(ctx, store => retryIf(store.ssl, suspends)),
  },
}

for (const version of versions)
  for (const size of ringSizes)
    test(`S9: each callback suspends three times, and is called again, over rings of ${size} (${version.name})`, t => {
      for (const [name, { side, stop, calls, set }] of Object.entries(cases)) {
        const made = contexts(version)
        let asked = 0
        let of: SSL | undefined
        set(made[side], ssl => {
          of = ssl
          return Math.floor(asked++ / calls) < 3
        })
        const ends = endsOver(size, version, made)
        const played = play(ends)
        t.true(played.done, name)
        t.deepEqual(played[side], [stop, stop, stop], name)
        t.deepEqual(played[side === 'client' ? 'server' : 'client'], [], name)
        t.is(asked, 4 * calls, name)
        t.is(of, ends[side])
        t.true(agree(ends), name)
        t.is(SSL_get_verify_result(ends.client), X509_V_OK)
      }
    })

test('S9: client_cert_cb suspends three times; then its certificate is shown', t => {
  for (const size of ringSizes) {
    const { server } = contexts()
    const client = clientContext()
    let asked = 0
    SSL_CTX_set_client_cert_cb(client, () => (asked++ < 3 ? -1 : [1, pem, keyPem]))
    const ends = endsOver(size, versions[0], { client, server })
    t.deepEqual(play(ends), { client: [lookup, lookup, lookup], server: [], done: true })
    t.is(asked, 4)
    t.true(agree(ends))
    t.is(SSL_get_verify_result(ends.server), X509_V_OK)
  }
})

test('S9: however often each callback suspends, and over whatever ring, it is called once more than that', t => {
  const times = fc.nat(3)
  fc.assert(
    fc.property(
      fc.array(times, { minLength: 5, maxLength: 5 }),
      fc.constantFrom(...ringSizes),
      (suspensions, size) => {
        const made = contexts()
        const asked = suspensions.map(() => 0)
        const suspends = (which: number) => {
          const before = asked[which] as number
          asked[which] = before + 1
          return before < (suspensions[which] as number)
        }
        SSL_CTX_set_client_hello_cb(made.server, () => (suspends(0) ? -1 : 1))
        SSL_CTX_set_cert_cb(made.server, () => (suspends(1) ? -1 : 1))
        SSL_CTX_set_cert_cb(made.client, () => (suspends(2) ? -1 : 1))
        for (const [which, ctx] of [made.client, made.server].entries())
          SSL_CTX_set_cert_verify_callback(ctx, ({ ssl }) =>
            retryIf(ssl, () => suspends(3 + which)),
          )
        const ends = endsOver(size, versions[0], made)
        const played = play(ends)
        t.true(played.done)
        t.deepEqual(
          asked,
          suspensions.map(n => n + 1),
        )
        const [h = 0, sc = 0, cc = 0, cv = 0, sv = 0] = suspensions
        const many = (stop: Stopped, n: number) => Array(n).fill(stop)
        t.deepEqual(played.server, [...many(hello, h), ...many(lookup, sc), ...many(retry, sv)])
        t.deepEqual(played.client, [...many(retry, cv), ...many(lookup, cc)])
        t.true(agree(ends))
      },
    ),
    { numRuns: 20 },
  )
})

test('a callback may promise its answer: it is called once, and the call is suspended by the same name', async t => {
  const later = <T>(value: T) => new Promise<T>(resolve => setImmediate(() => resolve(value)))
  const promising: Record<string, [side: 'client' | 'server', Stopped, (ctx: SSL_CTX) => unknown]> =
    {
      client_hello: ['server', hello, ctx => SSL_CTX_set_client_hello_cb(ctx, () => later(1))],
      servername: [
        'server',
        hello,
        ctx => SSL_CTX_set_tlsext_servername_callback(ctx, () => later(0)),
      ],
      'ALPN select': [
        'server',
        hello,
        ctx => SSL_CTX_set_alpn_select_cb(ctx, () => later([0, latin('h3')] as const)),
      ],
      cert_cb: ['server', lookup, ctx => SSL_CTX_set_cert_cb(ctx, () => later(1))],
      "the client's cert_cb": ['client', lookup, ctx => SSL_CTX_set_cert_cb(ctx, () => later(1))],
      client_cert_cb: [
        'client',
        lookup,
        ctx => {
          SSL_CTX_set_client_cert_cb(ctx, () => later([1, pem, keyPem] as const))
        },
      ],
      cert_verify: [
        'client',
        retry,
        ctx =>
          SSL_CTX_set_cert_verify_callback(ctx, async store =>
            later(await X509_verify_cert(store)),
          ),
      ],
    }
  for (const [name, [side, stop, set]] of Object.entries(promising)) {
    const made = contexts()
    if (name === 'client_cert_cb') made.client = clientContext()
    set(made[side])
    const ends = endsOver(17408, versions[0], made)
    const played = await playLater(ends)
    t.true(played.done, name)
    t.true(played[side].length > 0, name)
    for (const stopped of played[side]) t.deepEqual(stopped, stop, name)
    t.true(agree(ends), name)
  }
})

test('a promise of a suspension is one: the callback is called again once it has settled', async t => {
  const made = contexts()
  let asked = 0
  SSL_CTX_set_client_hello_cb(made.server, async () => (++asked < 4 ? -1 : 1))
  const ends = endsOver(17408, versions[0], made)
  const played = await playLater(ends)
  t.true(played.done)
  t.is(asked, 4)
  for (const stopped of played.server) t.deepEqual(stopped, hello)
})
