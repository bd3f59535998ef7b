/** What we ask to ride with the peer's certificate, and what the peer asks of ours (RFC 9846 §4.5.1.1, RFC 8879 §3). */
import type { CertificateCompression, CertificateConfig } from '../certificate-config.ts'
import { type ExtensionsOf, writeExtension } from '../extensions/index.ts'
import type { RawExtension } from '../messages/index.ts'

/** The extensions of a ClientHello or a CertificateRequest that ask for it. */
export function certificateWishes(
  message: 'ClientHello' | 'CertificateRequest',
  config: CertificateConfig,
): RawExtension[] {
  const { requestOcsp, requestScts, certificateCompression = [] } = config
  const wishes: RawExtension[] = []
  if (requestOcsp)
    wishes.push(
      message === 'ClientHello'
        ? // RFC 6066 §8: whoever answers, and nothing beside.
          writeExtension(message, 'status_request', {
            status_type: 'ocsp',
            request: { responder_id_list: [], request_extensions: new Uint8Array(0) },
          })
        : writeExtension(message, 'status_request', {}),
    )
  if (requestScts) wishes.push(writeExtension(message, 'signed_certificate_timestamp', {}))
  if (certificateCompression.length > 0)
    wishes.push(
      writeExtension(message, 'compress_certificate', {
        algorithms: certificateCompression.map(({ id }) => id),
      }),
    )
  return wishes
}

/** What may ride with our certificate, since the peer has asked for it. */
export interface Wishes {
  readonly ocsp: boolean
  readonly scts: boolean
  /** The first of ours that the peer has too. */
  readonly compression: CertificateCompression | undefined
  /** Whom the peer asked for. */
  readonly serverName?: string | undefined
}

/** A peer that asked for nothing. */
export const noWishes: Wishes = { ocsp: false, scts: false, compression: undefined }

/** What a ClientHello or a CertificateRequest asks for. */
export function wishesOf(
  asked: ExtensionsOf<'ClientHello'> | ExtensionsOf<'CertificateRequest'>,
  { certificateCompression = [] }: CertificateConfig,
  serverName?: string,
): Wishes {
  const { status_request: status, compress_certificate: compress } = asked
  const theirs = compress?.algorithms ?? []
  return {
    // RFC 6066 §8: another type of status is nothing that we know.
    ocsp: status !== undefined && !('status_type' in status && status.status_type !== 'ocsp'),
    scts: asked.signed_certificate_timestamp !== undefined,
    compression: certificateCompression.find(({ id }) =>
      theirs.some(their => number(their) === id),
    ),
    serverName,
  }
}

/** The codec names the algorithms that RFC 8879 names. */
function number(algorithm: string | number): number {
  return typeof algorithm === 'number'
    ? algorithm
    : ((algorithms as Record<string, number>)[algorithm] ?? 0)
}

const algorithms = { zlib: 1, brotli: 2, zstd: 3 } as const
