/** Certificate compression with node:zlib (RFC 8879), for the option `certificateCompression`. */
import zlib from 'node:zlib'
import type { CertificateCompression } from '@biopair/ssl'

/** What a decompressor of node:zlib answers with `info`. */
interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}
type Compress = (bytes: Uint8Array) => Uint8Array
type Decompress = (bytes: Uint8Array, options: object) => unknown

/** zlib (1). */
export const zlibCertificates: CertificateCompression = compression(
  1,
  'zlib',
  bytes => zlib.deflateSync(bytes, { level: 9 }),
  zlib.inflateSync,
)

/** brotli (2): the shortest of the three. */
export const brotliCertificates: CertificateCompression = compression(
  2,
  'brotli',
  zlib.brotliCompressSync,
  zlib.brotliDecompressSync,
)

/** zstd (3), where Node has it: from 22.15 on. */
export const zstdCertificates: CertificateCompression | undefined = zstd()

/** Every algorithm that this Node has, the one that makes certificates shortest first. */
export const certificateCompressions: readonly CertificateCompression[] = [
  brotliCertificates,
  ...(zstdCertificates ? [zstdCertificates] : []),
  zlibCertificates,
]

function zstd(): CertificateCompression | undefined {
  const { zstdCompressSync, zstdDecompressSync } = zlib as {
    zstdCompressSync?: Compress
    zstdDecompressSync?: Decompress
  }
  if (!zstdCompressSync || !zstdDecompressSync) return undefined
  return compression(3, 'zstd', zstdCompressSync, zstdDecompressSync)
}

function compression(
  id: number,
  name: string,
  compress: Compress,
  decompress: Decompress,
): CertificateCompression {
  return {
    id,
    name,
    compress: message => Uint8Array.from(compress(message)),
    decompress(compressed, length) {
      // Node throws before it has made more than this, and allocates no more than it makes.
      const options = { maxOutputLength: Math.max(1, length), info: true }
      const { buffer, engine } = decompress(compressed, options) as Inflated
      if (engine.bytesWritten !== compressed.length)
        throw new RangeError(
          `expected ${compressed.length} bytes of ${name}, got ${engine.bytesWritten} and something behind them`,
        )
      return Uint8Array.from(buffer)
    },
  }
}
