/** What an extension is: an id, a name, and the messages it may stand in (RFC 9846 section 4.3). */
import type { Codec } from '@biopair/wire'

/** The messages that carry extensions. A HelloRetryRequest counts as one of its own. */
export type ExtensionMessage =
  | 'ClientHello'
  | 'ServerHello'
  | 'HelloRetryRequest'
  | 'EncryptedExtensions'
  | 'CertificateRequest'
  | 'Certificate'
  | 'NewSessionTicket'
  /** A ClientHello that TLS 1.2 is read from: what it has besides, TLS 1.3 passes over unread. */
  | 'ClientHello12'
  /** A ServerHello of TLS 1.2 (RFC 5246 §7.4.1.3). */
  | 'ServerHello12'

/** A row of the table of §4.3: for each message that the extension may stand in, what its data is there. */
export interface Extension {
  readonly id: number
  readonly name: string
  readonly in: { readonly [M in ExtensionMessage]?: Codec<unknown> }
}
