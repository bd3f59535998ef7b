/** `biopair/web`: TLS over what the web carries bytes with, as two streams; nothing of Node. */
export * from '@biopair/web'
