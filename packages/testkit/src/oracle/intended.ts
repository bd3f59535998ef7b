/** Every difference to other servers that is meant, with the reason. */
import type { Intended } from './compare.ts'

export const intended: readonly Intended[] = []
