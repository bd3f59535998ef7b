/** `biopair/x509`: certificates, names and paths. */
export * from '@biopair/x509'
