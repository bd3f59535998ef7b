/** The alias for bytes that leave us. */

/** Bytes that we own and hand out: they fit `WebSocket.send` and WebCrypto, which refuse shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>
