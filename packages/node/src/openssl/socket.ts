/** Sockets as C has them (BIO_s_socket(3)). C has a descriptor; Node a socket object, and keeps the descriptor for itself. */
import { type Bio, SocketBio, type SocketLike } from '@biopair/bio'
import {
  type BIO,
  BIO_C_GET_FD,
  BIO_C_SET_FD,
  BIO_CTRL_RESET,
  BIO_find_type,
  type BIO_METHOD,
  BIO_NOCLOSE,
  BIO_new,
  BIO_s_carrier,
  BIO_TYPE_DESCRIPTOR,
  BIO_TYPE_SOCKET,
} from '@biopair/ssl/openssl'
import { fail } from './fail.ts'
import { BIO_set_fd } from './fd.ts'

/** Reads and writes a socket, and never waits. It needs a socket (BIO_set_fd). */
export function BIO_s_socket(): BIO_METHOD {
  return { ...BIO_s_carrier(), type: BIO_TYPE_SOCKET, name: 'socket', ctrl: socketCtrl }
}

/**
 * A BIO over a socket of Node's (`net.Socket`, or any Duplex). It takes the socket over: nobody else reads it any more. BIO_CLOSE: it is
 * closed with the BIO, once what was written has gone; BIO_NOCLOSE: it stays open, and what was received and not read is lost.
 */
export function BIO_new_socket(sock: SocketLike, close_flag: number): BIO {
  const bio = BIO_new(BIO_s_socket())
  BIO_set_fd(bio, sock, close_flag)
  return bio
}

/**
 * Ours: Node's socket of the first BIO of the chain that has one (a `net.Socket` for BIO_s_connect and BIO_s_accept's connections), for its
 * addresses, `setNoDelay` and the like; its bytes are the BIO's. null where there is none, or none yet.
 */
export function BIO_get_socket(bio: BIO | null): SocketLike | null {
  const found = BIO_find_type(bio, BIO_TYPE_DESCRIPTOR)
  if (!found) return null
  if (found.method.type === BIO_TYPE_SOCKET) return found.data as SocketLike | null
  const { socket } = (found.native ?? {}) as { readonly socket?: SocketLike | undefined }
  return socket ?? null
}

/** Fills a socket's BIO. */
export function setSocket(bio: BIO, native: Bio, socket: SocketLike, close_flag: number): 1 {
  if (bio.init && bio.shutdown !== BIO_NOCLOSE) bio.close()
  bio.native = native
  bio.data = socket
  bio.shutdown = close_flag
  bio.init = 1
  return 1
}

function socketCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  switch (cmd) {
    case BIO_C_SET_FD:
      bio.errors.clear()
      return looksLikeSocket(parg)
        ? setSocket(bio, new SocketBio(parg), parg, larg)
        : bio.refuse('INVALID_ARGUMENT', 'expected a socket of Node’s, which is no number', 0)
    case BIO_C_GET_FD:
      return noDescriptor(bio)
    case BIO_CTRL_RESET:
      return 0
    default:
      return BIO_s_carrier().ctrl?.(bio, cmd, larg, parg) ?? 0
  }
}

/** Node does not say which descriptor a socket has. */
export function noDescriptor(bio: BIO): -1 {
  bio.errors.clear()
  if (!bio.init) return -1
  const why = 'Node does not tell the descriptor of a socket; BIO_get_socket gives the socket'
  return fail(bio, 'UNSUPPORTED_METHOD', why, -1)
}

function looksLikeSocket(value: unknown): value is SocketLike {
  return typeof value === 'object' && value !== null && 'write' in value && 'destroy' in value
}
