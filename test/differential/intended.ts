/** Every difference to OpenSSL that is meant: what it does, what ours does, and why. There are no others. */
import { answers } from './intended/answers.ts'
import { bios } from './intended/bios.ts'
import { resuming } from './intended/resuming.ts'
import { waiting } from './intended/waiting.ts'
import { lengths, wire } from './intended/wire.ts'
import type { Intended } from './support/compare.ts'

/** The first entry that explains a difference is the one that is met. */
export const intended: readonly Intended[] = [
  ...bios,
  ...lengths,
  ...waiting,
  ...answers,
  ...resuming,
  ...wire,
]
