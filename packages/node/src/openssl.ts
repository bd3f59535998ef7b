/** The C names that need Node: files and descriptors. */
export { BIO_new } from '@biopair/ssl/openssl'
