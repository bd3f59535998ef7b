/** OCSP stapling by the C names: the contract's row `OCSP status` (section 5.6). */
import {
  SSL_CTX_get_tlsext_status_arg,
  SSL_CTX_get_tlsext_status_cb,
  SSL_CTX_get_tlsext_status_type,
  SSL_CTX_set_tlsext_status_arg,
  SSL_CTX_set_tlsext_status_cb,
  SSL_CTX_set_tlsext_status_type,
  SSL_ERROR_WANT_CLIENT_HELLO_CB,
  SSL_get_session,
  SSL_get_tlsext_status_ocsp_resp,
  SSL_get_tlsext_status_type,
  SSL_read,
  SSL_session_reused,
  SSL_set_session,
  SSL_set_tlsext_status_ocsp_resp,
  SSL_set_tlsext_status_type,
  SSL_state_string_long,
  SSL_TLSEXT_ERR_ALERT_FATAL,
  SSL_TLSEXT_ERR_NOACK,
  SSL_TLSEXT_ERR_OK,
  type SSL_tlsext_status_cb,
  TLSEXT_STATUSTYPE_nothing,
  TLSEXT_STATUSTYPE_ocsp,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { agree, failure, play, playLater } from './support/play.ts'
import { clientContext, endsOver, serverContext, versions } from './support/tls.ts'

const { leaf, intermediate: issuer } = chainFor('p256')
const good = mintOcsp({ leaf, issuer })
/** What the client's callback makes of it is its own affair: nobody else reads it. */
const odd = Uint8Array.of(1, 2, 3)

const answers = [SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_ALERT_FATAL, -1] as const

test('OCSP status: for all answers of both callbacks, now or later, the ends come to what the contract says', async t => {
  const space = fc.record({
    asks: fc.boolean(),
    response: fc.constantFrom(good, odd, undefined),
    server: fc.constantFrom('no callback', ...answers),
    client: fc.constantFrom('no callback', 1, 7, 0, -1),
    later: fc.boolean(),
    size: fc.constantFrom(5, 256, 17408),
  })
  const property = fc.asyncProperty(space, async made => {
    const { asks, response, later } = made
    const [client, server] = [clientContext(), serverContext()]
    const seen: unknown[] = []
    if (asks) SSL_CTX_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp)
    const said = (answer: number) => (later ? Promise.resolve(answer) : answer)
    if (made.server !== 'no callback') {
      const answer = made.server as number
      SSL_CTX_set_tlsext_status_arg(server, 'theirs')
      SSL_CTX_set_tlsext_status_cb(server, (ssl, arg) => {
        seen.push(arg)
        if (response) SSL_set_tlsext_status_ocsp_resp(ssl, response)
        return said(answer)
      })
    }
    if (made.client !== 'no callback') {
      const answer = made.client as number
      SSL_CTX_set_tlsext_status_arg(client, 'ours')
      SSL_CTX_set_tlsext_status_cb(client, (ssl, arg) => {
        seen.push(arg, SSL_get_tlsext_status_ocsp_resp(ssl))
        return said(answer)
      })
    }
    const ends = endsOver(made.size, versions[0], { client, server })
    const { done, ...stops } = later ? await playLater(ends, 20_000) : play(ends)
    const asked = asks && made.server !== 'no callback'
    const fatal = asked && made.server !== SSL_TLSEXT_ERR_OK && made.server !== SSL_TLSEXT_ERR_NOACK
    const stapled = asked && made.server === SSL_TLSEXT_ERR_OK ? response : undefined
    const judged = asks && !fatal && made.client !== 'no callback'
    const refused = judged && (made.client as number) <= 0
    t.deepEqual(seen, [
      ...(asked ? ['theirs'] : []),
      ...(judged ? ['ours', stapled ? [stapled.length, stapled] : [-1, null]] : []),
    ])
    t.is(done, !fatal && !refused)
    if (fatal) t.is(failure(ends.server).alert, 'internal_error')
    if (refused) {
      const zero = made.client === 0
      t.like(failure(ends.client), {
        reason: zero ? 'INVALID_STATUS_RESPONSE' : 'OCSP_CALLBACK_FAILURE',
        alert: zero ? 'bad_certificate_status_response' : 'internal_error',
      })
    }
    if (done) {
      t.true(agree(ends))
      const kept = SSL_get_tlsext_status_ocsp_resp(ends.client)
      t.deepEqual(kept, stapled ? [stapled.length, stapled] : [-1, null])
    }
    const waits = [...stops.client, ...stops.server].filter(([error]) => error !== 1)
    t.is(waits.length > 0, later && (asked || judged))
    t.true(waits.every(([error]) => error === SSL_ERROR_WANT_CLIENT_HELLO_CB))
  })
  await fc.assert(property, { numRuns: 60 })
})

test('OCSP status: the client is asked behind the whole flight of the server', t => {
  const client = clientContext()
  const states: string[] = []
  SSL_CTX_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp)
  SSL_CTX_set_tlsext_status_cb(client, ssl => {
    states.push(SSL_state_string_long(ssl))
    return 1
  })
  t.true(play(endsOver(17408, versions[0], { client })).done)
  t.deepEqual(states, ['client WAIT_FINISHED'])
})

test('OCSP status: in a resumption neither end is asked', t => {
  const contexts = { client: clientContext(), server: serverContext() }
  const asked: string[] = []
  SSL_CTX_set_tlsext_status_type(contexts.client, TLSEXT_STATUSTYPE_ocsp)
  SSL_CTX_set_tlsext_status_cb(contexts.client, () => asked.push('client'))
  SSL_CTX_set_tlsext_status_cb(contexts.server, () => {
    asked.push('server')
    return SSL_TLSEXT_ERR_NOACK
  })
  const first = endsOver(17408, versions[0], contexts)
  t.true(play(first).done)
  t.deepEqual(asked, ['server', 'client'])
  SSL_read(first.client, new Uint8Array(1))
  const second = endsOver(17408, versions[0], contexts)
  SSL_set_session(second.client, SSL_get_session(first.client))
  t.true(play(second).done)
  t.is(SSL_session_reused(second.client), 1)
  t.is(asked.length, 2)
})

test('OCSP status: what was set can be asked for, and an SSL has its own', t => {
  const ctx = clientContext()
  t.is(SSL_CTX_get_tlsext_status_type(ctx), TLSEXT_STATUSTYPE_nothing)
  t.deepEqual(SSL_CTX_get_tlsext_status_cb(ctx), [1, null])
  const callback: SSL_tlsext_status_cb = () => 1
  t.is(SSL_CTX_set_tlsext_status_cb(ctx, callback), 1)
  t.is(SSL_CTX_set_tlsext_status_arg(ctx, 'arg'), 1)
  t.deepEqual(SSL_CTX_get_tlsext_status_cb(ctx), [1, callback])
  t.deepEqual(SSL_CTX_get_tlsext_status_arg(ctx), [1, 'arg'])
  t.is(SSL_CTX_set_tlsext_status_cb(ctx, null), 1)
  t.deepEqual(SSL_CTX_get_tlsext_status_cb(ctx), [1, null])
  const { client, server } = endsOver(256, versions[0], { client: ctx })
  t.is(SSL_set_tlsext_status_type(client, 2), 0)
  t.is(SSL_CTX_set_tlsext_status_type(ctx, 2), 0)
  t.is(SSL_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp), 1)
  t.is(SSL_get_tlsext_status_type(client), TLSEXT_STATUSTYPE_ocsp)
  t.is(SSL_CTX_get_tlsext_status_type(ctx), TLSEXT_STATUSTYPE_nothing)
  t.deepEqual(SSL_get_tlsext_status_ocsp_resp(client), [-1, null])
  t.is(SSL_set_tlsext_status_ocsp_resp(server, good), 1)
  t.deepEqual(SSL_get_tlsext_status_ocsp_resp(server), [good.length, good])
  t.is(SSL_set_tlsext_status_ocsp_resp(server, null), 1)
  t.deepEqual(SSL_get_tlsext_status_ocsp_resp(server), [-1, null])
})
