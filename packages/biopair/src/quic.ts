/** `biopair/quic`: TLS for a QUIC implementation, and the keys of its packets. */
export * from '@biopair/ssl/quic'
