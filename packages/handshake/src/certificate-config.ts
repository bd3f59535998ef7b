/** What rides with a certificate: what we ask the peer for, and how certificates may be compressed. */
import type { Bytes } from '@biopair/wire'

/** A way to compress a Certificate message (RFC 8879 §3). */
export interface CertificateCompression {
  /** The CertificateCompressionAlgorithm: 1 zlib, 2 brotli, 3 zstd. */
  readonly id: number
  readonly name: string
  compress(message: Uint8Array): Bytes
  /**
   * What was compressed. It comes from a stranger: never more than `length` bytes may be made of it, and whatever is not exactly one whole
   * compressed message throws.
   */
  decompress(compressed: Uint8Array, length: number): Bytes
}

export interface CertificateConfig {
  /** Asks for an OCSP response with the peer's certificate: status_request. */
  readonly requestOcsp?: boolean | undefined
  /** Asks for signed certificate timestamps: signed_certificate_timestamp. */
  readonly requestScts?: boolean | undefined
  /** Most preferred first; without any nothing is said of compression, and none is taken. */
  readonly certificateCompression?: readonly CertificateCompression[] | undefined
  /** Bytes of the longest Certificate message that may come out of a compressed one: 102 400. */
  readonly maxCertificateMessage?: number | undefined
}

/** What came, or goes out, with one certificate (RFC 9846 §4.5.1.1). */
export interface Stapled {
  /** DER of an OCSPResponse. */
  readonly ocspResponse: Bytes | undefined
  /** Each a SerializedSCT (RFC 6962 §3.3). */
  readonly scts: readonly Bytes[]
}
