/** How an end's key is shown: in certificates or by itself, and whether another key stands in for it (RFC 7250, RFC 9345). */
import type { SignatureScheme } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'

/** The certificate types of TLS 1.3: `rpk` is a raw public key. OpenPGP is not one any more (RFC 9846 §4.5.1). */
export type CertificateTypeName = 'x509' | 'rpk'

/** What a chain's bytes do not say of themselves. */
export interface Shown {
  /** `rpk`: the chain is one SubjectPublicKeyInfo, and there are no certificates. */
  readonly type: CertificateTypeName
  /** The DelegatedCredential that the leaf came with, as it came; its key signed in place of the leaf's. */
  readonly delegated: Bytes | undefined
  /** What an OCSP response that came along was found to say; absent where none came, or nobody read it. It is kept, since the response is not. */
  readonly status?: CertificateStatusFound | undefined
}

/** `bad` is whatever is not believably good. */
export type CertificateStatusFound = 'good' | 'bad'

/** Certificates, and nothing in their place. */
export const certificates: Shown = { type: 'x509', delegated: undefined }

/** A delegated credential of ours. Whoever has its key can stand in for the certificate until it expires. */
export interface DelegatedIdentity {
  /** A DelegatedCredential (RFC 9345 §4), encoded. */
  readonly credential: Bytes
  /** Its dc_cert_verify_algorithm: what its key signs with. */
  readonly scheme: SignatureScheme
}
