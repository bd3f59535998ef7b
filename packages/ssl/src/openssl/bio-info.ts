/** The calls of BIO_number_read(3) and BIO_set_data(3): what a BIO has counted, and what its method keeps with it. */
import type { BIO } from './bio.ts'

/** Bytes read from this BIO since it was made, lines not counted; exact up to 2^53. */
export function BIO_number_read(bio: BIO | null): number {
  return bio?.numberRead ?? 0
}

/** Bytes written to this BIO since it was made. */
export function BIO_number_written(bio: BIO | null): number {
  return bio?.numberWritten ?? 0
}

/** For methods of one's own: what belongs to this BIO. */
export function BIO_set_data(bio: BIO, data: unknown): void {
  bio.data = data
}

export function BIO_get_data(bio: BIO): unknown {
  return bio.data
}

/** For methods of one's own: whether the BIO can be read and written; it begins with 0 where the method has a `create`. */
export function BIO_set_init(bio: BIO, init: number): void {
  bio.init = init
}

export function BIO_get_init(bio: BIO): number {
  return bio.init
}

/** For methods of one's own: BIO_CLOSE or BIO_NOCLOSE, as BIO_set_close has it. */
export function BIO_set_shutdown(bio: BIO, shut: number): void {
  bio.shutdown = shut
}

export function BIO_get_shutdown(bio: BIO): number {
  return bio.shutdown
}
