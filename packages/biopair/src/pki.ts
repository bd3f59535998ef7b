/** `biopair/pki`: identities that load with a promise: PKCS#12, and keys of Web Crypto. */
export * from '@biopair/x509/pki'
