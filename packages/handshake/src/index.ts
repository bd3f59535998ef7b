/** What package handshake offers. */
export {}
