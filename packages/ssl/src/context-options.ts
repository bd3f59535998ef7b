/** What a context may be told. */
import type { CryptoProvider, Random } from '@biopair/crypto'
import type {
  CertificateCompression,
  CertificateTypeName,
  ClientHelloPolicy,
  Edit,
  FragmentLength,
  Identity,
  PskMode,
  VersionName,
  WantCertificate,
  WantSignature,
} from '@biopair/handshake'
import type { RecordSizingOptions } from '@biopair/record'
import type { Bytes } from '@biopair/wire'
import type {
  CertificateInput,
  Passphrase,
  PolicyInputs,
  Profile,
  PublicKeyInput,
  VerifyLimits,
} from '@biopair/x509'
import type { CallbackContext } from './abort.ts'
import type { Anchors } from './anchors.ts'
import type { StatusOptions } from './certificate-status.ts'
import type { ClientHelloView } from './client-hello-view.ts'
import type { SslContext } from './context.ts'
import type { ChainOption } from './credentials.ts'
import type { DelegatedOption } from './delegation.ts'
import type { EarlyDataCallback } from './early-answers.ts'
import type { Limits } from './limits.ts'
import type { OcspRequestCallback, OcspResponseCallback } from './ocsp-answers.ts'
import type { OidFilterOption } from './oid-filters.ts'
import type { OptionType } from './option-types.ts'
import type { KeyOption } from './own-keys.ts'
import type { PaddingPolicy } from './padding.ts'
import type { PskCallback } from './psk-callback.ts'
import type { PskOption } from './psks.ts'
import type { ReplayStore } from './replay-store.ts'
import type { RevocationOptions } from './revocation-policy.ts'
import type { CheckServerIdentity } from './server-identity.ts'
import type { Session } from './session.ts'
import type { IdentityOption } from './shown-identity.ts'
import type { StapledOptions } from './stapled-options.ts'
import type { SessionCache, TicketSealer } from './tickets.ts'
import type { Trace, TraceKind } from './trace.ts'
import type { VerifyCallback } from './verification.ts'

/** See `SNICallback`. */
export type SniCallback = (
  servername: string | undefined,
  context: CallbackContext,
) => SniAnswer | Promise<SniAnswer>

/**
 * A context whose certificates and keys, ALPN, certificateCallback, signCallback, and everything about verification (ca, requestCert,
 * rejectUnauthorized, verifyCallback, ...) hold from here on. Suites, groups, schemes, limits, tickets, log and trace stay those that the connection
 * began with (as SSL_set_SSL_CTX has it). With `acknowledge: false` the client is not told that its name was used.
 */
export type SniAnswer =
  | SslContext
  | { readonly context?: SslContext | undefined; readonly acknowledge?: boolean | undefined }
  | null
  | undefined

/** What a certificateCallback answers: one of `context.credentials`, an identity whose key is elsewhere, or undefined for none. */
export type IdentityAnswer = Identity | IdentityOption | undefined

/** Options of a context; all may be left out. Names are node:tls's where node:tls has them. */
export interface ContextOptions extends StatusOptions, StapledOptions, RevocationOptions {
  /**
   * Trust anchors: PEM, DER or X509Certificates, or a trust store: `biopair/node` has Node's and the system's. There is no built-in list: a client that verifies has to
   * say whom it believes, here or by `pins`.
   */
  readonly ca?: Anchors | readonly Anchors[]
  /**
   * SHA-256 of public keys (SubjectPublicKeyInfo), `sha256/` and base64 or 32 bytes: the path has to have one of them, at the peer's certificate, an intermediate or the
   * anchor, besides everything else. Without `ca`, the peer's own has to be one, and is enough: its time, name and usages are looked at, what is above it and
   * its signature are not.
   */
  readonly pins?: readonly (string | Uint8Array)[]
  /**
   * Certificate chain, leaf first; several for several key types or names. PEM, DER or an X509Certificate each, or a list of these that is one chain. A bundle in another
   * order is put in order, where the key says which is the leaf and the others follow from it.
   */
  readonly cert?: CertificateInput | readonly ChainOption[]
  /** Private key of each `cert`: PEM, DER, JWK or KeyObject, or `{ pem, passphrase }`. None where each `cert` is PEM with its key beside it. */
  readonly key?: KeyOption | readonly KeyOption[]
  /** Of keys that are encrypted (PBES2); node:tls's name. It takes as long as the file says. */
  readonly passphrase?: Passphrase
  /** Private keys that are shown by themselves, without a certificate (RFC 7250), where `serverCertTypes` or `clientCertTypes` say so; each `key` serves so too. */
  readonly rawKey?: KeyOption | readonly KeyOption[]
  /**
   * How the server's key may be shown, most preferred first: `['x509']`. With `rpk` a client takes, and a server shows, a raw public key. The
   * server's preference decides.
   */
  readonly serverCertTypes?: readonly CertificateTypeName[]
  /** How the client's key may be shown, in the same way: a client has these types, a server takes them. */
  readonly clientCertTypes?: readonly CertificateTypeName[]
  /**
   * Raw public keys that are believed, as SubjectPublicKeyInfo, PEM or DER: nobody else's is, unless a verifyCallback says so. Such a key says
   * nothing about names: whoever has it is believed under every one (RFC 9846 appendix F.9).
   */
  readonly rawPublicKeys?: PublicKeyInput | readonly PublicKeyInput[]
  /** Takes delegated credentials (RFC 9345) whose keys sign with these schemes; none unless given, and never `rsa_pss_rsae_*`. */
  readonly delegatedSigalgs?: string | readonly string[]
  /** Delegated credentials to show in the place of a `cert`'s own key, to peers that take them. `SslContext.setDelegatedCredentials` changes them. */
  readonly delegatedCredentials?: readonly DelegatedOption[]
  /** Cipher suites of both versions, most preferred first: `TLS_AES_128_GCM_SHA256:...` or a list. Those of TLS 1.2 may have OpenSSL's names. A version without one is not spoken. */
  readonly ciphers?: string | readonly string[]
  /** Groups for key exchange, most preferred first: `X25519MLKEM768:x25519:P-256` or a list. */
  readonly groups?: string | readonly string[]
  /** node:tls's name for `groups`. */
  readonly ecdhCurve?: string | readonly string[]
  /** Groups that a client sends key shares for; by default the first, and beside a hybrid the first that is none. */
  readonly keyShares?: string | readonly string[]
  /** Signature schemes that we verify, most preferred first. */
  readonly sigalgs?: string | readonly string[]
  /** Signature schemes that we verify in certificates, where they are others than `sigalgs`: sent as signature_algorithms_cert. */
  readonly certificateSigalgs?: string | readonly string[]
  /** The oldest version that is spoken: `maxVersion`. TLS 1.2 is not spoken unless this, or `maxVersion`, says so. */
  readonly minVersion?: VersionName
  /** The newest version that is spoken: TLSv1.3. */
  readonly maxVersion?: VersionName
  /** Client of TLS 1.2 alone: says that it has tried a newer version before (RFC 7507): false. A server that has one refuses it. */
  readonly fallbackScsv?: boolean
  /** TLS 1.2: whether a peer has to have extended_master_secret (RFC 7627): true. Without it there is no exporter and no channel binding. */
  readonly requireExtendedMasterSecret?: boolean
  /** Protocols, most preferred first (RFC 7301). */
  readonly ALPNProtocols?: readonly string[]
  /**
   * Server: sees each ClientHello before anything is decided. To go on, it answers nothing; to refuse, it throws or rejects: a TlsAlert
   * goes out as it is, anything else is internal_error. Asked once, and once more (`hello.retried`) after a HelloRetryRequest.
   */
  readonly clientHelloCallback?: (
    hello: ClientHelloView,
    context: CallbackContext,
  ) => void | Promise<void>
  /**
   * Server: the context for the name that the client asks for; undefined where it named nobody. Asked once per handshake, after
   * `clientHelloCallback` and before ALPN. Nothing (undefined, null) stays with the context at hand. To refuse, throw a TlsAlert, `unrecognized_name` for instance.
   */
  readonly SNICallback?: SniCallback
  /** Server: chooses among the client's protocols; undefined refuses them all, null goes on without one. Overrides `ALPNProtocols`. */
  readonly ALPNCallback?: (
    offer: {
      readonly servername: string | undefined
      readonly protocols: readonly string[]
    },
    context: CallbackContext,
  ) => string | null | undefined | Promise<string | null | undefined>
  /** Server: asks the client for a certificate. `later`: it is asked after the handshake, by `requestCertificate`, and a session that is resumed holds what it showed then. */
  readonly requestCert?: boolean | 'later'
  /** DER names of the authorities whose certificates would do, as the peer is told. A server says those of `ca` unless said otherwise; a client none. */
  readonly requestAuthorities?: readonly Uint8Array[]
  /** Server: extensions that a client's certificate has to have (RFC 9846 §4.3.5), as the client is told. */
  readonly oidFilters?: readonly OidFilterOption[]
  /** Client: whether the server may ask for a certificate after the handshake, `cert` or `certificateCallback`: false. Never with HTTP/2 (RFC 9113 §9.2.3). */
  readonly postHandshakeAuth?: boolean
  /** Whether a peer that is not believed ends the handshake: true. */
  readonly rejectUnauthorized?: boolean
  /** Chooses the certificate to show; undefined for none. */
  readonly certificateCallback?: (
    want: WantCertificate,
    context: CallbackContext,
  ) => IdentityAnswer | Promise<IdentityAnswer>
  /**
   * The OCSP response to show with our certificate, now: null for none. Asked once per handshake, where the peer asks for one; in place of
   * `ocspResponse`.
   */
  readonly ocspRequestCallback?: OcspRequestCallback
  /**
   * Client that asked for a response: whether it will do, or none (undefined). Asked once the server's Finished is verified, but not of a session that is
   * resumed; beside what `ocsp` makes of it.
   */
  readonly ocspResponseCallback?: OcspResponseCallback
  /** Asks the peer for signed certificate timestamps (RFC 6962). They are handed on, `Ssl.scts`, and not judged. */
  readonly requestSCT?: boolean
  /** Ways to compress certificates, most preferred first (RFC 8879): none. `biopair/node` has those of node:zlib. */
  readonly certificateCompression?: readonly CertificateCompression[]
  /** Signs in place of `key`. */
  readonly signCallback?: (want: WantSignature, context: CallbackContext) => Bytes | Promise<Bytes>
  /** Sees the verdict on the peer's chain and has the last word. */
  readonly verifyCallback?: VerifyCallback
  /**
   * Client: whether a chain that is believed names the server, in place of our own look at its names; undefined if so, an Error if not. `verifyNames` are still
   * demanded. `checkServerIdentity` of this package is the usual one.
   */
  readonly checkServerIdentity?: CheckServerIdentity
  /** An anchor that is not self-signed ends a path. */
  readonly allowPartialTrustChain?: boolean
  /** Bits of the smallest RSA key that is believed: 2048. */
  readonly minimumRsaBits?: number
  readonly verifyLimits?: Partial<VerifyLimits>
  /** Certificates of good chains that are remembered, with the signatures that were found good; everything else about them is judged each time. 256; 0 remembers none. */
  readonly verifyCache?: number
  /** What certificates have to be beyond what RFC 5280 §6.1 looks at: `rfc5280`, nothing. */
  readonly verifyProfile?: Profile
  /** What is asked of certificate policies (RFC 5280 §6.1.1): nothing. */
  readonly verifyPolicies?: PolicyInputs
  /** Milliseconds since 1970: when a chain has to be valid; `now` unless said otherwise. */
  readonly verifyTime?: number
  /** Primitives: noble, which runs everywhere, unless told otherwise. */
  readonly crypto?: CryptoProvider
  /** Where every random byte comes from; a seed makes a run repeat to the byte. */
  readonly random?: Random
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Tickets that a server issues after a full handshake: 2, at most 32; after a resumption one takes the place of the one that was used. They never hold up a handshake. TLS 1.2 has one in its handshake, or an id, unless this is 0. */
  readonly numTickets?: number
  /** Seconds: 7200. At most 604800; at most 86400 in TLS 1.2. */
  readonly ticketLifetime?: number
  /**
   * Server: 48 bytes (16 of name, 32 of key), to share tickets between servers; drawn once per context where absent. Of several the
   * first seals, and all open. `SslContext.setTicketKeys` changes them.
   */
  readonly ticketKeys?: Uint8Array | readonly Uint8Array[]
  /**
   * Server: when tickets go out. `at_once`, behind the handshake and blocking nothing, is the default; `with_first_write`, behind the first data; `on_demand`,
   * when newSessionTicket is called; `never` also resumes no session.
   */
  readonly ticketPolicy?: 'at_once' | 'with_first_write' | 'on_demand' | 'never'
  /** Server: keeps sessions here, and a ticket (in TLS 1.2, a session id) is a name of 32 random bytes, instead of sealing them into the ticket. */
  readonly sessionCache?: SessionCache
  /** Server: seals tickets and opens them, in the place of `ticketKeys`. */
  readonly ticketSealer?: TicketSealer
  /** Server with a `sessionCache`: a session is resumed once. False: a client that is not ours may come back with one ticket several times. */
  readonly singleUseTickets?: boolean
  /**
   * Server: bytes of early data (0-RTT) that each ticket permits and each connection takes; 0, which is the default, takes none. Whatever comes has to be read with
   * `readEarly`, and may have been sent by somebody who only recorded it: see docs/recipes.md before it is set. At most `limits.earlyData`.
   */
  readonly maxEarlyData?: number
  /** Server: milliseconds by which a ClientHello with early data may come before or after the time that its ticket's age says: 10 000. */
  readonly earlyDataWindow?: number
  /** Server: knows which early data has been taken; one in memory for each context where absent, and none with `singleUseTickets`, which are enough. */
  readonly replayStore?: ReplayStore
  /** Server: has a say in whether early data is taken; asked before the `replayStore`. */
  readonly earlyDataCallback?: EarlyDataCallback
  /** Server: sessions of one context are not resumed in another (SSL_CTX_set_session_id_context(3)), where both have the same keys or cache. ASCII. */
  readonly sessionIdContext?: string
  /** Client: how many tickets to ask for, after a full handshake and after a resumption (RFC 9149). 0 to 255. */
  readonly ticketRequest?: { readonly newSessions: number; readonly resumptions: number }
  /** How pre-shared keys may be used, tickets included: `psk_dhe_ke`. `psk_ke` gives up forward secrecy. */
  readonly pskModes?: readonly PskMode[]
  /** Keys that both ends were given; one whose identity a client offers replaces certificates in both directions, client certificates included. */
  readonly psks?: readonly PskOption[]
  /** Gives such keys by name, now or later. */
  readonly pskCallback?: PskCallback
  /** Server of TLS 1.2: told to every client that may use such a key, to help it choose one (RFC 4279 §5.2); bytes, or ASCII text. */
  readonly pskIdentityHint?: string | Uint8Array
  /** Client: whether tickets are of use; ids of TLS 1.2 are all the same. True. */
  readonly tickets?: boolean
  /** Client: is told of each ticket, and in TLS 1.2 of each session. */
  readonly onSession?: (session: Session) => void
  /** Client: how its ClientHello looks: order of extensions, GREASE, padding. It says nothing of what is offered: that are `ciphers`, `groups`, `keyShares`, `sigalgs`. */
  readonly clientHello?: ClientHelloPolicy
  /** Middlebox compatibility mode (RFC 9846 appendix E.4): true. */
  readonly middleboxCompat?: boolean
  /** Server: when a HelloRetryRequest carries a cookie: never, and with `cookieKeys` whenever there is one. */
  readonly cookie?: 'never' | 'with_retry' | 'always'
  /**
   * Server: keeps nothing between the two ClientHellos of a HelloRetryRequest. Its cookie, authenticated with these 32 bytes, holds what has to be known, and whoever has the
   * same keys goes on with the second (`Ssl.stateless`). Of several the first seals, and all open. `SslContext.setCookieKeys` changes them.
   */
  readonly cookieKeys?: Uint8Array | readonly Uint8Array[]
  /** Server: seconds that such a cookie is good for: 60. At most 3600. */
  readonly cookieLifetime?: number
  /** Lines of the key log (RFC 9850), without a newline. Whoever has them reads everything. */
  readonly keylog?: (line: string) => void
  /** Is told what happens, on a timeline, without secrets. An error that it throws ends the connection with internal_error. */
  readonly trace?: Trace
  /** The events that it is told: all. */
  readonly traceEvents?: readonly TraceKind[]
  /**
   * Puts secrets into the trace: `secret` and `key` events then hold theirs, and tickets are whole. Whoever has them reads everything.
   * `'messages'` is for tickets alone.
   */
  readonly traceSecrets?: boolean | 'messages'
  /** The last word on each message of ours, for replays and tests. */
  readonly edit?: Edit
  readonly limits?: Partial<Omit<Limits, 'maxMessage'>>
  /**
   * The longest record that we take, its content type and padding counted, from 64 (RFC 8449): 16 385, which is TLS 1.3's own. A client
   * says so, a server answers; each then keeps to what the other said. 0 says nothing.
   */
  readonly recordSizeLimit?: number
  /**
   * Client: asks that no record has more content than this, in either direction: 512, 1024, 2048 or 4096 (RFC 6066 §4). A server that knows record_size_limit hears
   * of the same length there, and what it takes itself is its own affair.
   */
  readonly maxFragmentLength?: FragmentLength
  /** Hides how long content is: none unless said otherwise. */
  readonly padding?: PaddingPolicy
  /** Small records first, then large ones (`{}` for what is usual); unless given, records are as large as they may be. */
  readonly recordSizing?: RecordSizingOptions
}

/** What each may be. */
export const optionTypes: Readonly<Record<keyof ContextOptions, OptionType>> = {
  ca: 'text, bytes, an object or a list of them',
  pins: 'list of strings or byte arrays',
  cert: 'text, bytes, an object or a list of them',
  key: 'text, bytes, an object or a list of them',
  passphrase: 'text or bytes',
  rawKey: 'text, bytes, an object or a list of them',
  serverCertTypes: 'list of strings',
  clientCertTypes: 'list of strings',
  rawPublicKeys: 'text, bytes, an object or a list of them',
  delegatedSigalgs: 'string or list of strings',
  delegatedCredentials: 'list of objects',
  ciphers: 'string or list of strings',
  groups: 'string or list of strings',
  ecdhCurve: 'string or list of strings',
  keyShares: 'string or list of strings',
  sigalgs: 'string or list of strings',
  certificateSigalgs: 'string or list of strings',
  minVersion: 'string',
  maxVersion: 'string',
  fallbackScsv: 'boolean',
  requireExtendedMasterSecret: 'boolean',
  ALPNProtocols: 'list of strings',
  clientHelloCallback: 'function',
  SNICallback: 'function',
  ALPNCallback: 'function',
  requestCert: 'boolean or string',
  requestAuthorities: 'list of byte arrays',
  oidFilters: 'list of objects',
  postHandshakeAuth: 'boolean',
  rejectUnauthorized: 'boolean',
  certificateCallback: 'function',
  signCallback: 'function',
  requestOCSP: 'boolean',
  ocsp: 'string',
  ocspResponse: 'Uint8Array or a list of them, undefined for none',
  ocspRequestCallback: 'function',
  ocspResponseCallback: 'function',
  crl: 'text, bytes, an object or a list of them',
  revocation: 'string',
  revocationScope: 'string',
  peerOcspResponses: 'list of byte arrays',
  requestSCT: 'boolean',
  scts: 'list of byte arrays or of lists of them',
  certificateCompression: 'list of objects',
  verifyCallback: 'function',
  checkServerIdentity: 'function',
  allowPartialTrustChain: 'boolean',
  minimumRsaBits: 'whole number',
  verifyLimits: 'object',
  verifyCache: 'whole number',
  verifyProfile: 'string',
  verifyPolicies: 'object',
  verifyTime: 'whole number',
  crypto: 'object',
  random: 'function',
  now: 'function',
  numTickets: 'whole number',
  ticketLifetime: 'whole number',
  ticketKeys: 'Uint8Array or a list of them',
  ticketPolicy: 'string',
  sessionCache: 'object',
  ticketSealer: 'object',
  singleUseTickets: 'boolean',
  maxEarlyData: 'whole number',
  earlyDataWindow: 'whole number',
  replayStore: 'object',
  earlyDataCallback: 'function',
  sessionIdContext: 'string',
  ticketRequest: 'object',
  pskModes: 'list of strings',
  psks: 'list of objects',
  pskCallback: 'function',
  pskIdentityHint: 'text or bytes',
  tickets: 'boolean',
  onSession: 'function',
  clientHello: 'object',
  middleboxCompat: 'boolean',
  cookie: 'string',
  cookieKeys: 'Uint8Array or a list of them',
  cookieLifetime: 'whole number',
  keylog: 'function',
  trace: 'function',
  traceEvents: 'list of strings',
  traceSecrets: 'boolean or string',
  edit: 'function',
  limits: 'object',
  recordSizeLimit: 'whole number',
  maxFragmentLength: 'whole number',
  padding: 'whole number or function',
  recordSizing: 'object',
}

/** And those of `recordSizing`. */
export const sizingTypes: Readonly<Record<keyof RecordSizingOptions, OptionType>> = {
  small: 'whole number',
  after: 'whole number',
  idle: 'whole number',
}
