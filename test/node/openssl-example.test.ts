/** The examples of BIO_s_connect(3), BIO_s_accept(3) and BIO_f_ssl(3), ported: only syntax changed, and the await where C would wait. */
import {
  type BIO,
  BIO_do_accept,
  BIO_do_connect,
  BIO_do_handshake,
  BIO_f_buffer,
  BIO_flush,
  BIO_free,
  BIO_free_all,
  BIO_get_accept_port,
  BIO_get_ssl,
  BIO_gets,
  BIO_new,
  BIO_new_accept,
  BIO_new_connect,
  BIO_new_ssl,
  BIO_new_ssl_connect,
  BIO_pop,
  BIO_push,
  BIO_puts,
  BIO_read,
  BIO_ready,
  BIO_set_accept_bios,
  BIO_set_conn_hostname,
  BIO_should_retry,
  ERR_error_string,
  ERR_get_error,
  type SSL,
  SSL_CTX_free,
  SSL_get_verify_result,
  SSL_get_version,
  SSL_MODE_AUTO_RETRY,
  SSL_set_mode,
  SSL_set1_host,
  X509_V_OK,
} from '@biopair/node/openssl'
import test from 'ava'
import { clientContext, serverContext } from './support/c.ts'

/** What a blocking call of C's is here: the call, and select() while it waits. */
async function blocking(bio: BIO, call: () => number): Promise<number> {
  for (;;) {
    const ret = call()
    if (ret > 0 || !BIO_should_retry(bio)) return ret
    await BIO_ready(bio)
  }
}

const string = (buf: Uint8Array, len: number) => Buffer.from(buf.subarray(0, len)).toString()

/** The server of BIO_f_ssl(3)'s EXAMPLES: accepts one connection, answers a GET with what was asked, and is done. */
async function server(port: (port: string) => void): Promise<string> {
  let out = ''
  const tmpbuf = new Uint8Array(1024)
  const ctx = serverContext()

  /* TLS on the accepting side */
  let sbio = BIO_new_ssl(ctx, 0)
  const [, ssl] = BIO_get_ssl(sbio)
  if (ssl === null) return "Can't locate SSL pointer"
  /* what the layer below can wait for, it waits for itself */
  SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY)
  /* lines are read out of a buffer */
  const bbio = BIO_new(BIO_f_buffer())
  /* the buffer stands on TLS */
  sbio = BIO_push(bbio, sbio) as BIO
  const acpt = BIO_new_accept('127.0.0.1:0') as BIO
  /* each connection comes under a copy of this chain, which is the accept BIO's from here on */
  BIO_set_accept_bios(acpt, sbio)

  /* binds */
  if ((await blocking(acpt, () => BIO_do_accept(acpt))) <= 0) return 'cannot bind'
  port(BIO_get_accept_port(acpt) as string)
  /* until somebody comes */
  if ((await blocking(acpt, () => BIO_do_accept(acpt))) <= 0) return 'nobody was let in'
  /* nobody else is let in */
  sbio = BIO_pop(acpt) as BIO
  BIO_free_all(acpt)

  if ((await blocking(sbio, () => BIO_do_handshake(sbio))) <= 0) return 'no handshake'

  await blocking(sbio, () => BIO_puts(sbio, 'HTTP/1.0 200 OK\r\nContent-type: text/plain\r\n\r\n'))
  await blocking(sbio, () => BIO_puts(sbio, '\r\nConnection Established\r\nRequest headers:\r\n'))
  await blocking(sbio, () =>
    BIO_puts(sbio, '--------------------------------------------------\r\n'),
  )
  for (;;) {
    const len = await blocking(sbio, () => BIO_gets(sbio, tmpbuf, 1024))
    if (len <= 0) break
    const line = string(tmpbuf, len)
    await blocking(sbio, () => BIO_puts(sbio, line))
    out += line
    /* the request ends with an empty line */
    if (line[0] === '\r' || line[0] === '\n') break
  }
  await blocking(sbio, () =>
    BIO_puts(sbio, '--------------------------------------------------\r\n\r\n'),
  )
  /* what the buffer holds goes out */
  await blocking(sbio, () => BIO_flush(sbio))
  BIO_free_all(sbio)
  SSL_CTX_free(ctx)
  return out
}

/** The client of BIO_f_ssl(3)'s EXAMPLES: a GET over TLS. */
async function client(host_port: string): Promise<string> {
  let out = ''
  const tmpbuf = new Uint8Array(1024)
  const ctx = clientContext()
  const sbio = BIO_new_ssl_connect(ctx)
  const [, ssl] = BIO_get_ssl(sbio)
  if (ssl === null) return "Can't locate SSL pointer"
  /* what the layer below can wait for, it waits for itself */
  SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY)
  /* the connection by itself: the name to send and to prove */
  SSL_set1_host(ssl as SSL, 'server.example')
  BIO_set_conn_hostname(sbio, host_port)

  if ((await blocking(sbio, () => BIO_do_connect(sbio))) <= 0)
    return `cannot connect: ${ERR_error_string(ERR_get_error(sbio))}`
  if ((await blocking(sbio, () => BIO_do_handshake(sbio))) <= 0) return 'no handshake'
  /* shaken */
  out += `${SSL_get_version(ssl)} ${SSL_get_verify_result(ssl) === X509_V_OK}\n`

  await blocking(sbio, () => BIO_puts(sbio, 'GET / HTTP/1.0\n\n'))
  for (;;) {
    const len = await blocking(sbio, () => BIO_read(sbio, tmpbuf, 1024))
    if (len <= 0) break
    out += string(tmpbuf, len)
  }
  BIO_free_all(sbio)
  SSL_CTX_free(ctx)
  return out
}

test('the client and the server of BIO_f_ssl(3), ported line by line, over TCP: a GET is answered', async t => {
  t.timeout(120_000)
  let listening: (port: string) => void = () => {}
  const port = new Promise<string>(resolve => {
    listening = resolve
  })
  const served = server(listening)
  const answer = await client(`127.0.0.1:${await port}`)
  t.is(await served, 'GET / HTTP/1.0\n\n')
  t.is(
    answer,
    `TLSv1.3 true
HTTP/1.0 200 OK\r
Content-type: text/plain\r
\r
\r
Connection Established\r
Request headers:\r
--------------------------------------------------\r
GET / HTTP/1.0

--------------------------------------------------\r
\r
`,
  )
})

/** The example of BIO_s_accept(3): two connections, and no more. */
async function accepting(port: (port: string) => void): Promise<string> {
  const abio = BIO_new_accept('127.0.0.1:0') as BIO
  /* binds */
  if ((await blocking(abio, () => BIO_do_accept(abio))) <= 0) return 'cannot bind'
  port(BIO_get_accept_port(abio) as string)
  /* the first of two */
  if ((await blocking(abio, () => BIO_do_accept(abio))) <= 0) return 'nobody was let in'
  /* its own BIO */
  const cbio = BIO_pop(abio) as BIO
  BIO_puts(cbio, 'Connection 1: Sending out Data on initial connection\n')
  /* the second */
  if ((await blocking(abio, () => BIO_do_accept(abio))) <= 0) return 'nobody was let in'
  /* no third */
  const cbio2 = BIO_pop(abio) as BIO
  BIO_free(abio)
  BIO_puts(cbio2, 'Connection 2: Sending out Data on second\n')
  BIO_puts(cbio, 'Connection 1: Second connection established\n')
  /* and both go */
  BIO_free(cbio)
  BIO_free(cbio2)
  return 'done'
}

/** The example of BIO_s_connect(3): everything that the other end says. */
async function connecting(host_port: string): Promise<string> {
  let out = ''
  const tmpbuf = new Uint8Array(1024)
  const cbio = BIO_new_connect(host_port) as BIO
  if ((await blocking(cbio, () => BIO_do_connect(cbio))) <= 0) return 'cannot connect'
  for (;;) {
    const len = await blocking(cbio, () => BIO_read(cbio, tmpbuf, 1024))
    if (len <= 0) break
    out += string(tmpbuf, len)
  }
  BIO_free(cbio)
  return out
}

test('the examples of BIO_s_accept(3) and BIO_s_connect(3), ported line by line, talk to each other', async t => {
  t.timeout(120_000)
  let listening: (port: string) => void = () => {}
  const port = new Promise<string>(resolve => {
    listening = resolve
  })
  const served = accepting(listening)
  const where = `127.0.0.1:${await port}`
  const answers = await Promise.all([connecting(where), connecting(where)])
  t.is(await served, 'done')
  t.deepEqual(answers.sort(), [
    'Connection 1: Sending out Data on initial connection\nConnection 1: Second connection established\n',
    'Connection 2: Sending out Data on second\n',
  ])
  t.is(await connecting(where), 'cannot connect')
})
