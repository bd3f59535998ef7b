/** What package x509 offers. */
export {}
