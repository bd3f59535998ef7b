/** The BIO calls: a BIO of ours with what C programs ask of one: retry flags, counters, references, -1 and 0. */
import { type Bio, BioError, MemoryBio, PairBio, type Stopped } from '@biopair/bio'
import {
  BIO_FLAGS_IO_SPECIAL,
  BIO_FLAGS_READ,
  BIO_FLAGS_RWS,
  BIO_FLAGS_SHOULD_RETRY,
  BIO_FLAGS_WRITE,
  BIO_TYPE_BIO,
  BIO_TYPE_MEM,
} from './constants.ts'
import { ErrorList } from './errors.ts'
import { ERR_LIB_BIO } from './reasons.ts'

/** A kind of BIO (BIO_METHOD). */
export interface BIO_METHOD {
  readonly type: number
  readonly name: string
  /** Makes the carrier below a new BIO. */
  readonly make: () => Bio
}

/** Halves of BIO pairs (BIO_s_bio(3)). */
export function BIO_s_bio(): BIO_METHOD {
  return { type: BIO_TYPE_BIO, name: 'BIO pair', make: () => new PairBio() }
}

/** Memory (BIO_s_mem(3)). */
export function BIO_s_mem(): BIO_METHOD {
  return { type: BIO_TYPE_MEM, name: 'memory buffer', make: () => new MemoryBio() }
}

/**
 * A BIO. Made by BIO_new, BIO_new_bio_pair, BIO_new_mem_buf or BIO_from; its members are for the calls of this folder.
 * It is a `Bio` that does not lend, so that an SSL over it asks for what it wants: 5 bytes, then the body.
 */
export class BIO implements Bio {
  readonly method: BIO_METHOD
  readonly native: Bio
  readonly errors = new ErrorList()
  /** What the last call on this BIO came to. */
  flags = 0
  references = 1
  numberRead = 0
  numberWritten = 0
  /** The other half of a pair. */
  peer: BIO | undefined
  /** What an empty memory BIO answers (BIO_set_mem_eof_return). */
  eofReturn = -1
  /** Whether the last read found the end. */
  ended = false

  constructor(method: BIO_METHOD, native: Bio) {
    this.method = method
    this.native = native
  }

  get freed(): boolean {
    return this.references === 0
  }

  read(into: Uint8Array): number | Stopped {
    this.begin()
    if (into.length === 0) {
      if (this.peer?.native instanceof PairBio) this.peer.native.resetReadRequest()
      return 0
    }
    return this.note(
      this.freed ? uninitialized : (this.#exhausted() ?? this.native.read(into)),
      'read',
    )
  }

  write(bytes: Uint8Array): number | Stopped {
    this.errors.clear()
    if (bytes.length === 0) return 0
    this.begin()
    return this.note(this.freed ? uninitialized : this.native.write(bytes), 'write')
  }

  /** A pair, paired or not, and memory have nothing below them: their flags stay those of the last read or write. */
  flush(): 'done' | Stopped {
    const { native } = this
    if (this.freed || native instanceof PairBio || native instanceof MemoryBio) return 'done'
    this.begin()
    const flushed = native.flush()
    return flushed === 'done' ? flushed : this.noted(flushed)
  }

  end(): 'done' | Stopped {
    return this.native.end()
  }

  close(error?: Error): void {
    this.native.close(error)
  }

  /** A call of this BIO's own begins: nothing else clears the flags. */
  begin(): void {
    this.flags = 0
    this.errors.clear()
  }

  note(answer: number | Stopped, counted: 'read' | 'write'): number | Stopped {
    if (typeof answer !== 'number') return this.noted(answer)
    if (counted === 'read') this.numberRead += answer
    else this.numberWritten += answer
    return answer
  }

  /** Keeps the flags, the end or the error of an answer. */
  noted(stopped: Stopped): Stopped {
    if (stopped.stop === 'retry') this.flags = BIO_FLAGS_SHOULD_RETRY | retryFlags[stopped.on]
    if (stopped.stop === 'broken') this.errors.broken(stopped.error)
    this.ended = stopped.stop === 'eof'
    return stopped
  }

  /** Notes an error of the caller's, and answers with `result`. */
  refuse<T>(reason: string, data: string, result: T): T {
    this.errors.push(ERR_LIB_BIO, reason, data)
    return result
  }

  #exhausted(): Stopped | undefined {
    if (!(this.native instanceof MemoryBio) || this.native.pending > 0) return undefined
    return this.eofReturn === 0 ? { stop: 'eof' } : { stop: 'retry', on: 'read' }
  }
}

const retryFlags = {
  read: BIO_FLAGS_READ,
  write: BIO_FLAGS_WRITE,
  special: BIO_FLAGS_IO_SPECIAL,
} as const

const uninitialized: Stopped = {
  stop: 'broken',
  error: new BioError('UNINITIALIZED', 'the BIO was freed'),
}

/** A new BIO: a half without a peer, or empty memory. */
export function BIO_new(method: BIO_METHOD): BIO {
  return new BIO(method, method.make())
}

/** Ours: a BIO over any `Bio` (a socket, a WebSocket, one of your own), for SSL_set_bio. */
export function BIO_from(native: Bio): BIO {
  return new BIO({ type: 1024, name: 'carrier', make: () => native }, native)
}

export function BIO_method_type(bio: BIO): number {
  return bio.method.type
}

export function BIO_method_name(bio: BIO): string {
  return bio.method.name
}

/** One owner more. */
export function BIO_up_ref(bio: BIO): 1 {
  bio.references++
  return 1
}

/**
 * One owner less; the last one frees it. A freed half of a pair leaves what it wrote readable for its peer, which then reads
 * the end and may no longer write (OpenSSL drops what was not read).
 */
export function BIO_free(bio: BIO | null): 0 | 1 {
  if (bio === null || bio.freed) return 0
  bio.references--
  if (bio.freed) bio.close()
  return 1
}

/** As BIO_free: there are no chains yet. */
export function BIO_free_all(bio: BIO | null): void {
  BIO_free(bio)
}

/** Bytes read (above 0), 0 at the end or for nothing asked, -1 to be tried again or failed (BIO_read(3)). */
export function BIO_read(bio: BIO, buf: Uint8Array, len: number = buf.length): number {
  const got = bio.read(buf.subarray(0, Math.max(len, 0)))
  if (typeof got === 'number') return got
  if (got.stop === 'eof') return 0
  return got.stop === 'retry' ? bio.eofReturn : -1
}

/** Bytes taken, 0 for nothing given, -1 to be tried again or failed (BIO_write(3)). */
export function BIO_write(bio: BIO, buf: Uint8Array, len: number = buf.length): number {
  const took = bio.write(buf.subarray(0, Math.max(len, 0)))
  return typeof took === 'number' ? took : -1
}

/** Writes a text as UTF-8. */
export function BIO_puts(bio: BIO, text: string): number {
  return BIO_write(bio, utf8(text))
}

/** 1, or 0 and below where it has to be tried again or failed. */
export function BIO_flush(bio: BIO): number {
  return bio.flush() === 'done' ? 1 : -1
}

/** Drops what can be read (memory) or what was written and not read (half of a pair). 1; for a half, as in OpenSSL, 0. */
export function BIO_reset(bio: BIO): number {
  if (bio.freed) return -1
  if (bio.native instanceof PairBio) bio.native.reset()
  if (!(bio.native instanceof MemoryBio)) return 0
  bio.native.reset()
  return 1
}

/** Half: nothing to read and never again. Memory: nothing to read. */
export function BIO_eof(bio: BIO): 0 | 1 {
  if (bio.freed) return 1
  if (bio.native instanceof PairBio) return bio.native.eof ? 1 : 0
  if (bio.native instanceof MemoryBio) return bio.native.pending === 0 ? 1 : 0
  return bio.ended ? 1 : 0
}

/** Bytes that can be read. */
export function BIO_ctrl_pending(bio: BIO): number {
  const { native } = bio
  return !bio.freed && (native instanceof PairBio || native instanceof MemoryBio)
    ? native.pending
    : 0
}

export function BIO_pending(bio: BIO): number {
  return BIO_ctrl_pending(bio)
}

/** Half: bytes written here that the peer has not read. 0 for memory, always: nothing lies below it. */
export function BIO_ctrl_wpending(bio: BIO): number {
  return !bio.freed && bio.native instanceof PairBio ? bio.native.wpending : 0
}

export function BIO_wpending(bio: BIO): number {
  return BIO_ctrl_wpending(bio)
}

/** Whether the last call on this BIO is worth another try (BIO_should_retry(3)); not 0 if so. */
export function BIO_should_retry(bio: BIO): number {
  return bio.flags & BIO_FLAGS_SHOULD_RETRY
}

export function BIO_should_read(bio: BIO): number {
  return bio.flags & BIO_FLAGS_READ
}

export function BIO_should_write(bio: BIO): number {
  return bio.flags & BIO_FLAGS_WRITE
}

export function BIO_should_io_special(bio: BIO): number {
  return bio.flags & BIO_FLAGS_IO_SPECIAL
}

export function BIO_retry_type(bio: BIO): number {
  return bio.flags & BIO_FLAGS_RWS
}

/** Bytes read from this BIO since it was made; exact up to 2^53. */
export function BIO_number_read(bio: BIO): number {
  return bio.numberRead
}

/** Bytes written to this BIO since it was made. */
export function BIO_number_written(bio: BIO): number {
  return bio.numberWritten
}

/** UTF-8 (RFC 3629); a lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) as number
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      )
  }
  return Uint8Array.from(bytes)
}
