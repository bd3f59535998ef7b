/** A BIO pair that counts what goes through it: the kit's. */
export { CountingHalf, countingPair } from '@biopair/testkit'
