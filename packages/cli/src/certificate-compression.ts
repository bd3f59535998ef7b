/** -cert_comp: certificate compression (RFC 8879) with node:zlib. */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  inflateSync,
} from 'node:zlib'
import type { CertificateCompression } from '@biopair/ssl'

/** What node:zlib answers with `info`. */
interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/** brotli before zlib: it makes certificates shorter. */
export const certificateCompressions: readonly CertificateCompression[] = [
  {
    id: 2,
    name: 'brotli',
    compress: message => Uint8Array.from(brotliCompressSync(message)),
    decompress: (bytes, length) =>
      whole(bytes, brotliDecompressSync(bytes, bounded(length)) as unknown as Inflated),
  },
  {
    id: 1,
    name: 'zlib',
    compress: message =>
      Uint8Array.from(deflateSync(message, { level: constants.Z_BEST_COMPRESSION })),
    decompress: (bytes, length) =>
      whole(bytes, inflateSync(bytes, bounded(length)) as unknown as Inflated),
  },
]

/** Node makes no more than this, and throws where there would be more. */
function bounded(length: number): { maxOutputLength: number; info: true } {
  return { maxOutputLength: Math.max(1, length), info: true }
}

/** All of the input has to be one compressed message: what stands behind it is none. */
function whole(bytes: Uint8Array, { buffer, engine }: Inflated): Uint8Array<ArrayBuffer> {
  if (engine.bytesWritten !== bytes.length)
    throw new Error(`expected ${engine.bytesWritten} bytes, got ${bytes.length}`)
  return Uint8Array.from(buffer)
}
