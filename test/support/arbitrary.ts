/** Values of any codec, generated from its shape: the kit's. */
export { arbitraryOf } from '@biopair/testkit'
