/** `biopair/bio`: bytes that come and go. */
export * from '@biopair/bio'
