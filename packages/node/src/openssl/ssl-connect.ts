/** Ready-made chains of TLS over a connection that is still to be made (BIO_f_ssl(3)). */
import {
  type BIO,
  BIO_f_buffer,
  BIO_new,
  BIO_new_ssl,
  BIO_push,
  type SSL_CTX,
} from '@biopair/ssl/openssl'
import { BIO_s_connect } from './connect.ts'

/** A client's TLS over a BIO that connects: BIO_set_conn_hostname, then BIO_do_connect. Its SSL is BIO_get_ssl's. null without a context. */
export function BIO_new_ssl_connect(ctx: SSL_CTX): BIO
export function BIO_new_ssl_connect(ctx: SSL_CTX | null): BIO | null
export function BIO_new_ssl_connect(ctx: SSL_CTX | null): BIO | null {
  const ssl = BIO_new_ssl(ctx, 1)
  return ssl && BIO_push(ssl, BIO_new(BIO_s_connect()))
}

/** As BIO_new_ssl_connect, under a buffer, which has lines (BIO_gets) and wants to be flushed. */
export function BIO_new_buffer_ssl_connect(ctx: SSL_CTX): BIO
export function BIO_new_buffer_ssl_connect(ctx: SSL_CTX | null): BIO | null
export function BIO_new_buffer_ssl_connect(ctx: SSL_CTX | null): BIO | null {
  const ssl = BIO_new_ssl_connect(ctx)
  return ssl && BIO_push(BIO_new(BIO_f_buffer()), ssl)
}
