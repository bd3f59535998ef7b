/** The fd BIO (BIO_s_fd): reads and writes of a file descriptor. */
import type { Bio } from '@biopair/bio'

/** A placeholder type until the class stands. */
export type FdLike = Bio
