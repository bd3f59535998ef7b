/** The calls of BIO_should_retry(3) and BIO_set_flags: what a BIO's last call came to, said by its method. */
import type { BIO } from './bio.ts'
import {
  BIO_FLAGS_IO_SPECIAL,
  BIO_FLAGS_READ,
  BIO_FLAGS_RWS,
  BIO_FLAGS_SHOULD_RETRY,
  BIO_FLAGS_WRITE,
  BIO_RR_ACCEPT,
  BIO_RR_CONNECT,
  BIO_RR_SSL_X509_LOOKUP,
} from './bio-constants.ts'

/** Whether the last call on this BIO is worth another try; not 0 if so. */
export function BIO_should_retry(bio: BIO): number {
  return BIO_test_flags(bio, BIO_FLAGS_SHOULD_RETRY)
}

export function BIO_should_read(bio: BIO): number {
  return BIO_test_flags(bio, BIO_FLAGS_READ)
}

export function BIO_should_write(bio: BIO): number {
  return BIO_test_flags(bio, BIO_FLAGS_WRITE)
}

export function BIO_should_io_special(bio: BIO): number {
  return BIO_test_flags(bio, BIO_FLAGS_IO_SPECIAL)
}

export function BIO_retry_type(bio: BIO): number {
  return BIO_test_flags(bio, BIO_FLAGS_RWS)
}

export function BIO_set_flags(bio: BIO, flags: number): void {
  bio.flags |= flags
}

export function BIO_clear_flags(bio: BIO, flags: number): void {
  bio.flags &= ~flags
}

/** Those of `flags` that are set. */
export function BIO_test_flags(bio: BIO, flags: number): number {
  return bio.flags & flags
}

export function BIO_get_flags(bio: BIO): number {
  return bio.flags
}

/** For methods of one's own: to be read again later. */
export function BIO_set_retry_read(bio: BIO): void {
  BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
}

/** For methods of one's own: to be written again later. */
export function BIO_set_retry_write(bio: BIO): void {
  BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
}

/** For methods of one's own: to be called again once what BIO_set_retry_reason says has come about. */
export function BIO_set_retry_special(bio: BIO): void {
  BIO_set_flags(bio, BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY)
}

/** For methods of one's own: first in every call that moves bytes. The reason stays. */
export function BIO_clear_retry_flags(bio: BIO): void {
  BIO_clear_flags(bio, retryMask)
}

export function BIO_get_retry_flags(bio: BIO): number {
  return BIO_test_flags(bio, retryMask)
}

/** For filters of one's own: what the BIO below waits for, this one waits for too. */
export function BIO_copy_next_retry(bio: BIO): void {
  if (!bio.next) return
  BIO_set_flags(bio, BIO_get_retry_flags(bio.next))
  bio.retryReason = bio.next.retryReason
}

/** BIO_RR_...; it stays when the flags are cleared. */
export function BIO_get_retry_reason(bio: BIO): number {
  return bio.retryReason
}

export function BIO_set_retry_reason(bio: BIO, reason: number): void {
  bio.retryReason = reason
}

/** `[bio, reason]`: the lowest BIO of the chain down to which all wait, and its reason. `bio` itself where nothing waits. */
export function BIO_get_retry_BIO(bio: BIO): [bio: BIO, reason: number] {
  let last = bio
  for (let at: BIO | undefined = bio; at && BIO_should_retry(at); at = at.next) last = at
  return [last, last.retryReason]
}

const retryMask = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY

const types = {
  read: BIO_FLAGS_READ,
  write: BIO_FLAGS_WRITE,
  special: BIO_FLAGS_IO_SPECIAL,
} as const

/** The flag of what a `Stopped` waits for. */
export function typeFor(on: 'read' | 'write' | 'special'): number {
  return types[on]
}

const reasons: ReadonlyMap<string, number> = new Map([
  ['certificate', BIO_RR_SSL_X509_LOOKUP],
  ['connect', BIO_RR_CONNECT],
  ['accept', BIO_RR_ACCEPT],
])

/** BIO_RR_... for the reason of a `Stopped`; 0 for one that OpenSSL has no number for. */
export function reasonFor(reason: string): number {
  return reasons.get(reason) ?? 0
}

/** The reason of a `Stopped` for BIO_RR_...; undefined for a number that says nothing. */
export function reasonOf(number: number): string | undefined {
  for (const [reason, value] of reasons) if (value === number) return reason
  return undefined
}
