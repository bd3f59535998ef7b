/** A Certificate message on its way, compressed or not (RFC 8879 §4). */
import { type Bytes, encode, TlsAlert } from '@biopair/wire'
import type { CertificateCompression, CertificateConfig } from '../certificate-config.ts'
import type { Flow } from '../flow.ts'
import {
  Certificate,
  CompressedCertificate,
  decodeMessage,
  type MessageType,
} from '../messages/index.ts'
import type { Talk } from '../talk.ts'

/** What a CompressedCertificate has beside what was compressed. */
const overhead = 2 + 3 + 3

/** Sends a Certificate: compressed where the peer takes that, and it gets shorter. The transcript has what was sent (RFC 8879 §4). */
export function sendCertificate(
  talk: Talk,
  certificate: Certificate,
  compression: CertificateCompression | undefined,
): void {
  if (!compression) return void talk.send(Certificate, certificate)
  const plain = encode(Certificate.body, certificate)
  const compressed_certificate_message = compression.compress(plain)
  const { length } = compressed_certificate_message
  if (length === 0 || length + overhead >= plain.length)
    return void talk.send(Certificate, certificate)
  talk.send(CompressedCertificate, {
    algorithm: compression.id,
    uncompressed_length: plain.length,
    compressed_certificate_message,
  })
}

/** Where a Certificate may stand, a compressed one may as well, if we said that we take it. */
export function certificateTypes({
  certificateCompression = [],
}: CertificateConfig): readonly MessageType<Certificate | CompressedCertificate>[] {
  return certificateCompression.length > 0 ? [Certificate, CompressedCertificate] : [Certificate]
}

/** Waits in `state` for a Certificate, in either form. */
export function* receiveCertificate(
  talk: Talk,
  state: string,
  config: CertificateConfig,
): Flow<Certificate> {
  const { message } = yield* talk.receiveOneOf(state, ...certificateTypes(config))
  return certificateOf(message, config)
}

/** The Certificate that came, decompressed if need be. */
export function certificateOf(
  message: Certificate | CompressedCertificate,
  config: CertificateConfig,
): Certificate {
  if ('certificate_list' in message) return message
  const { certificateCompression = [], maxCertificateMessage = 102_400 } = config
  const { algorithm, uncompressed_length: length, compressed_certificate_message } = message
  const compression = certificateCompression.find(({ id }) => id === algorithm)
  if (!compression)
    throw new TlsAlert('illegal_parameter', {
      reason: 'BAD_COMPRESSION_ALGORITHM',
      section: 'RFC 8879 4',
      why: `expected ${certificateCompression.map(({ name }) => name).join(' or ')}, got algorithm ${algorithm}`,
    })
  // RFC 8879 §4: "the same limit as if no compression were used", before a byte is decompressed.
  if (length > maxCertificateMessage)
    throw bad(`expected at most ${maxCertificateMessage} bytes, got ${length} announced`)
  return decodeMessage(
    Certificate,
    decompressed(compression, compressed_certificate_message, length),
  )
}

function decompressed(compression: CertificateCompression, bytes: Bytes, length: number): Bytes {
  let plain: Bytes
  try {
    plain = compression.decompress(bytes, length)
  } catch (cause) {
    throw bad(
      `expected ${length} bytes in ${compression.name}, got what does not decompress`,
      cause,
    )
  }
  if (plain instanceof Uint8Array && plain.length === length) return plain
  throw bad(`expected ${length} bytes in ${compression.name}, got ${plain?.length}`)
}

function bad(why: string, cause?: unknown): TlsAlert {
  return new TlsAlert('bad_certificate', {
    reason: 'BAD_DECOMPRESSION',
    section: 'RFC 8879 4',
    why,
    cause,
  })
}
