/** The C names, all of them: those of biopair/openssl, and those that need Node, for files, descriptors and sockets. */
export * from '@biopair/ssl/openssl'
export * from './openssl/accept.ts'
export {
  type BIO_ADDR,
  BIO_CONN_S_BLOCKED_CONNECT,
  BIO_CONN_S_CONNECT_ERROR,
  BIO_CONN_S_OK,
  BIO_do_connect,
  BIO_get_conn_address,
  BIO_get_conn_hostname,
  BIO_get_conn_ip_family,
  BIO_get_conn_port,
  BIO_new_connect,
  BIO_s_connect,
  BIO_set_conn_address,
  BIO_set_conn_hostname,
  BIO_set_conn_ip_family,
  BIO_set_conn_mode,
  BIO_set_conn_port,
} from './openssl/connect.ts'
export * from './openssl/ctx-files.ts'
export * from './openssl/errno.ts'
export * from './openssl/fd.ts'
export * from './openssl/file.ts'
export { BIO_get_socket, BIO_new_socket, BIO_s_socket } from './openssl/socket.ts'
export * from './openssl/socket-constants.ts'
export * from './openssl/ssl-connect.ts'
export * from './openssl/ssl-fd.ts'
export * from './openssl/wait.ts'
