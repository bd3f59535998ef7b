/** The smallest BIO there is: it takes everything and gives nothing. */
import type { Bio } from '@biopair/bio'
import { retryRead } from './bytes.ts'

export class NullLike implements Bio {
  read = () => retryRead
  write = (bytes: Uint8Array) => bytes.length
  flush = () => 'done' as const
  end = () => 'done' as const
  close = () => {}
}
