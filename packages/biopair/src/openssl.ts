/** `biopair/openssl`: the C names. */
export * from '@biopair/ssl/openssl'
