/** `biopair/ssl`: the SSL object and its context. */
export * from '@biopair/ssl'
