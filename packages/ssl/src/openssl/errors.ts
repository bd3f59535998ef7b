/** The error calls (ERR_get_error(3)), kept per object: a failure of one connection never speaks for another. */
import { BioError } from '@biopair/bio'
import { TlsAlert } from '@biopair/wire'
import type { CarrierError } from '../outcome.ts'
import { receivedAlert } from '../received-alert.ts'
import {
  ERR_LIB_BIO,
  ERR_LIB_PEM,
  ERR_LIB_SSL,
  ERR_LIB_SYS,
  ERR_LIB_X509,
  reasonName,
  reasonNumber,
} from './reasons.ts'

/** One error of the last call on an object. */
export interface ERR_ENTRY {
  /** Library and reason packed as OpenSSL packs them; never 0. */
  readonly code: number
  /** The reason's name without its prefix: it has no bounds, where `code` knows only what the table knows. */
  readonly reason: string
  /** What was expected and what came. */
  readonly data: string
  /** The error of ours that this is: `TlsAlert`, `CarrierError`, `BioError`, or a `TypeError` for misuse. */
  readonly cause: unknown
}

/** Whatever keeps its own errors: an SSL, an SSL_CTX, a BIO. */
export interface HasErrors {
  readonly errors: ErrorList
}

/** The errors of the last call on one object. */
export class ErrorList {
  #entries: ERR_ENTRY[] = []

  get first(): ERR_ENTRY | undefined {
    return this.#entries[0]
  }

  clear(): void {
    this.#entries = []
  }

  shift(): ERR_ENTRY | undefined {
    return this.#entries.shift()
  }

  push(lib: number, reason: string, data = '', cause?: unknown, alert?: number): void {
    const number = reasonNumber(lib, reason, alert) ?? reasonNumber(ERR_LIB_SSL, 'UNKNOWN_REASON')
    this.#entries.push({ code: pack(lib, number as number), reason, data, cause })
  }

  /** Those of what this object stands on. */
  copy(from: ErrorList): void {
    this.#entries.push(...from.#entries)
  }

  /** A fatal error of a connection. */
  failed(error: TlsAlert | CarrierError): void {
    if (error instanceof TlsAlert) {
      const received = error.origin === 'received' ? error.description : undefined
      this.push(ERR_LIB_SSL, error.reason, error.why, error, received)
    } else this.broken(error.cause instanceof Error ? error.cause : error)
  }

  /** Why a BIO is broken: a reason of BIO's, or the system's. */
  broken(error: Error): void {
    if (error instanceof BioError)
      this.push(ERR_LIB_BIO, error.code.slice('ERR_BIO_'.length), error.message, error)
    else this.push(ERR_LIB_SYS, 'SYSTEM_ERROR', error.message, error)
  }
}

/** The oldest error of the last call on `owner`, and takes it out; 0 if there is none (ERR_get_error(3)). */
export function ERR_get_error(owner: HasErrors): number {
  return owner.errors.shift()?.code ?? 0
}

/** As ERR_get_error, and it stays. */
export function ERR_peek_error(owner: HasErrors): number {
  return owner.errors.first?.code ?? 0
}

/** As ERR_get_error, with everything that is known: what C passes out as data, and our own error. */
export function ERR_get_error_all(owner: HasErrors): ERR_ENTRY | undefined {
  return owner.errors.shift()
}

export function ERR_clear_error(owner: HasErrors): void {
  owner.errors.clear()
}

export function ERR_GET_LIB(code: number): number {
  return (code >>> 23) & 0xff
}

export function ERR_GET_REASON(code: number): number {
  return code & 0x7fffff
}

/** `unexpected eof while reading`; null for 0. */
export function ERR_reason_error_string(code: number): string | null {
  if (code === 0) return null
  const name = reasonName(
    ERR_GET_LIB(code),
    ERR_GET_REASON(code),
    alert => receivedAlert(alert).reason,
  )
  return name.toLowerCase().replaceAll('_', ' ')
}

/** `SSL routines`; null for a library without a name. */
export function ERR_lib_error_string(code: number): string | null {
  return libraries[ERR_GET_LIB(code)] ?? null
}

/** `error:0A000126:SSL routines::unexpected eof while reading` (ERR_error_string(3)). */
export function ERR_error_string(code: number): string {
  const number = code.toString(16).toUpperCase().padStart(8, '0')
  const lib = ERR_lib_error_string(code) ?? `lib(${ERR_GET_LIB(code)})`
  return `error:${number}:${lib}::${ERR_reason_error_string(code) ?? 'reason(0)'}`
}

const libraries: Readonly<Record<number, string>> = {
  [ERR_LIB_SYS]: 'system library',
  [ERR_LIB_PEM]: 'PEM routines',
  [ERR_LIB_X509]: 'x509 certificate routines',
  [ERR_LIB_SSL]: 'SSL routines',
  [ERR_LIB_BIO]: 'BIO routines',
}

function pack(lib: number, reason: number): number {
  return ((lib << 23) | reason) >>> 0
}
