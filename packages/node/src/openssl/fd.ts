/** Descriptors as C has them (BIO_s_fd(3)). */

import type { SocketLike } from '@biopair/bio'
import {
  type BIO,
  BIO_C_FILE_SEEK,
  BIO_C_FILE_TELL,
  BIO_C_GET_FD,
  BIO_C_SET_FD,
  BIO_CTRL_RESET,
  BIO_ctrl,
  BIO_free,
  type BIO_METHOD,
  BIO_NOCLOSE,
  BIO_new,
  BIO_s_carrier,
  BIO_TYPE_FD,
} from '@biopair/ssl/openssl'
import { FdBio } from '../fd.ts'
import { attempt } from './fail.ts'
import { getLine } from './line.ts'

/** Reads and writes a descriptor: it waits, unless the descriptor was opened with O_NONBLOCK. It needs BIO_set_fd. */
export function BIO_s_fd(): BIO_METHOD {
  return {
    ...BIO_s_carrier(),
    type: BIO_TYPE_FD,
    name: 'file descriptor',
    gets: (bio, buf, size) => getLine(bio, buf, size, into => fdBio(bio).read(into)),
    ctrl: fdCtrl,
    destroy: letGo,
  }
}

/** A BIO over a descriptor; BIO_CLOSE: closed with it. null for one that is not open (C notices when it is read). */
export function BIO_new_fd(fd: number, close_flag: number): BIO | null {
  const bio = BIO_new(BIO_s_fd())
  if (BIO_set_fd(bio, fd, close_flag) > 0) return bio
  BIO_free(bio)
  return null
}

/** What a descriptor's BIO, or a socket's, reads and writes from now on; the one before is left as BIO_free leaves it. 1; 0 if it cannot be. */
export function BIO_set_fd(bio: BIO | null, fd: number | SocketLike, close_flag: number): number {
  return BIO_ctrl(bio, BIO_C_SET_FD, close_flag, fd)
}

/** The descriptor; -1 where there is none, and for sockets, whose descriptor Node keeps for itself: see BIO_get_socket. */
export function BIO_get_fd(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_FD)
}

function fdCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  if (cmd === BIO_C_SET_FD) return attempt(bio, 0, () => setFd(bio, larg, parg))
  if (!bio.init) return cmd === BIO_C_GET_FD ? -1 : carried(bio, cmd, larg, parg)
  const native = fdBio(bio)
  switch (cmd) {
    case BIO_C_GET_FD:
      return native.fd.read
    case BIO_CTRL_RESET:
      return seek(bio, native, 0)
    case BIO_C_FILE_SEEK:
      return seek(bio, native, larg)
    case BIO_C_FILE_TELL:
      return attempt(bio, -1, () => native.tell())
    default:
      return carried(bio, cmd, larg, parg)
  }
}

function setFd(bio: BIO, close_flag: number, fd: unknown): 1 {
  const native = new FdBio(fd as number)
  if (bio.init) letGo(bio)
  bio.native = native
  bio.shutdown = close_flag
  bio.init = 1
  return 1
}

/** Where it goes: 0, the beginning, is no failure. */
function seek(bio: BIO, native: FdBio, place: number): number {
  return attempt(bio, -1, () => {
    native.seek(place)
    return place
  })
}

/** What is held for a descriptor that takes nothing goes out first. */
function letGo(bio: BIO): 1 {
  if (!bio.native) return 1
  const native = fdBio(bio)
  native.closeFd = bio.shutdown !== BIO_NOCLOSE
  native.close()
  return 1
}

function carried(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  return BIO_s_carrier().ctrl?.(bio, cmd, larg, parg) ?? 0
}

function fdBio(bio: BIO): FdBio {
  return bio.native as FdBio
}
