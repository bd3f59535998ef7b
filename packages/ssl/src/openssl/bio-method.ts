/** What a kind of BIO does (BIO_METHOD), and methods of one's own (BIO_meth_new(3)). */
import type { BIO } from './bio.ts'
import { BIO_TYPE_START } from './bio-constants.ts'

/** Puts bytes into `buf`, at most `len`; answers as BIO_read does, and sets the BIO's flags where that is to be tried again. */
export type BIO_read_func = (bio: BIO, buf: Uint8Array, len: number) => number
/** As BIO_read_ex: `[1, readbytes]`, or 0 and below. */
export type BIO_read_ex_func = (
  bio: BIO,
  buf: Uint8Array,
  len: number,
) => [result: number, readbytes: number]
/** Takes bytes of `buf`; answers as BIO_write does, and sets the BIO's flags where that is to be tried again. */
export type BIO_write_func = (bio: BIO, buf: Uint8Array, len: number) => number
/** As BIO_write_ex: `[1, written]`, or 0 and below. */
export type BIO_write_ex_func = (
  bio: BIO,
  buf: Uint8Array,
  len: number,
) => [result: number, written: number]
export type BIO_puts_func = (bio: BIO, text: string) => number
export type BIO_gets_func = (bio: BIO, buf: Uint8Array, size: number) => number
/** Answers 0 for a command that it does not know. */
export type BIO_ctrl_func = (bio: BIO, cmd: number, larg: number, parg: unknown) => number
export type BIO_create_func = (bio: BIO) => number
/** Told of the progress of a state machine; 0 ends it. */
export type BIO_info_cb = (bio: BIO, state: number, res: number) => number
/** Ours: settles, and never rejects, when another try to read or to write is worth it. */
export type BIO_ready_func = (bio: BIO, on: 'read' | 'write') => Promise<void>
export type BIO_callback_ctrl_func = (bio: BIO, cmd: number, fp: BIO_info_cb | null) => number

/** A kind of BIO. Those of OpenSSL's names are made by BIO_s_... and BIO_f_...; BIO_meth_new makes others. */
export interface BIO_METHOD {
  readonly type: number
  readonly name: string
  readonly read?: BIO_read_func | undefined
  readonly write?: BIO_write_func | undefined
  readonly puts?: BIO_puts_func | undefined
  readonly gets?: BIO_gets_func | undefined
  readonly ctrl?: BIO_ctrl_func | undefined
  /** Readies a new BIO, BIO_set_init included. Without it the BIO is ready at once. */
  readonly create?: BIO_create_func | undefined
  readonly destroy?: BIO_create_func | undefined
  readonly callbackCtrl?: BIO_callback_ctrl_func | undefined
  readonly ready?: BIO_ready_func | undefined
}

/** A method of one's own, to be filled in. */
export class BIO_CUSTOM_METHOD implements BIO_METHOD {
  readonly type: number
  readonly name: string
  read: BIO_read_func | undefined
  write: BIO_write_func | undefined
  puts: BIO_puts_func | undefined
  gets: BIO_gets_func | undefined
  ctrl: BIO_ctrl_func | undefined
  create: BIO_create_func | undefined
  destroy: BIO_create_func | undefined
  callbackCtrl: BIO_callback_ctrl_func | undefined
  ready: BIO_ready_func | undefined
  /** Tells it from a method whose BIOs are never null. */
  readonly custom = true

  constructor(type: number, name: string) {
    this.type = type
    this.name = name
  }
}

/** A method without anything in it. `type`: class bits and a number of one's own (BIO_get_new_index). */
export function BIO_meth_new(type: number, name: string): BIO_CUSTOM_METHOD {
  return new BIO_CUSTOM_METHOD(type, name)
}

/** Nothing is to be freed. */
export function BIO_meth_free(_biom: BIO_CUSTOM_METHOD | null): void {}

/**
 * The first number for a type, from 128 to 255, that none of `others` has; -1 if there is none. C counts for the process; here
 * nothing is kept for it, so who has more methods than one says which there are.
 */
export function BIO_get_new_index(others: readonly BIO_METHOD[] = []): number {
  const taken = new Set(others.map(({ type }) => type & 0xff))
  for (let index = BIO_TYPE_START; index < 256; index++) if (!taken.has(index)) return index
  return -1
}

export function BIO_meth_set_read(biom: BIO_CUSTOM_METHOD, read: BIO_read_func): 1 {
  biom.read = read
  return 1
}

export function BIO_meth_set_read_ex(biom: BIO_CUSTOM_METHOD, read: BIO_read_ex_func): 1 {
  biom.read = (bio, buf, len) => joined(read(bio, buf, len))
  return 1
}

export function BIO_meth_set_write(biom: BIO_CUSTOM_METHOD, write: BIO_write_func): 1 {
  biom.write = write
  return 1
}

export function BIO_meth_set_write_ex(biom: BIO_CUSTOM_METHOD, write: BIO_write_ex_func): 1 {
  biom.write = (bio, buf, len) => joined(write(bio, buf, len))
  return 1
}

export function BIO_meth_set_puts(biom: BIO_CUSTOM_METHOD, puts: BIO_puts_func): 1 {
  biom.puts = puts
  return 1
}

export function BIO_meth_set_gets(biom: BIO_CUSTOM_METHOD, gets: BIO_gets_func): 1 {
  biom.gets = gets
  return 1
}

export function BIO_meth_set_ctrl(biom: BIO_CUSTOM_METHOD, ctrl: BIO_ctrl_func): 1 {
  biom.ctrl = ctrl
  return 1
}

export function BIO_meth_set_create(biom: BIO_CUSTOM_METHOD, create: BIO_create_func): 1 {
  biom.create = create
  return 1
}

export function BIO_meth_set_destroy(biom: BIO_CUSTOM_METHOD, destroy: BIO_create_func): 1 {
  biom.destroy = destroy
  return 1
}

export function BIO_meth_set_callback_ctrl(
  biom: BIO_CUSTOM_METHOD,
  callback_ctrl: BIO_callback_ctrl_func,
): 1 {
  biom.callbackCtrl = callback_ctrl
  return 1
}

/** Ours: what BIO_ready waits for. A BIO without it cannot be waited for. */
export function BIO_meth_set_ready(biom: BIO_CUSTOM_METHOD, ready: BIO_ready_func): 1 {
  biom.ready = ready
  return 1
}

/** Whether BIO_find_type with `type` finds a BIO of this method: class bits where the low byte is 0, else the very type. */
export function isOfType(method: BIO_METHOD, type: number): boolean {
  return (type & 0xff) === 0 ? (method.type & type) !== 0 : method.type === type
}

function joined([result, count]: [number, number]): number {
  return result > 0 ? count : result
}
