/** Accepting as C has it (BIO_s_accept(3)): the first BIO_do_accept binds, each later one puts a connection below it. */
import {
  type BIO,
  BIO_C_DO_STATE_MACHINE,
  BIO_C_GET_ACCEPT,
  BIO_C_GET_BIND_MODE,
  BIO_C_GET_FD,
  BIO_C_SET_ACCEPT,
  BIO_C_SET_BIND_MODE,
  BIO_C_SET_NBIO,
  BIO_CLOSE,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CLOSE,
  BIO_CTRL_RESET,
  BIO_CTRL_SET_CLOSE,
  BIO_copy_next_retry,
  BIO_ctrl,
  BIO_do_handshake,
  BIO_dup_chain,
  BIO_eof,
  BIO_free,
  BIO_free_all,
  BIO_int_ctrl,
  type BIO_METHOD,
  BIO_new,
  type BIO_OUT,
  BIO_ptr_ctrl,
  BIO_push,
  BIO_puts,
  BIO_read,
  BIO_TYPE_ACCEPT,
  BIO_write,
} from '@biopair/ssl/openssl'
import { type AcceptBio, AcceptedBio } from '../accept.ts'
import { Accepting } from './accept-state.ts'
import { ambiguous, neverBlocks } from './connect.ts'
import { attempt, fail } from './fail.ts'
import { parseHostService, portOf } from './host.ts'
import { BIO_s_socket, noDescriptor, setSocket } from './socket.ts'

/**
 * Listens. It never waits: while there is nobody to take, calls answer -1 with BIO_should_io_special and BIO_RR_ACCEPT. Reads and writes are
 * those of the connection below it. It needs a port.
 */
export function BIO_s_accept(): BIO_METHOD {
  return {
    type: BIO_TYPE_ACCEPT,
    name: 'socket accept',
    read: (bio, buf) => through(bio, below => BIO_read(below, buf)),
    write: (bio, buf) => through(bio, below => BIO_write(below, buf)),
    puts: (bio, text) => through(bio, below => BIO_puts(below, text)),
    ctrl: acceptCtrl,
    create: bio => {
      bio.data = new Accepting()
      return 1
    },
    destroy: bio => {
      const state = stateOf(bio)
      if (bio.shutdown) state.stop()
      BIO_free_all(state.bios)
      state.bios = null
      return 1
    },
    ready: (bio, on) =>
      bio.next ? bio.next.ready(on) : (listenerOf(bio)?.ready() ?? Promise.resolve()),
  }
}

/** A BIO that listens at `port`, `host:port` or `*:port`; null for a text that cannot be read so. */
export function BIO_new_accept(host_port: string): BIO | null {
  const bio = BIO_new(BIO_s_accept())
  if (BIO_set_accept_name(bio, host_port) > 0) return bio
  BIO_free(bio)
  return null
}

/** `port`, `host:port` or `*:port`; port 0 for any that is free. 1, or 0 with AMBIGUOUS_HOST_OR_SERVICE. */
export function BIO_set_accept_name(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_ACCEPT, 0, name)
}

/** A number, or `https` and its like. 1. */
export function BIO_set_accept_port(bio: BIO | null, port: string): number {
  return BIO_ctrl(bio, BIO_C_SET_ACCEPT, 1, port)
}

/** As BIO_set_nbio: 1 for not waiting, 0 with CANNOT_BLOCK for waiting. */
export function BIO_set_nbio_accept(bio: BIO | null, n: number): number {
  return BIO_ctrl(bio, BIO_C_SET_ACCEPT, 2, n ? 'a' : null)
}

/** The chain of which every connection gets a copy, above its socket: freed with `bio`, or by setting another. TLS can be copied until it is used. 1. */
export function BIO_set_accept_bios(bio: BIO | null, bios: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_SET_ACCEPT, 3, bios)
}

/** BIO_FAMILY_IPV4, IPV6 or, as at first, IPANY. 1. */
export function BIO_set_accept_ip_family(bio: BIO | null, family: number): number {
  return BIO_int_ctrl(bio, BIO_C_SET_ACCEPT, 4, family)
}

/** BIO_SOCK_V6_ONLY for what listens, BIO_SOCK_NODELAY and BIO_SOCK_KEEPALIVE for its connections; other bits are kept and do nothing. 1. */
export function BIO_set_bind_mode(bio: BIO | null, mode: number): number {
  return BIO_ctrl(bio, BIO_C_SET_BIND_MODE, mode)
}

export function BIO_get_bind_mode(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_BIND_MODE)
}

/** The address where it listens; null before BIO_do_accept has answered 1. */
export function BIO_get_accept_name(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_ACCEPT, 0) as string | null
}

/** The port where it listens, as a text: the one that was found for 0, too; null before BIO_do_accept has answered 1. */
export function BIO_get_accept_port(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_ACCEPT, 1) as string | null
}

/** The address of who came last; null before. */
export function BIO_get_peer_name(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_ACCEPT, 2) as string | null
}

/** The port of who came last, as a text; null before. */
export function BIO_get_peer_port(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_ACCEPT, 3) as string | null
}

/** The family that was set. */
export function BIO_get_accept_ip_family(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_ACCEPT, 4)
}

/** 1 once it is bound, the first time; then 1 once a connection is below it (BIO_pop takes it), -1 with BIO_should_retry until then. */
export function BIO_do_accept(bio: BIO | null): number {
  return BIO_do_handshake(bio)
}

function acceptCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const state = stateOf(bio)
  switch (cmd) {
    case BIO_C_SET_ACCEPT:
      return setAccept(bio, state, larg, parg)
    case BIO_C_GET_ACCEPT:
      return tellAccept(state, larg, parg)
    case BIO_C_DO_STATE_MACHINE:
      return accept(bio)
    case BIO_C_SET_BIND_MODE:
      state.mode = larg
      return 1
    case BIO_C_GET_BIND_MODE:
      return state.mode
    case BIO_C_SET_NBIO:
      return neverBlocks(bio, larg)
    case BIO_C_GET_FD:
      return noDescriptor(bio)
    case BIO_CTRL_GET_CLOSE:
      return bio.shutdown
    case BIO_CTRL_SET_CLOSE:
      bio.shutdown = larg
      return 1
    case BIO_CTRL_FLUSH:
      return 1
    case BIO_CTRL_EOF:
      return bio.next ? BIO_eof(bio.next) : 0
    case BIO_CTRL_RESET:
      state.stop()
      bio.flags = 0
      return 0
    default:
      return 0
  }
}

function setAccept(bio: BIO, state: Accepting, what: number, value: unknown): 0 | 1 {
  bio.errors.clear()
  switch (what) {
    case 0: {
      const parsed = parseHostService(value as string, 'service')
      if (!parsed) return ambiguous(bio, value as string)
      state.host = parsed.host
      state.service = parsed.service ?? state.service
      bio.init = 1
      return 1
    }
    case 1:
      state.service = value as string
      bio.init = 1
      return 1
    case 2:
      return neverBlocks(bio, value === null ? 0 : 1)
    case 3:
      BIO_free_all(state.bios)
      state.bios = value as BIO | null
      return 1
    case 4:
      state.family = value as number
      return 1
    default:
      return 0
  }
}

function tellAccept(state: Accepting, what: number, out: unknown): number {
  if (what === 4) return state.family
  const value = [state.name, state.port, state.peerName, state.peerPort][what]
  if (value === undefined) return 0
  ;(out as BIO_OUT<unknown>).value = value
  return 1
}

/** One step: bound, or somebody taken. */
function accept(bio: BIO): number {
  bio.begin()
  if (bio.next) return 1
  const state = stateOf(bio)
  const listener = listenerOf(bio)
  if (!listener) return -1
  if (state.bound) {
    const came = listener.accept()
    return came instanceof AcceptedBio ? take(bio, state, came) : bio.came(came)
  }
  const ret = bio.came(listener.listen())
  if (ret <= 0) return ret
  state.bound = true
  state.name = listener.address ?? null
  state.port = String(listener.port)
  return 1
}

/** A connection, under a copy of the chain that was set. */
function take(bio: BIO, state: Accepting, came: AcceptedBio): number {
  const sock = BIO_new(BIO_s_socket())
  setSocket(sock, came, came.socket, BIO_CLOSE)
  state.peerName = came.socket.remoteAddress ?? null
  state.peerPort = came.socket.remotePort === undefined ? null : String(came.socket.remotePort)
  if (!state.bios) {
    BIO_push(bio, sock)
    return 1
  }
  const chain = BIO_dup_chain(state.bios)
  if (chain && BIO_push(chain, sock)) {
    BIO_push(bio, chain)
    return 1
  }
  bio.errors.copy((chain ?? state.bios).errors)
  BIO_free_all(chain)
  BIO_free(sock)
  return -1
}

/** A connection is waited for first, then used. */
function through(bio: BIO, call: (below: BIO) => number): number {
  while (!bio.next) {
    const ret = accept(bio)
    if (ret <= 0) return ret
  }
  bio.begin()
  const ret = call(bio.next)
  if (ret > 0) return ret
  BIO_copy_next_retry(bio)
  bio.errors.copy(bio.next.errors)
  return ret
}

/** What listens, from the first call on; if there is none, the reason is noted. */
function listenerOf(bio: BIO): AcceptBio | undefined {
  const state = stateOf(bio)
  const { host, service, listener } = state
  if (listener) return listener
  bio.errors.clear()
  if (host === null && service === null)
    return fail(bio, 'NO_ACCEPT_ADDR_OR_SERVICE_SPECIFIED', 'expected a port to be set', undefined)
  const port = portOf(service ?? '0')
  if (port === undefined)
    return fail(bio, 'INVALID_ARGUMENT', `expected the number of a port, got ${service}`, undefined)
  return attempt(bio, undefined, () => state.start(port))
}

function stateOf(bio: BIO): Accepting {
  return bio.data as Accepting
}
