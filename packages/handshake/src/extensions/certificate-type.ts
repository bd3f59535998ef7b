/** CertificateType, which both certificate type extensions speak of (RFC 7250; RFC 9846 section 4.5.1). */
import { enumerated, uint8 } from '@biopair/wire'

/** `enum { X509(0), OpenPGP_RESERVED(1), RawPublicKey(2), (255) } CertificateType;` */
export const CertificateType = enumerated(
  uint8,
  { X509: 0, OpenPGP_RESERVED: 1, RawPublicKey: 2 },
  { unknown: 'keep' },
)
