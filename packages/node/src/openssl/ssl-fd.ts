/** The calls of SSL_set_fd(3): an SSL over descriptors, or over sockets of Node's. */
import type { SocketLike } from '@biopair/bio'
import {
  type BIO,
  BIO_find_type,
  BIO_free,
  BIO_NOCLOSE,
  BIO_new,
  BIO_TYPE_DESCRIPTOR,
  BIO_up_ref,
  type SSL,
  SSL_get_rbio,
  SSL_get_wbio,
  SSL_set_bio,
  SSL_set0_rbio,
  SSL_set0_wbio,
} from '@biopair/ssl/openssl'
import { BIO_get_fd, BIO_s_fd, BIO_set_fd } from './fd.ts'
import { BIO_get_socket, BIO_s_socket } from './socket.ts'

/**
 * Reads and writes this: a descriptor (a pipe, a terminal, a serial device), or a socket of Node's, which is then the SSL's alone. It is
 * not closed with the SSL. 1, or 0 with the reason.
 */
export function SSL_set_fd(ssl: SSL, fd: number | SocketLike): 0 | 1 {
  const bio = over(ssl, fd)
  if (!bio) return 0
  SSL_set_bio(ssl, bio, bio)
  return 1
}

/** Reads this; the same that it writes is one BIO. 1, or 0 with the reason. */
export function SSL_set_rfd(ssl: SSL, fd: number | SocketLike): 0 | 1 {
  const bio = shared(SSL_get_wbio(ssl), fd) ?? over(ssl, fd)
  if (!bio) return 0
  SSL_set0_rbio(ssl, bio)
  return 1
}

/** Writes this; the same that it reads is one BIO. 1, or 0 with the reason. */
export function SSL_set_wfd(ssl: SSL, fd: number | SocketLike): 0 | 1 {
  const bio = shared(SSL_get_rbio(ssl), fd) ?? over(ssl, fd)
  if (!bio) return 0
  SSL_set0_wbio(ssl, bio)
  return 1
}

/** The descriptor that it reads; -1 for none, and for a socket of Node's. */
export function SSL_get_fd(ssl: SSL): number {
  return SSL_get_rfd(ssl)
}

/** The descriptor that it reads; -1 for none, and for a socket of Node's. */
export function SSL_get_rfd(ssl: SSL): number {
  return BIO_get_fd(BIO_find_type(SSL_get_rbio(ssl), BIO_TYPE_DESCRIPTOR))
}

/** The descriptor that it writes; -1 for none, and for a socket of Node's. */
export function SSL_get_wfd(ssl: SSL): number {
  return BIO_get_fd(BIO_find_type(SSL_get_wbio(ssl), BIO_TYPE_DESCRIPTOR))
}

function over(ssl: SSL, fd: number | SocketLike): BIO | undefined {
  ssl.errors.clear()
  const bio = BIO_new(typeof fd === 'number' ? BIO_s_fd() : BIO_s_socket())
  if (BIO_set_fd(bio, fd, BIO_NOCLOSE) > 0) return bio
  ssl.errors.copy(bio.errors)
  BIO_free(bio)
  return undefined
}

/** One owner more of the BIO, if it is over the same. */
function shared(bio: BIO | null, fd: number | SocketLike): BIO | undefined {
  if (!bio) return undefined
  const same =
    typeof fd === 'number' ? bio.init === 1 && BIO_get_fd(bio) === fd : BIO_get_socket(bio) === fd
  if (!same) return undefined
  BIO_up_ref(bio)
  return bio
}
