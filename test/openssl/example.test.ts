import {
  type BIO,
  BIO_ctrl_get_read_request,
  BIO_ctrl_get_write_guarantee,
  BIO_ctrl_pending,
  BIO_eof,
  BIO_free,
  BIO_new_bio_pair,
  BIO_read,
  BIO_shutdown_wr,
  BIO_write,
  type SSL,
  SSL_accept,
  SSL_connect,
  SSL_ERROR_SSL,
  SSL_ERROR_SYSCALL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_free,
  SSL_get_error,
  SSL_new,
  SSL_read,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  SSL_shutdown,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { clientContext, counted, ringSizes, serverContext, versions } from './support/tls.ts'

/** What a C program keeps of a connection; `sock` is its end of a wire that takes what it likes. */
interface conn {
  ssl: SSL
  network_bio: BIO
  sock: BIO
  stage: 'handshake' | 'send' | 'receive' | 'shutdown' | 'done'
  out: Uint8Array
  inb: Uint8Array
  nread: number
  shut: boolean
}

/** The loop of BIO_s_bio(3)'s EXAMPLES, in C's manner: the engine, then what it has to say, then what it asks for. */
function service(c: conn): number {
  let progress = 0
  let ret: number
  const buf = new Uint8Array(512)

  /* SSL_operations(): whatever is next */
  switch (c.stage) {
    case 'handshake':
      ret = c.ssl.role === 'client' ? SSL_connect(c.ssl) : SSL_accept(c.ssl)
      if (ret === 1) c.stage = 'send'
      break
    case 'send':
      ret = SSL_write(c.ssl, c.out, c.out.length)
      if (ret > 0) c.stage = 'receive'
      break
    case 'receive':
      if (c.nread === c.inb.length) {
        c.stage = 'shutdown'
        return 1
      }
      ret = SSL_read(c.ssl, c.inb.subarray(c.nread), c.inb.length - c.nread)
      if (ret > 0) c.nread += ret
      break
    case 'shutdown':
      ret = SSL_shutdown(c.ssl)
      if (ret === 1) c.stage = 'done'
      if (ret === 0) progress++
      break
    default:
      ret = 1
  }
  if (ret > 0 && c.stage !== 'done') progress++
  if (ret < 0)
    switch (SSL_get_error(c.ssl, ret)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        break
      case SSL_ERROR_ZERO_RETURN:
      case SSL_ERROR_SYSCALL:
      case SSL_ERROR_SSL:
        return -1
    }
  /* A write that waits must not keep us from reading. */
  if (c.stage === 'send') {
    const got = SSL_read(c.ssl, c.inb.subarray(c.nread), c.inb.length - c.nread)
    if (got > 0) {
      c.nread += got
      progress++
    }
  }

  /* whatever the engine has to say goes to the socket */
  for (ret = BIO_ctrl_pending(c.network_bio); ret > 0; ret = BIO_ctrl_pending(c.network_bio)) {
    const room = Math.min(ret, buf.length, BIO_ctrl_get_write_guarantee(c.sock))
    if (room === 0) break
    const n = BIO_read(c.network_bio, buf, room)
    if (BIO_write(c.sock, buf, n) !== n) return -1
    progress++
  }
  /* and what it asks for is fetched from there */
  for (;;) {
    ret = BIO_ctrl_get_read_request(c.network_bio)
    if (ret === 0) break
    const n = BIO_read(c.sock, buf, Math.min(ret, buf.length))
    if (n <= 0) break
    if (BIO_write(c.network_bio, buf, n) !== n) return -1
    progress++
  }
  if (BIO_eof(c.sock) && !c.shut) {
    BIO_shutdown_wr(c.network_bio)
    c.shut = true
    progress++
  }
  return progress
}

function conn_new(ssl: SSL, ring: number, sock: BIO, out: Uint8Array, expected: number): conn {
  const [internal_bio, network_bio] = BIO_new_bio_pair(ring, ring)
  SSL_set_bio(ssl, internal_bio, internal_bio)
  const inb = new Uint8Array(expected)
  return { ssl, network_bio, sock, stage: 'handshake', out, inb, nread: 0, shut: false }
}

function conn_free(c: conn): void {
  SSL_free(c.ssl) /* implicitly frees internal_bio */
  BIO_free(c.network_bio)
  BIO_free(c.sock)
}

for (const version of versions)
  for (const ring of ringSizes)
    test(`the loop of BIO_s_bio(3), ported line by line, brings two programs to their end over rings of ${ring} (${version.name})`, t => {
      const [near, far] = BIO_new_bio_pair(ring, 300)
      const [hello, answer] = [counted(2000), counted(3000, 5)]
      const client_ssl = SSL_new(clientContext(version))
      const server_ssl = SSL_new(serverContext(version))
      SSL_set1_host(client_ssl, 'server.example')
      SSL_set_connect_state(client_ssl)
      SSL_set_accept_state(server_ssl)
      const client = conn_new(client_ssl, ring, near, hello, answer.length)
      const server = conn_new(server_ssl, ring, far, answer, hello.length)
      let stalled = 0
      while (client.stage !== 'done' || server.stage !== 'done') {
        const a = service(client)
        const b = service(server)
        if (a < 0 || b < 0) break
        stalled = a + b === 0 ? stalled + 1 : 0
        if (stalled === 2) break
      }
      t.deepEqual([client.stage, server.stage], ['done', 'done'])
      t.deepEqual(client.inb, answer)
      t.deepEqual(server.inb, hello)
      conn_free(client)
      conn_free(server)
    })
