/** `biopair/more-groups`: x448, ffdhe2048 and ffdhe3072 in JavaScript, for who asks for them. */
export * from '@biopair/crypto/more-groups'
