/** The package that people install: SSL over BIOs, every BIO, and the portable crypto provider; nothing of Node. */
export * from '@biopair/bio'
export { noble } from '@biopair/crypto/noble'
export * from '@biopair/ssl'
