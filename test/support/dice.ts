/** Choices that follow from a number: the kit's. */
export { Dice } from '@biopair/testkit'
