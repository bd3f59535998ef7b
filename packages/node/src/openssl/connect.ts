/** Connecting as C has it (BIO_s_connect(3)): the host and port are set first, the first call that needs it connects. */
import type { AddressInfo } from 'node:net'
import {
  type BIO,
  BIO_C_DO_STATE_MACHINE,
  BIO_C_GET_CONNECT,
  BIO_C_GET_FD,
  BIO_C_SET_CONNECT,
  BIO_C_SET_CONNECT_MODE,
  BIO_C_SET_NBIO,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CALLBACK,
  BIO_CTRL_RESET,
  BIO_ctrl,
  BIO_do_handshake,
  BIO_free,
  type BIO_info_cb,
  BIO_int_ctrl,
  type BIO_METHOD,
  BIO_new,
  type BIO_OUT,
  BIO_ptr_ctrl,
  BIO_s_carrier,
  BIO_should_retry,
  BIO_TYPE_CONNECT,
} from '@biopair/ssl/openssl'
import { ConnectBio } from '../connect.ts'
import { attempt, fail } from './fail.ts'
import { parseHostService, portOf } from './host.ts'
import { getLine } from './line.ts'
import { noDescriptor } from './socket.ts'
import {
  BIO_FAMILY_IPANY,
  BIO_FAMILY_IPV4,
  BIO_FAMILY_IPV6,
  BIO_SOCK_KEEPALIVE,
  BIO_SOCK_NODELAY,
} from './socket-constants.ts'

/** Where one end of a connection is; a literal does for it (C: an opaque thing with calls of its own). */
export type BIO_ADDR = Pick<AddressInfo, 'address' | 'port'>

/** What BIO_set_info_callback's callback is told: connected, still connecting, or failed. */
export const BIO_CONN_S_OK = 5
export const BIO_CONN_S_BLOCKED_CONNECT = 6
export const BIO_CONN_S_CONNECT_ERROR = 7

interface Target {
  host: string | null
  service: string | null
  family: number
  mode: number
}

/**
 * Connects, then reads and writes. It never waits: until the connection stands, calls answer -1 with BIO_should_io_special and
 * BIO_RR_CONNECT. It needs a host and a port.
 */
export function BIO_s_connect(): BIO_METHOD {
  const carrier = BIO_s_carrier()
  return {
    ...carrier,
    type: BIO_TYPE_CONNECT,
    name: 'socket connect',
    read: (bio, buf, len) => (begun(bio) ? (carrier.read?.(bio, buf, len) ?? -2) : -1),
    write: (bio, buf, len) => (begun(bio) ? (carrier.write?.(bio, buf, len) ?? -2) : -1),
    puts: (bio, text) => (begun(bio) ? (carrier.puts?.(bio, text) ?? -2) : -1),
    gets: (bio, buf, size) =>
      begun(bio) ? getLine(bio, buf, size, into => connectBio(bio).read(into)) : -1,
    ctrl: connectCtrl,
    create: bio => {
      const target: Target = { host: null, service: null, family: BIO_FAMILY_IPANY, mode: 0 }
      bio.data = target
      return 1
    },
    callbackCtrl: (bio, _cmd, fp) => {
      bio.infoCallback = fp ?? undefined
      return 1
    },
    ready: (bio, on) => (begun(bio) ? connectBio(bio).ready(on) : Promise.resolve()),
  }
}

/** A BIO that connects to `host:port`; null for a text that cannot be read so. */
export function BIO_new_connect(host_port: string): BIO | null {
  const bio = BIO_new(BIO_s_connect())
  if (BIO_set_conn_hostname(bio, host_port) > 0) return bio
  BIO_free(bio)
  return null
}

/** `host` or `host:port`; a name has every address of its tried. 1, or 0 with AMBIGUOUS_HOST_OR_SERVICE. */
export function BIO_set_conn_hostname(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_CONNECT, 0, name)
}

/** A number, or `https` and its like. 1. */
export function BIO_set_conn_port(bio: BIO | null, port: string): number {
  return BIO_ctrl(bio, BIO_C_SET_CONNECT, 1, port)
}

/** Address and port at once. 1. */
export function BIO_set_conn_address(bio: BIO | null, addr: BIO_ADDR): number {
  return BIO_ctrl(bio, BIO_C_SET_CONNECT, 2, addr)
}

/** BIO_FAMILY_IPV4, IPV6 or, as at first, IPANY. 1. */
export function BIO_set_conn_ip_family(bio: BIO | null, family: number): number {
  return BIO_int_ctrl(bio, BIO_C_SET_CONNECT, 3, family)
}

/** BIO_SOCK_NODELAY and BIO_SOCK_KEEPALIVE; other bits do nothing. 1. */
export function BIO_set_conn_mode(bio: BIO | null, mode: number): number {
  return BIO_ctrl(bio, BIO_C_SET_CONNECT_MODE, mode)
}

/** The host that was set; null if none was. */
export function BIO_get_conn_hostname(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_CONNECT, 0) as string | null
}

/** The port that was set, as a text; null if none was. */
export function BIO_get_conn_port(bio: BIO | null): string | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_CONNECT, 1) as string | null
}

/** The address that it is connected to; null before. */
export function BIO_get_conn_address(bio: BIO | null): BIO_ADDR | null {
  return BIO_ptr_ctrl(bio, BIO_C_GET_CONNECT, 2) as BIO_ADDR | null
}

/** The family that was set. */
export function BIO_get_conn_ip_family(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_CONNECT, 3)
}

/** Connects: 1 once the connection stands, -1 with BIO_should_retry until then, -1 without it for a failure. Above TLS it shakes hands too. */
export function BIO_do_connect(bio: BIO | null): number {
  return BIO_do_handshake(bio)
}

function connectCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const target = targetOf(bio)
  switch (cmd) {
    case BIO_C_SET_CONNECT:
      return setTarget(bio, target, larg, parg)
    case BIO_C_GET_CONNECT:
      return tellTarget(bio, target, larg, parg)
    case BIO_C_SET_CONNECT_MODE:
      target.mode = larg
      return 1
    case BIO_C_DO_STATE_MACHINE:
      return connect(bio)
    case BIO_C_SET_NBIO:
      return neverBlocks(bio, larg)
    case BIO_C_GET_FD:
      return noDescriptor(bio)
    case BIO_CTRL_RESET:
      bio.close()
      bio.native = undefined
      bio.flags = 0
      bio.ended = false
      return 0
    case BIO_CTRL_GET_CALLBACK:
      ;(parg as BIO_OUT<BIO_info_cb | null>).value = bio.infoCallback ?? null
      return 1
    default:
      if (!bio.native && cmd === BIO_CTRL_FLUSH) return 1
      if (!bio.native && cmd === BIO_CTRL_EOF) return 0
      return BIO_s_carrier().ctrl?.(bio, cmd, larg, parg) ?? 0
  }
}

function setTarget(bio: BIO, target: Target, what: number, value: unknown): 0 | 1 {
  bio.errors.clear()
  if (what === 3) target.family = value as number
  else if (what === 2) {
    const { address, port } = value as BIO_ADDR
    target.host = address
    target.service = String(port)
  } else if (what === 1) target.service = value as string
  else {
    const parsed = parseHostService((value as string | null) ?? '', 'host')
    if (!parsed) return ambiguous(bio, String(value))
    target.host = parsed.host
    target.service = parsed.service ?? target.service
  }
  if (what < 3) bio.init = 1
  return 1
}

function tellTarget(bio: BIO, target: Target, what: number, out: unknown): number {
  if (what === 3) return target.family
  const value = [target.host, target.service, address(bio)][what]
  if (value === undefined) return 0
  ;(out as BIO_OUT<unknown>).value = value
  return 1
}

function address(bio: BIO): BIO_ADDR | null {
  const { remoteAddress, remotePort } = (bio.native && connectBio(bio).socket) ?? {}
  return remoteAddress === undefined || remotePort === undefined
    ? null
    : { address: remoteAddress, port: remotePort }
}

function connect(bio: BIO): number {
  bio.begin()
  const ret = begun(bio) ? bio.came(connectBio(bio).connect()) : -1
  if (!bio.infoCallback) return ret
  if (ret > 0) return bio.infoCallback(bio, BIO_CONN_S_OK, ret)
  const state = BIO_should_retry(bio) ? BIO_CONN_S_BLOCKED_CONNECT : BIO_CONN_S_CONNECT_ERROR
  return bio.infoCallback(bio, state, ret)
}

/** Whether there is what connects, from the first call on; if not, the reason is noted. */
function begun(bio: BIO): boolean {
  if (bio.native) return true
  const { host, service, family, mode } = targetOf(bio)
  bio.errors.clear()
  if (host === null && service === null)
    return fail(
      bio,
      'NO_HOSTNAME_OR_SERVICE_SPECIFIED',
      'expected a host and a port to be set',
      false,
    )
  const port = portOf(service ?? '')
  if (port === undefined)
    return fail(bio, 'INVALID_ARGUMENT', `expected the number of a port, got ${service}`, false)
  return attempt(bio, false, () => {
    bio.native = new ConnectBio({
      port,
      ...(host === null ? {} : { host }),
      ...(family === BIO_FAMILY_IPV4 || family === BIO_FAMILY_IPV6
        ? { family: family === BIO_FAMILY_IPV4 ? 4 : 6 }
        : {}),
      noDelay: (mode & BIO_SOCK_NODELAY) !== 0,
      keepAlive: (mode & BIO_SOCK_KEEPALIVE) !== 0,
    })
    return true
  })
}

/** Node's sockets do not wait. */
export function neverBlocks(bio: BIO, nonBlocking: number): 0 | 1 {
  bio.errors.clear()
  if (nonBlocking) return 1
  const why = 'a socket of Node’s cannot wait: nothing would come in meanwhile; await BIO_ready'
  return fail(bio, 'CANNOT_BLOCK', why, 0)
}

/** An IPv6 address wants brackets. */
export function ambiguous(bio: BIO, text: string): 0 {
  return fail(bio, 'AMBIGUOUS_HOST_OR_SERVICE', `expected host:port, got ${text}`, 0)
}

function targetOf(bio: BIO): Target {
  return bio.data as Target
}

function connectBio(bio: BIO): ConnectBio {
  return bio.native as ConnectBio
}
