/** What a handshake is to the world: a generator that yields a `Want` wherever it may have to wait. */

import type { HashName, PublicKey, SignatureScheme } from '@biopair/crypto'
import type { Bytes, TlsAlert } from '@biopair/wire'
import type { CertificateConfig, Stapled } from './certificate-config.ts'
import type { ClientAuthentication, OidFilter } from './config.ts'
import type { JoinedMessage } from './joiner.ts'
import type { ChosenPsk, EarlyGrant, OfferedIdentity, OfferedPsk } from './psk.ts'
import type {
  CertificateStatusFound,
  CertificateTypeName,
  DelegatedIdentity,
  Shown,
} from './shown.ts'
import type { ChosenSession12 } from './tls12/session.ts'

/** A reason to stand still, by name, and the type of the answer that lets the flow go on. */
export interface Want<K extends string, A> {
  readonly want: K
  /** For the type alone. */
  readonly answer?: A
}

/** The next handshake message; `permitted` lists those that the state allows. */
export interface WantMessage extends Want<'message', JoinedMessage> {
  readonly state: string
}

/**
 * A first look at a ClientHello, before anything is decided: the answer is to go on, and whoever does not want to throws. Asked for
 * the second ClientHello too, once it is known to be the first but for what a HelloRetryRequest changes.
 */
export interface WantClientHello extends Want<'client_hello', undefined> {
  /** The whole message, header included: a view that holds until the answer, not to be changed. */
  readonly message: Uint8Array
  readonly retried: boolean
}

/** Who is asked for: undefined where the client named nobody. Once per handshake, before ALPN and the certificate. */
export interface WantServerName extends Want<'server_name', ServerNameAnswer> {
  readonly serverName: string | undefined
}

/** What a server does with a name; left out, what its configuration says. */
export interface ServerNameAnswer
  extends Partial<ClientAuthentication>,
    Pick<CertificateConfig, 'requestOcsp' | 'requestScts'> {
  /** Whether EncryptedExtensions say that the name was used (RFC 6066 §3): they do. */
  readonly acknowledge?: boolean | undefined
}

/** Which protocol a server speaks (RFC 7301 §3.2); `none` leaves the extension out, `refuse` is no_application_protocol. */
export interface WantAlpn extends Want<'alpn', Bytes | 'none' | 'refuse'> {
  readonly offered: readonly Bytes[]
  readonly serverName: string | undefined
}

/** The certificate to show; undefined where there is none (RFC 9846 §4.5.1.2). */
export interface WantCertificate extends Want<'certificate', Identity | undefined> {
  readonly role: Role
  /** Schemes that the peer verifies in CertificateVerify, most preferred first; unknown ones left out. */
  readonly schemes: readonly SignatureScheme[]
  /** Schemes that the peer verifies in certificates. */
  readonly certificateSchemes: readonly SignatureScheme[]
  /** DER names of the authorities that the peer trusts; empty where it did not say. */
  readonly authorities: readonly Bytes[]
  /** Client: extensions that the server wants to see (RFC 9846 §4.3.5); absent or empty where it did not say. */
  readonly filters?: readonly OidFilter[] | undefined
  readonly serverName: string | undefined
  /** Client: the certificate_request_context of a request after the handshake; undefined in it. */
  readonly request?: Bytes | undefined
  /** Types that the peer takes and we have, most preferred first. */
  readonly types: readonly CertificateTypeName[]
  /** TLS 1.2, where all of `schemes` sign handshakes; absent in TLS 1.3. */
  readonly version?: 'TLSv1.2' | undefined
  /** Schemes that the peer takes a delegated credential with; empty where it takes none. */
  readonly delegatedSchemes: readonly SignatureScheme[]
}

/** A signature over `content` by the identity that was shown. */
export interface WantSignature extends Want<'signature', Bytes> {
  readonly identity: Identity
  readonly scheme: SignatureScheme
  readonly content: Bytes
}

/** Whether the peer's chain is to be believed, and the key that its CertificateVerify is checked with. */
export interface WantVerification extends Want<'verification', Verification> {
  readonly role: Role
  readonly chain: readonly Bytes[]
  /** Of a raw public key, or of certificates; with a delegated credential, the key asked for is that one's. */
  readonly shown: Shown
  /**
   * The chain was shown in the handshake of a session that is to be resumed: judged anew, and whoever is not believed any more
   * goes through a full handshake. Its key is not used.
   */
  readonly resuming: boolean
  /** Server: the certificate_request_context of the request after the handshake that this answers; undefined in it. */
  readonly request?: Bytes | undefined
  /** What came with each certificate of the chain. */
  readonly stapled?: readonly Stapled[]
}

/** The OCSP response to show with our certificate, since the peer asks for one; undefined for none (RFC 6066 §8). */
export interface WantOcspRequest extends Want<'ocsp_request', Bytes | undefined> {
  readonly role: Role
  readonly identity: Identity
  /** Whom a client asked for. */
  readonly serverName: string | undefined
}

/** Client: whether what the server stapled will do; asked once its Finished is verified, where a response was asked for. */
export interface WantOcspResponse extends Want<'ocsp_response', boolean> {
  /** DER of an OCSPResponse; undefined where none came. */
  readonly response: Bytes | undefined
}

/** Client: the pre-shared keys to offer, most preferred first; before the first ClientHello, and in TLS 1.2 for the ClientKeyExchange. */
export interface WantPskOffer extends Want<'psk_offer', readonly OfferedPsk[]> {
  /** Of our suites: keys of others are of no use. */
  readonly hashes: readonly HashName[]
  /** TLS 1.2, where it is asked behind the server's choice of a suite; absent in TLS 1.3. */
  readonly version?: 'TLSv1.2' | undefined
  /** TLS 1.2: psk_identity_hint, which may be empty (RFC 4279 §5.2). */
  readonly hint?: Bytes | undefined
}

/** Server: the key of one of the client's identities; undefined for none, and a full handshake. Once per handshake. */
export interface WantPsk extends Want<'psk', ChosenPsk | undefined> {
  readonly identities: readonly OfferedIdentity[]
  /** Of the suites that both ends have: keys of others are of no use. */
  readonly hashes: readonly HashName[]
  readonly serverName: string | undefined
  /** TLS 1.2, where there is one identity and no session; absent in TLS 1.3. */
  readonly version?: 'TLSv1.2' | undefined
}

/** Server of TLS 1.2: the session that a client would go on with; undefined for none, and a full handshake. Once per handshake. */
export interface WantSession extends Want<'session', ChosenSession12 | undefined> {
  /** legacy_session_id: of the session, or made up beside a ticket. */
  readonly id: Bytes
  /** What stands in session_ticket; empty for none. */
  readonly ticket: Bytes
  readonly serverName: string | undefined
}

/** Server: whether a key that may be used once may still be; asked when its binder is right. */
export interface WantPskClaim extends Want<'psk_claim', boolean> {
  readonly identity: Bytes
}

/**
 * Server: whether early data is taken, and this ClientHello for the first time: whoever records them is asked (RFC 9846 §8.2).
 * False refuses the data, never the handshake.
 */
export interface WantEarlyData extends Want<'early_data', boolean> {
  readonly grant: EarlyGrant
  /** Of the key that is used, verified: no other ClientHello has it. */
  readonly binder: Bytes
  readonly serverName: string | undefined
}

export type AnyWant =
  | WantMessage
  | WantClientHello
  | WantServerName
  | WantPskOffer
  | WantPsk
  | WantPskClaim
  | WantSession
  | WantEarlyData
  | WantAlpn
  | WantCertificate
  | WantSignature
  | WantVerification
  | WantOcspRequest
  | WantOcspResponse

/** The answer that the want of a name asks for. */
export type AnswerTo<K extends AnyWant['want']> = AnswerOf<Extract<AnyWant, { want: K }>>

type AnswerOf<W> = W extends Want<string, infer A> ? A : never

export type Role = 'client' | 'server'

/** A certificate chain and what its key can do. */
export interface Identity {
  /** DER, leaf first. Of a raw public key, its SubjectPublicKeyInfo alone. */
  readonly chain: readonly Bytes[]
  /** The schemes that the key can sign with. */
  readonly schemes: readonly SignatureScheme[]
  /** The OCSP response to show with it, DER. */
  readonly ocspResponse?: Bytes | undefined
  /** The timestamps to show with it, each a SerializedSCT (RFC 6962 §3.3). */
  readonly scts?: readonly Bytes[] | undefined
  /** `x509` unless it says otherwise; one of those that were asked for. */
  readonly type?: CertificateTypeName | undefined
  /** What signs in place of the leaf's key, where the peer takes that. */
  readonly delegated?: DelegatedIdentity | undefined
}

export type Verification =
  | {
      readonly trusted: true
      readonly key: PublicKey
      /** What was made of the OCSP response that came along: a session remembers it. */
      readonly status?: CertificateStatusFound | undefined
    }
  | { readonly trusted: false; readonly alert: TlsAlert }

/** A handshake, or a part of one, that ends in a `T`. Only the driver resumes it. */
export type Flow<T> = Generator<AnyWant, T, never>

/** Yields a want and types its answer. */
export function* ask<W extends AnyWant>(want: W): Flow<AnswerTo<W['want']>> {
  return (yield want) as AnswerTo<W['want']>
}

/** Starts a flow. */
export function start<T>(flow: Flow<T>): IteratorResult<AnyWant, T> {
  return flow.next(undefined as never)
}

/** Resumes a flow with the answer to the want that it stands at. */
export function resume<T, K extends AnyWant['want']>(
  flow: Flow<T>,
  _want: K,
  answer: AnswerTo<K>,
): IteratorResult<AnyWant, T> {
  return flow.next(answer as never)
}
