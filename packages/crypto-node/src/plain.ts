/** A Buffer as a plain Uint8Array: `Buffer.slice` shares memory where `Uint8Array.slice` copies, and callers wipe slices. */
import type { Buffer } from 'node:buffer'
import type { Bytes } from '@biopair/crypto'

/** The same bytes as a Uint8Array of their own: a view, or a copy where the Buffer lies in node's shared pool. */
export function plain(buffer: Buffer<ArrayBuffer>): Bytes {
  if (buffer.buffer.byteLength !== buffer.length) return Uint8Array.from(buffer)
  return new Uint8Array(buffer.buffer)
}

/** base64url, as a JWK has it. For public values: a string cannot be wiped. */
export function base64url(bytes: Uint8Array): string {
  return globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/** The bytes of a base64url string. */
export function fromBase64url(text: string | undefined): Bytes {
  return Uint8Array.from(globalThis.Buffer.from(text ?? '', 'base64url'))
}
