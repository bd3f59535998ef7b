/** What `@biopair/testkit/fuzz` offers: targets, null crypto, mutators, corpora and a loop. */

export { Dice } from '../seeds/dice.ts'
export { mutateBytes } from './byte-mutator.ts'
export { Finding, findingKey } from './finding.ts'
export {
  type CoverageProbe,
  type FuzzFinding,
  type FuzzOptions,
  type FuzzReport,
  fuzz,
  programOf,
} from './fuzz.ts'
export type { FuzzSubject, FuzzTarget, Mutator } from './fuzz-target.ts'
export { mutateBody, mutateMessage } from './message-mutator.ts'
export { minimise } from './minimise.ts'
export { nullTag } from './null-aead.ts'
export { nothingIsSecret, nullSignature, unsafeNullCrypto } from './null-crypto.ts'
export { mutateStream } from './stream-mutator.ts'
export { type FuzzName, fuzzNames, fuzzSubjects } from './targets.ts'
