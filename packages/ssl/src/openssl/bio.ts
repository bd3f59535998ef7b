/** BIO: one link of a chain with what C programs ask of it: flags, counters, callbacks, owners, -1 and 0 (BIO_new(3)). */
import { type Bio, BioError, type BioReason, type DatagramBio, type Stopped } from '@biopair/bio'
import type { BIO_callback_fn_ex, BIO_processed } from './bio-callback.ts'
import {
  BIO_C_SET_NBIO,
  BIO_C_SHUTDOWN_WR,
  BIO_CB_FREE,
  BIO_CLOSE,
  BIO_CTRL_FLUSH,
  BIO_FLAGS_READ,
  BIO_FLAGS_RWS,
  BIO_FLAGS_SHOULD_RETRY,
  BIO_FLAGS_WRITE,
} from './bio-constants.ts'
import { BIO_ctrl, BIO_eof } from './bio-ctrl.ts'
import { ExData } from './bio-ex-data.ts'
import { BIO_read, BIO_write } from './bio-io.ts'
import { unlink } from './bio-link.ts'
import type { BIO_CUSTOM_METHOD, BIO_info_cb, BIO_METHOD } from './bio-method.ts'
import { reasonFor, reasonOf, typeFor } from './bio-retry.ts'
import { ErrorList } from './errors.ts'
import { ERR_LIB_BIO } from './reasons.ts'

export { utf8 } from './bio-text.ts'

/**
 * A BIO. Made by BIO_new and its like; its members are for the calls of this folder. It is a `Bio` too, whose calls are BIO_read,
 * BIO_write and BIO_flush: so an SSL stands on it, and so does a filter of a chain. It does not lend: an SSL asks for what it
 * wants, 5 bytes, then the body.
 */
export class BIO implements Bio {
  readonly method: BIO_METHOD
  readonly errors = new ErrorList()
  readonly exData = new ExData(this)
  /** What does the work, where that is a BIO of package bio. */
  native: Bio | DatagramBio | undefined
  /** What a method of one's own keeps here (BIO_set_data). */
  data: unknown = null
  /** Whether it can be read and written yet. */
  init: number
  /** BIO_CLOSE or BIO_NOCLOSE. */
  shutdown: number = BIO_CLOSE
  /** What the last call on this BIO came to, and how it is to behave. */
  flags = 0
  /** What a special retry waits for (BIO_RR_...). */
  retryReason = 0
  references = 1
  numberRead = 0
  numberWritten = 0
  /** Below and above it in its chain. */
  next: BIO | undefined
  prev: BIO | undefined
  callback: BIO_callback_fn_ex | undefined
  callbackArg: unknown = null
  infoCallback: BIO_info_cb | undefined
  /** Bytes that were read and that a callback has kept back: the next read gives them. */
  unread: Uint8Array = new Uint8Array(0)
  /** The other half of a pair. */
  peer: BIO | undefined
  /** What an empty memory BIO answers (BIO_set_mem_eof_return). */
  eofReturn = -1
  /** Whether the last read found the end. */
  ended = false
  /** Its last owner is letting go of it. */
  freeing = false

  constructor(method: BIO_METHOD) {
    this.method = method
    this.init = method.create ? 0 : 1
  }

  get freed(): boolean {
    return this.references === 0
  }

  read(into: Uint8Array): number | Stopped {
    const got = BIO_read(this, into)
    return got > 0 || into.length === 0 ? Math.max(got, 0) : this.why('read', got)
  }

  write(bytes: Uint8Array): number | Stopped {
    const took = BIO_write(this, bytes)
    return took > 0 || bytes.length === 0 ? Math.max(took, 0) : this.why('write', took)
  }

  flush(): 'done' | Stopped {
    const flushed = BIO_ctrl(this, BIO_CTRL_FLUSH)
    return flushed > 0 ? 'done' : this.why('write', -1)
  }

  end(): 'done' | Stopped {
    const ended = BIO_ctrl(this, BIO_C_SHUTDOWN_WR)
    return ended > 0 ? 'done' : this.why('write', -1)
  }

  close(error?: Error): void {
    this.native?.close(error)
  }

  ready(on: 'read' | 'write'): Promise<void> {
    const { method, native } = this
    if (on === 'read' && this.unread.length > 0) return Promise.resolve()
    if (method.ready) return method.ready(this, on)
    if (native?.ready) return native.ready(on)
    throw new TypeError(`expected a BIO that can be waited for, until it can ${on}`)
  }

  get pending(): number {
    return (this.native?.pending ?? 0) + this.unread.length
  }

  get wpending(): number {
    return this.native && 'wpending' in this.native ? (this.native.wpending ?? 0) : 0
  }

  get eof(): boolean {
    return BIO_eof(this) === 1
  }

  get blocking(): boolean {
    return this.native && 'blocking' in this.native ? (this.native.blocking ?? false) : false
  }

  setBlocking(blocking: boolean): void {
    if (BIO_ctrl(this, BIO_C_SET_NBIO, blocking ? 0 : 1) > 0 || blocking === this.blocking) return
    const why = `this ${this.method.name} BIO ${blocking ? 'cannot wait' : 'always waits'}`
    throw Object.assign(new TypeError(why), { code: 'ERR_BIO_CANNOT_BLOCK' })
  }

  /** A call of this BIO's own begins: nothing else clears the flags of a retry. The reason stays, as in OpenSSL. */
  begin(): void {
    this.flags &= ~(BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY)
    this.errors.clear()
  }

  /** Keeps what a call of `native` came to, and answers as C does: a count, 1 for `done`, 0 at the end, -1 for all else. */
  came(to: number | 'done' | Stopped): number {
    if (typeof to === 'number') return to
    if (to === 'done') return 1
    this.ended = to.stop === 'eof'
    if (to.stop === 'eof') return 0
    if (to.stop === 'broken') this.errors.broken(to.error)
    else this.waits(typeFor(to.on), to.reason === undefined ? undefined : reasonFor(to.reason))
    return -1
  }

  /** Notes an error of the caller's, and answers with `result`. */
  refuse<T>(reason: BioReason, data: string, result: T): T {
    this.errors.push(ERR_LIB_BIO, reason, data, new BioError(reason, data))
    return result
  }

  /** Notes that this BIO cannot be used yet, or no more. */
  uninitialized(): -1 {
    const why = this.freed ? 'the BIO was freed' : 'the BIO is not ready to be used'
    return this.refuse('UNINITIALIZED', why, -1)
  }

  /** Why a call that answered 0 or below did, from what its method left here, as SSL_get_error(3) works it out. */
  why(call: 'read' | 'write', answer: number): Stopped {
    if (this.flags & BIO_FLAGS_SHOULD_RETRY) {
      if (this.flags & BIO_FLAGS_READ) return { stop: 'retry', on: 'read' }
      if (this.flags & BIO_FLAGS_WRITE) return { stop: 'retry', on: 'write' }
      if ((this.flags & BIO_FLAGS_RWS) === 0) return { stop: 'retry', on: call }
      const reason = reasonOf(this.retryReason)
      return { stop: 'retry', on: 'special', ...(reason === undefined ? {} : { reason }) }
    }
    const { first } = this.errors
    if (call === 'read' && (answer === 0 || (!first && BIO_eof(this) === 1))) return { stop: 'eof' }
    if (first?.cause instanceof Error) return { stop: 'broken', error: first.cause }
    return { stop: 'broken', error: new Error(first?.data || 'the BIO failed, and gave no reason') }
  }

  /** What the callback answers; `ret` where there is none. */
  callBack(
    oper: number,
    argp: unknown,
    len: number,
    argi: number,
    argl: number,
    ret: number,
    processed: BIO_processed | null,
  ): number {
    return this.callback ? this.callback(this, oper, argp, len, argi, argl, ret, processed) : ret
  }

  /** A filter has the reason of what is below it, if it is that which waits. */
  waits(type: number, reason: number | undefined): void {
    const { next } = this
    this.flags |= BIO_FLAGS_SHOULD_RETRY | type
    if (reason !== undefined) this.retryReason = reason
    else if (next && next.flags & BIO_FLAGS_SHOULD_RETRY && next.flags & type)
      this.retryReason = next.retryReason
  }
}

/** A new BIO; null where a method of one's own has a `create` that answers 0. */
export function BIO_new(method: BIO_CUSTOM_METHOD): BIO | null
export function BIO_new(method: BIO_METHOD): BIO
export function BIO_new(method: BIO_METHOD): BIO | null {
  const bio = new BIO(method)
  if (!method.create) return bio
  return method.create(bio) > 0 ? bio : null
}

/** A number for its kind, class bits included. */
export function BIO_method_type(bio: BIO): number {
  return bio.method.type
}

export function BIO_method_name(bio: BIO): string {
  return bio.method.name
}

/** One owner more. 1, or 0 for a BIO that was freed. */
export function BIO_up_ref(bio: BIO): 0 | 1 {
  if (bio.freed) return bio.refuse('UNINITIALIZED', 'the BIO was freed', 0)
  bio.references++
  return 1
}

/**
 * One owner less; the last one frees it, and takes it out of its chain. A freed half of a pair leaves what it wrote readable for its
 * peer, which then reads the end and may no longer write (OpenSSL drops what was not read). 1; 0 for null, for a BIO that was freed,
 * and where a callback forbids it: then the owner keeps it.
 */
export function BIO_free(bio: BIO | null): 0 | 1 {
  if (bio === null || bio.freed || bio.freeing) return 0
  if (bio.references > 1) {
    bio.references--
    return 1
  }
  // A callback, or a method of one's own, may free it too.
  bio.freeing = true
  try {
    if (bio.callBack(BIO_CB_FREE, null, 0, 0, 0, 1, null) <= 0) return 0
    if (bio.method.destroy) bio.method.destroy(bio)
  } finally {
    bio.freeing = false
  }
  unlink(bio)
  bio.exData.free()
  bio.references = 0
  bio.init = 0
  return 1
}

/** Frees it. */
export function BIO_vfree(bio: BIO | null): void {
  BIO_free(bio)
}

/** Frees a chain from `bio` downwards, up to and with the first one that has other owners too. */
export function BIO_free_all(bio: BIO | null): void {
  for (let at = bio ?? undefined; at !== undefined; ) {
    const { next, references } = at
    BIO_free(at)
    if (references > 1) return
    at = next
  }
}
