/** `biopair/node/tls`: TLS over any Node stream, in node:tls's words. */
export * from '@biopair/node/tls'
