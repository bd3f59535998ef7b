/** SSL over descriptors and sockets: SSL_set_fd(3), BIO_f_ssl(3) over BIOs that connect, and SSL_ready. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import * as C from '@biopair/node/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  bytes,
  clientContext,
  connection,
  fifo,
  fifos,
  folder,
  into,
  listening,
  reason,
  serverContext,
  state,
  text,
  until,
  untilSsl,
  wantsSpecial,
} from './support/c.ts'

test('SSL_set_fd over a socket of Node’s: one BIO for both directions, which SSL_free leaves open', async t => {
  const [near, far] = await connection()
  const sockets = [C.BIO_get_socket(near), C.BIO_get_socket(far)] as Socket[]
  const [client, server] = [C.SSL_new(clientContext()), C.SSL_new(serverContext())]
  t.is(C.SSL_get_fd(client), -1)
  C.SSL_set1_host(client, 'server.example')
  C.SSL_set_bio(server, far, far)
  t.is(C.SSL_set_fd(client, sockets[0] as Socket), 1)
  t.is(C.SSL_get_rbio(client), C.SSL_get_wbio(client))
  t.is(C.SSL_set_rfd(client, sockets[0] as Socket), 1)
  t.is(C.SSL_get_rbio(client), C.SSL_get_wbio(client))
  t.is(C.SSL_get_fd(client), -1)
  const both = [untilSsl(client, C.SSL_connect), untilSsl(server, C.SSL_accept)]
  t.deepEqual(await Promise.all(both), [1, 1])
  t.is(await untilSsl(client, ssl => C.SSL_write(ssl, bytes('hello'))), 5)
  const buf = into(10)
  t.is(await untilSsl(server, ssl => C.SSL_read(ssl, buf)), 5)
  t.is(await untilSaid(client), 0)
  t.is(await untilSsl(server, ssl => C.SSL_read(ssl, buf)), 0)
  t.is(C.SSL_get_error(server, 0), C.SSL_ERROR_ZERO_RETURN)
  t.is(await untilSsl(server, C.SSL_shutdown), 1)
  t.is(await untilSsl(client, ssl => (C.SSL_shutdown(ssl) === 1 ? 1 : -1)), 1)
  C.SSL_free(client)
  t.false(sockets[0]?.destroyed)
  C.SSL_free(server)
  for (const socket of sockets) socket.destroy()
})

/** SSL_shutdown until our close_notify is out. */
const untilSaid = (ssl: C.SSL) => untilSsl(ssl, s => C.SSL_shutdown(s) + 1).then(ret => ret - 1)

test('an SSL that has nothing to wait for is ready at once; one whose BIO cannot be waited for is a TypeError', async t => {
  const ssl = C.SSL_new(clientContext())
  await C.SSL_ready(ssl)
  const method = C.BIO_meth_new(C.BIO_get_new_index() | C.BIO_TYPE_SOURCE_SINK, 'never')
  C.BIO_meth_set_write(method, bio => {
    C.BIO_set_retry_write(bio)
    return -1
  })
  C.BIO_meth_set_read(method, bio => {
    C.BIO_set_retry_read(bio)
    return -1
  })
  C.BIO_meth_set_ctrl(method, () => 0)
  const never = () => C.BIO_new(method) as C.BIO
  const [one, two] = [never(), never()]
  C.SSL_set_bio(ssl, one, one)
  C.SSL_set1_host(ssl, 'server.example')
  t.is(C.SSL_connect(ssl), -1)
  t.is(C.SSL_get_error(ssl, -1), C.SSL_ERROR_WANT_WRITE)
  t.throws(() => C.SSL_ready(ssl), { instanceOf: TypeError })
  t.is(C.BIO_write(two, bytes('x')), -1)
  t.throws(() => C.BIO_ready(two), { instanceOf: TypeError })
  t.is(await C.BIO_wait(two, 0), -1)
  C.BIO_meth_set_ready(method, () => Promise.resolve())
  await C.BIO_ready(two)
  await C.SSL_ready(ssl)
  t.is(await C.BIO_wait(two, 0), 1)
})

test('an SSL over a BIO that connects says WANT_CONNECT until the connection stands', async t => {
  const [acpt, where] = await listening()
  const ssl = C.SSL_new(clientContext())
  const bio = C.BIO_new_connect(where) as C.BIO
  C.SSL_set_bio(ssl, bio, bio)
  C.SSL_set1_host(ssl, 'server.example')
  t.is(C.SSL_connect(ssl), -1)
  t.is(C.SSL_get_error(ssl, -1), C.SSL_ERROR_WANT_CONNECT)
  t.is(C.SSL_want(ssl), C.SSL_WRITING)
  t.is(await until(bio, C.BIO_do_connect), 1)
  t.is(C.SSL_connect(ssl), -1)
  t.not(C.SSL_get_error(ssl, -1), C.SSL_ERROR_WANT_CONNECT)
  C.SSL_free(ssl)
  C.BIO_free_all(acpt)
})

test('BIO_new_ssl_connect and BIO_new_buffer_ssl_connect: the host is set through the chain, SPECIAL comes up through it, TLS follows', async t => {
  t.is(C.BIO_new_ssl_connect(null), null)
  t.is(C.BIO_new_buffer_ssl_connect(null), null)
  const server_ctx = serverContext()
  for (const make of [C.BIO_new_ssl_connect, C.BIO_new_buffer_ssl_connect]) {
    const [acpt, where] = await listening()
    C.BIO_set_accept_bios(acpt, C.BIO_new_ssl(server_ctx, 0))
    const sbio = make(clientContext())
    const [, ssl] = C.BIO_get_ssl(sbio)
    C.SSL_set1_host(ssl as C.SSL, 'server.example')
    t.is(C.BIO_set_conn_hostname(sbio, where), 1)
    t.is(C.BIO_get_conn_hostname(sbio), '127.0.0.1')
    t.is(C.BIO_do_connect(sbio), -1)
    t.deepEqual(state(sbio), wantsSpecial)
    const [waiting, why] = C.BIO_get_retry_BIO(sbio)
    t.is(C.BIO_method_type(waiting), C.BIO_TYPE_CONNECT)
    t.is(why, C.BIO_RR_CONNECT)
    const serve = async () => {
      t.is(await until(acpt, C.BIO_do_accept), 1)
      const far = C.BIO_pop(acpt) as C.BIO
      const buf = into(100)
      const count = await until(far, b => C.BIO_read(b, buf))
      t.is(await until(far, b => C.BIO_write(b, buf.subarray(0, count))), count)
      t.is(await until(far, C.BIO_flush), 1)
      C.BIO_free_all(far)
    }
    const served = serve()
    t.is(await until(sbio, C.BIO_do_connect), 1)
    t.is(await until(sbio, b => C.BIO_puts(b, 'ping\n')), 5)
    t.is(await until(sbio, C.BIO_flush), 1)
    const buf = into(100)
    t.is(await until(sbio, b => C.BIO_read(b, buf)), 5)
    t.is(text(buf.subarray(0, 5)), 'ping\n')
    await served
    t.is(await until(sbio, b => C.BIO_read(b, buf)), 0)
    C.BIO_free_all(sbio)
    C.BIO_free(acpt)
  }
})

test('TLS in TLS over one connection: two pushes, and BIO_ready goes down through both', async t => {
  const [near, far] = await connection()
  const inside = (ctx: C.SSL_CTX, client: number, below: C.BIO) => {
    const outer = C.BIO_push(C.BIO_new_ssl(ctx, client), below) as C.BIO
    const inner = C.BIO_push(C.BIO_new_ssl(ctx, client), outer) as C.BIO
    if (client)
      for (const bio of [outer, inner])
        C.SSL_set1_host(C.BIO_get_ssl(bio)[1] as C.SSL, 'server.example')
    return inner
  }
  const client = inside(clientContext(), 1, near)
  const server = inside(serverContext(), 0, far)
  t.deepEqual(
    await Promise.all([until(client, C.BIO_do_handshake), until(server, C.BIO_do_handshake)]),
    [1, 1],
  )
  const big = into(300_000).fill(7)
  const send = async () => {
    for (let at = 0; at < big.length; )
      at += await until(client, b => C.BIO_write(b, big.subarray(at, at + 30_000)))
    t.is(await until(client, C.BIO_flush), 1)
  }
  const receive = async () => {
    let got = 0
    const buf = into(20_000)
    while (got < big.length) {
      const count = await until(server, b => C.BIO_read(b, buf))
      if (count <= 0) throw new Error(`expected bytes, got ${count} after ${got}`)
      got += count
    }
    return got
  }
  const [, got] = await Promise.all([send(), receive()])
  t.is(got, big.length)
  C.BIO_free_all(client)
  C.BIO_free_all(server)
})

test('TLS that has begun is not copied for an accept BIO: the reason is told', async t => {
  const [acpt, where] = await listening()
  const used = C.BIO_push(C.BIO_new_ssl(serverContext(), 0), C.BIO_new(C.BIO_s_mem())) as C.BIO
  t.is(C.BIO_do_handshake(used), -1)
  C.BIO_set_accept_bios(acpt, used)
  const near = C.BIO_new_connect(where) as C.BIO
  const connected = until(near, C.BIO_do_connect)
  t.is(await until(acpt, C.BIO_do_accept), -1)
  t.is(reason(acpt), 'in use')
  t.is(await connected, 1)
  C.BIO_free(near)
  C.BIO_free(acpt)
})

if (!fifos)
  test('TLS over FIFOs (skipped: this system has none that open both ways)', t => t.pass())
else {
  test('SSL_set_fd: descriptors as OpenSSL has them, and one that is not open is 0 with the reason', t => {
    const place = folder()
    t.teardown(place.remove)
    const [one, two] = [fifo(place.path('a'), true), fifo(place.path('b'), true)]
    const ssl = C.SSL_new(clientContext())
    t.is(C.SSL_set_fd(ssl, 9999), 0)
    t.is(C.ERR_GET_LIB(C.ERR_peek_error(ssl)), C.ERR_LIB_SYS)
    t.is(C.SSL_set_fd(ssl, one), 1)
    t.deepEqual([C.SSL_get_fd(ssl), C.SSL_get_rfd(ssl), C.SSL_get_wfd(ssl)], [one, one, one])
    t.is(C.SSL_get_rbio(ssl), C.SSL_get_wbio(ssl))
    t.is(C.BIO_get_close(C.SSL_get_rbio(ssl)), C.BIO_NOCLOSE)
    t.is(C.SSL_set_wfd(ssl, two), 1)
    t.is(C.SSL_get_wfd(ssl), two)
    t.not(C.SSL_get_rbio(ssl), C.SSL_get_wbio(ssl))
    t.is(C.SSL_set_rfd(ssl, two), 1)
    t.is(C.SSL_get_rbio(ssl), C.SSL_get_wbio(ssl))
    C.SSL_free(ssl)
    for (const fd of [one, two]) C.BIO_free(C.BIO_new_fd(fd, C.BIO_CLOSE))
  })

  test('a client over blocking descriptors needs no loop: SSL_connect returns once the handshake is done', async t => {
    t.timeout(120_000)
    const place = folder()
    t.teardown(place.remove)
    const [inward, outward] = [place.path('in'), place.path('out')]
    const [wfd, rfd] = [fifo(inward, true), fifo(outward, true)]
    const script = new URL('./support/blocking-client.js', import.meta.url)
    const worker = new Worker(script, {
      workerData: { inward, outward, ca: chainFor('p256').root.pem },
    })
    t.teardown(async () => {
      const [near, far] = [rfd, wfd].map(fd => C.BIO_new_fd(fd, C.BIO_CLOSE) as C.BIO)
      // A thread in the middle of a read cannot be ended: what this says ends that.
      C.BIO_write(far as C.BIO, into(1000))
      await worker.terminate()
      for (const bio of [near, far]) C.BIO_free(bio as C.BIO)
    })
    const said = once(worker, 'message')
    const ssl = C.SSL_new(serverContext())
    C.SSL_set_rfd(ssl, rfd)
    C.SSL_set_wfd(ssl, wfd)
    t.is(await untilSsl(ssl, C.SSL_accept), 1)
    const buf = into(100)
    t.is(await untilSsl(ssl, s => C.SSL_read(s, buf)), 5)
    t.is(await untilSsl(ssl, s => C.SSL_write(s, bytes('answer'))), 6)
    t.is(await untilSsl(ssl, s => C.SSL_read(s, buf)), 0)
    t.is(C.SSL_get_error(ssl, 0), C.SSL_ERROR_ZERO_RETURN)
    t.is(await untilSsl(ssl, C.SSL_shutdown), 1)
    const [answers] = await said
    t.deepEqual(answers, [1, 1, 1, 5, 'answer', 0, 1])
    C.SSL_free(ssl)
  })
}
