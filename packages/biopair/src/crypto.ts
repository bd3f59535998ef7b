/** `biopair/crypto`: algorithms as rows of data, and what a crypto provider is. */
export * from '@biopair/crypto'
