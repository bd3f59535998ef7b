/** The bytes that a schedule writes, as in libssl.c. */

export const longest = 1 << 17
/** Where a write begins moves on with what was taken, so that a repeated one has the very same bytes. */
export const turn = 4096
export const pattern = Uint8Array.from({ length: longest + turn }, (_, i) => i * 31 + (i >> 8))
