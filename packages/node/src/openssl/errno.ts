/** The calls of BIO_s_fd(3) and BIO_s_socket(3) about system errors: which of them mean "later". C looks at errno; here it is given. */
import { constants } from 'node:os'

/** An error of the system's: its number (Node's own are negative), its name, or the error that has it. */
export type Errno = number | string | NodeJS.ErrnoException

/** 1 for an error that means "later", 0 for any other. */
export function BIO_fd_non_fatal_error(error: Errno): 0 | 1 {
  const code = typeof error === 'object' ? error.code : error
  const number = typeof code === 'number' ? Math.abs(code) : undefined
  const known = names.some(name => code === name || number === constants.errno[name])
  return known ? 1 : 0
}

/** Whether what answered `i` (0 or -1), with that error, is worth another try: 1 or 0. */
export function BIO_fd_should_retry(i: number, error: Errno): 0 | 1 {
  return i === 0 || i === -1 ? BIO_fd_non_fatal_error(error) : 0
}

/** As BIO_fd_non_fatal_error. */
export function BIO_sock_non_fatal_error(error: Errno): 0 | 1 {
  return BIO_fd_non_fatal_error(error)
}

/** As BIO_fd_should_retry. */
export function BIO_sock_should_retry(i: number, error: Errno): 0 | 1 {
  return BIO_fd_should_retry(i, error)
}

const names = [
  'EAGAIN',
  'EALREADY',
  'EINPROGRESS',
  'EINTR',
  'ENOTCONN',
  'EPROTO',
  'EWOULDBLOCK',
] as const
