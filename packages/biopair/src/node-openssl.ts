/** `biopair/node/openssl`: the C names that need Node. */
export * from '@biopair/node/openssl'
