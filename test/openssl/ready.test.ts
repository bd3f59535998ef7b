/** BIO_ready and SSL_ready: what stands for select(). */
import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, into, text } from './support/bio.ts'
import { clientContext, endsOver, serverContext } from './support/tls.ts'

/** Whether it has settled, once everything that is under way has. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await new Promise(setImmediate)
  return done
}

test('BIO_ready settles when what the last call waited for has come, at once where it waited for nothing', async t => {
  const [near, far] = C.BIO_new_bio_pair(5, 5)
  t.true(await settled(C.BIO_ready(near)))
  const chain = C.BIO_push(C.BIO_new(C.BIO_f_null()), near) as C.BIO
  t.is(C.BIO_read(chain, into(1)), -1)
  const readable = C.BIO_ready(chain)
  t.false(await settled(readable))
  t.is(C.BIO_write(far, bytes('x')), 1)
  t.true(await settled(readable))
  t.is(C.BIO_write(chain, into(6)), 5)
  t.is(C.BIO_write(chain, into(1)), -1)
  const writable = C.BIO_ready(chain)
  t.false(await settled(writable))
  t.true(await settled(C.BIO_ready(chain, 'read')), 'the other way is asked for')
  t.is(C.BIO_read(far, into(1)), 1)
  t.true(await settled(writable))
})

test('bytes that a callback kept back are there to be read', async t => {
  const [near, far] = C.BIO_new_bio_pair(0, 0)
  C.BIO_write(far, bytes('abcd'))
  C.BIO_set_callback_ex(near, (_bio, oper, _argp, _len, _argi, _argl, ret, processed) => {
    if (oper === (C.BIO_CB_READ | C.BIO_CB_RETURN) && processed) processed.value = 1
    return ret
  })
  t.is(C.BIO_read(near, into(4)), 1)
  t.true(await settled(C.BIO_ready(near, 'read')))
})

test('SSL_ready settles when the other end has moved, or when a callback has its answer', async t => {
  let answer: (ok: number) => void = () => {}
  const asked = new Promise<number>(resolve => {
    answer = resolve
  })
  const client_ctx = clientContext()
  C.SSL_CTX_set_verify(client_ctx, C.SSL_VERIFY_PEER, () => asked)
  const { client, server } = endsOver(17408, undefined, { client: client_ctx })
  t.true(await settled(C.SSL_ready(client)))
  t.is(C.SSL_connect(client), -1)
  const hello = C.SSL_ready(client)
  t.false(await settled(hello))
  C.SSL_accept(server)
  t.true(await settled(hello))
  t.is(C.SSL_connect(client), -1)
  t.is(C.SSL_get_error(client, -1), C.SSL_ERROR_WANT_RETRY_VERIFY)
  const verified = C.SSL_ready(client)
  t.false(await settled(verified))
  answer(1)
  t.true(await settled(verified))
  t.is(C.SSL_connect(client), 1)
  t.true(await settled(C.SSL_ready(client)))
  t.is(C.SSL_accept(server), 1)
  t.is(C.SSL_read(client, into(1)), -1, 'tickets are no data')
  t.is(C.SSL_shutdown(client), 0)
  const bye = C.SSL_ready(client)
  t.false(await settled(bye))
  t.deepEqual([C.SSL_shutdown(server), C.SSL_shutdown(server)], [0, 1])
  t.true(await settled(bye))
  t.is(C.SSL_shutdown(client), 1)
})

test('a method of one’s own has the calls of BIO_from by BIO_s_carrier', async t => {
  const [near, far] = C.BIO_new_bio_pair(0, 0)
  const type = C.BIO_TYPE_SOURCE_SINK | 200
  const upper: C.BIO_METHOD = { ...C.BIO_s_carrier(), type, name: 'upper', puts: undefined }
  const bio = C.BIO_new(upper)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(C.BIO_pending(bio), 0)
  t.is(C.BIO_flush(bio), 0)
  bio.native = near
  bio.init = 1
  t.is(C.BIO_write(bio, bytes('hi')), 2)
  const buf = into(2)
  t.is(C.BIO_read(far, buf), 2)
  t.is(text(buf), 'hi')
  t.is(C.BIO_puts(bio, 'x'), -2)
  t.is(C.BIO_read(bio, buf), -1)
  const readable = C.BIO_ready(bio)
  C.BIO_write(far, bytes('x'))
  t.true(await settled(readable))
  t.is(C.BIO_free(bio), 1)
})

test('a carrier that refuses to be made to wait says why', t => {
  const native = {
    read: () => 1,
    write: () => 1,
    flush: () => 'done' as const,
    end: () => 'done' as const,
    close: () => {},
    blocking: false,
    setBlocking: () => {
      throw new TypeError('not in this thread')
    },
  }
  const bio = C.BIO_from(native)
  t.is(C.BIO_set_nbio(bio, 1), 1)
  t.is(C.BIO_set_nbio(bio, 0), 0)
  t.is(C.ERR_get_error_all(bio)?.data, 'not in this thread')
})

test('over TLS in TLS, SSL_ready of the inner one waits for the carrier below both', async t => {
  const [near, far] = C.BIO_new_bio_pair(0, 0)
  const make = (ctx: C.SSL_CTX, client: number, below: C.BIO) => {
    const outer = C.BIO_push(C.BIO_new_ssl(ctx, client), below) as C.BIO
    const inner = C.SSL_new(ctx)
    C.SSL_set_bio(inner, outer, outer)
    const [, ssl] = C.BIO_get_ssl(outer)
    for (const each of [inner, ssl as C.SSL]) {
      if (client) C.SSL_set_connect_state(each)
      else C.SSL_set_accept_state(each)
      if (client) C.SSL_set1_host(each, 'server.example')
    }
    return inner
  }
  const client = make(clientContext(), 1, near)
  const server = make(serverContext(), 0, far)
  const run = async (ssl: C.SSL, call: (ssl: C.SSL) => number) => {
    for (let tries = 0; tries < 100; tries++) {
      const ret = call(ssl)
      if (ret > 0) return ret
      await C.SSL_ready(ssl)
    }
    return -1
  }
  t.deepEqual(await Promise.all([run(client, C.SSL_connect), run(server, C.SSL_accept)]), [1, 1])
  const buf = into(5)
  t.is(C.SSL_read(server, buf), -1)
  const readable = C.SSL_ready(server)
  t.false(await settled(readable))
  t.is(C.SSL_write(client, bytes('hello')), 5)
  t.true(await settled(readable))
  t.is(await run(server, ssl => C.SSL_read(ssl, buf)), 5)
})
