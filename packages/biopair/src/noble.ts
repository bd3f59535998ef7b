/** `biopair/noble`: the portable crypto provider. */
export { noble } from '@biopair/crypto/noble'
