/** Signed certificate timestamps as they are carried, not judged: lists in certificates and OCSP responses (RFC 6962 §3.3). */
import type { Certificate } from './certificate.ts'
import { attempt, DerReader, tags } from './der.ts'
import type { Extension } from './extensions.ts'
import { isX509Failure } from './failure.ts'
import type { OcspResponse } from './ocsp.ts'

const inCertificate = '1.3.6.1.4.1.11129.2.4.2'
const inOcspResponse = '1.3.6.1.4.1.11129.2.4.5'

/**
 * The timestamps of a SignedCertificateTimestampList, each as it is; undefined for what is none.
 *
 *     opaque SerializedSCT<1..2^16-1>;
 *     struct { SerializedSCT sct_list <1..2^16-1>; } SignedCertificateTimestampList;
 */
export function readSctList(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 2 || view.getUint16(0) !== bytes.length - 2) return undefined
  const list: Uint8Array[] = []
  for (let at = 2; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined
    const length = view.getUint16(at)
    const end = at + 2 + length
    if (length === 0 || end > bytes.length) return undefined
    list.push(bytes.subarray(at + 2, end))
    at = end
  }
  return list.length > 0 ? list : undefined
}

/** The timestamps that a certificate has inside; none where it has no list, or one that cannot be read. */
export function certificateScts({ extensions }: Certificate): readonly Uint8Array[] {
  return listed(extensions, inCertificate)
}

/** The timestamps in an OCSP response's answers. */
export function ocspScts({ basic }: OcspResponse): readonly Uint8Array[] {
  return (basic?.responses ?? []).flatMap(({ extensions }) => listed(extensions, inOcspResponse))
}

function listed(extensions: readonly Extension[], oid: string): readonly Uint8Array[] {
  const extension = extensions.find(one => one.oid === oid)
  if (!extension) return []
  const inner = attempt('RFC 6962 3.3', () => {
    const from = new DerReader(extension.value)
    const bytes = from.content(tags.OCTET_STRING, 'SignedCertificateTimestampList')
    from.finish('SignedCertificateTimestampList')
    return bytes
  })
  return isX509Failure(inner) ? [] : (readSctList(inner) ?? [])
}
