/** What a flow says to the side that carries its messages: records are one implementation, QUIC another. */
import type {
  AnyCipherSuite,
  AnyGroupName,
  CipherSuite,
  HashName,
  RecordKeys12,
  SignatureSchemeName,
  TrafficSecret,
} from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Stapled } from './certificate-config.ts'
import type { Role } from './flow.ts'
import type { PskKind, PskMode } from './psk.ts'
import type { CertificateTypeName, Shown } from './shown.ts'
import type { NewSession12 } from './tls12/session.ts'

/** The keys that a message travels under (RFC 9846 §2; RFC 9001 §4.1.4). */
export type Level = 'initial' | 'early' | 'handshake' | 'application'

export interface Output {
  /** Sends a whole handshake message, header included. */
  send(level: Level, message: Bytes): void
  /**
   * Changes keys. `read` throws unexpected_message while a partial or unread message is buffered (RFC 9846 §5.1).
   * The secret stays the caller's, who wipes it.
   */
  protect(direction: 'read' | 'write', level: Level, secret: TrafficSecret): void
  /** TLS 1.2 was agreed on: unexpected_message where a change_cipher_spec has come already, and none is passed over any more. */
  speak12(): void
  /**
   * TLS 1.2: changes keys by change_cipher_spec (RFC 5246 §7.1). `write` sends one; for `read` the peer's has to be its next record. `read`
   * throws as that of `protect` does. The keys stay the caller's, who wipes them.
   */
  changeKeys(direction: 'read' | 'write', keys: RecordKeys12): void
  /** What is written goes in the clear again: a second ClientHello behind early data (RFC 9846 §4.2.2). */
  unprotect(): void
  /** The dummy record of RFC 9846 appendix E.4. */
  changeCipherSpec(): void
  /** Whether a change_cipher_spec record of the peer is dropped (RFC 9846 §5). */
  tolerateChangeCipherSpec(tolerate: boolean): void
  /** Early data was refused: up to `limit` bytes of it are passed over (RFC 9846 §4.3.10). */
  skipEarlyData(limit: number): void
  /**
   * record_size_limit was agreed on (RFC 8449 §4): protected records that travel this way at the handshake level and above have at most
   * `limit` bytes of content, type and padding. Messages that were sent but stand in no record yet are held to it; so are
   * records that were opened under the key at hand: record_overflow is thrown where one had more. `all`: as max_fragment_length has it, those in
   * the clear are held to it too, from the next on.
   */
  limitRecords(direction: 'read' | 'write', limit: number, which?: 'all'): void
  /** Everything sent so far may go: the next word is the peer's. */
  endOfFlight(): void
  learn(fact: Fact): void
}

/** What a flow found out, in the order in which it did. */
export type Fact =
  | { readonly fact: 'state'; readonly state: string }
  | { readonly fact: 'client_random'; readonly random: Bytes }
  | { readonly fact: 'server_name'; readonly serverName: string }
  /** `sealed`: all that is known of the ClientHello went into the cookie; `opened`: it came out of one, and the handshake goes on. */
  | {
      readonly fact: 'retry'
      readonly group: AnyGroupName | undefined
      readonly cookie?: 'sealed' | 'opened'
    }
  | { readonly fact: 'suite'; readonly suite: AnyCipherSuite }
  | { readonly fact: 'group'; readonly group: AnyGroupName }
  /** A pre-shared key was agreed on; `chain` is what the peer showed when the session began. */
  | {
      readonly fact: 'psk'
      readonly kind: PskKind
      readonly mode: PskMode
      readonly identity: Bytes
      readonly chain: readonly Bytes[]
      readonly shown: Shown
    }
  /**
   * Early data. A client's: `none`, or `offered` and then `rejected`, or `accepted` and then `over`. A server's: `none`, `rejected`, or `accepted`
   * and then `over`. `limit` in bytes stands beside the first word, and the protocol that the data is for.
   */
  | {
      readonly fact: 'early_data'
      readonly state: 'none' | 'offered' | 'accepted' | 'rejected' | 'over'
      readonly limit?: number
      readonly alpn?: Bytes | undefined
    }
  | { readonly fact: 'alpn'; readonly protocol: Bytes }
  /** QUIC: the peer's (RFC 9001 §8.2). Nobody has proved them before the handshake is over. */
  | { readonly fact: 'transport_parameters'; readonly parameters: Bytes }
  | { readonly fact: 'certificate_request' }
  /** Server: what has become of a request after the handshake; what was learnt of the client is told before it. */
  | {
      readonly fact: 'client_authentication'
      /** Its certificate_request_context. */
      readonly request: Bytes
      readonly came: 'answered' | 'authenticated' | 'declined'
    }
  /** Which type of certificate an end shows, where it was agreed on (RFC 7250). */
  | { readonly fact: 'certificate_type'; readonly of: Role; readonly type: CertificateTypeName }
  | {
      readonly fact: 'certificate'
      readonly of: Role
      readonly chain: readonly Bytes[]
      /** What came with each of the peer's. */
      readonly stapled?: readonly Stapled[]
      readonly shown: Shown
    }
  | { readonly fact: 'signature'; readonly of: Role; readonly scheme: SignatureSchemeName }
  /** A secret for the key log (RFC 9850); wiped by the flow when the call returns, so copy what must last. */
  | { readonly fact: 'keylog'; readonly label: string; readonly secret: Bytes }
  /** resumption_secret, when it is derived; the flow's, as those of the key log. */
  | { readonly fact: 'resumption_secret'; readonly secret: Bytes }
  /** early_exporter_secret, of the first key that was offered. Wiped as those of the key log. */
  | {
      readonly fact: 'early_exporter'
      readonly hash: HashName
      readonly secret: Bytes
      /** Whether it stands in the key log: where there is early data (RFC 9850 §2.2). */
      readonly logged: boolean
    }
  /** The server goes on with another key or with none, or asked for another ClientHello: the early exporter is of no use. */
  | { readonly fact: 'no_early_exporter' }
  | { readonly fact: 'ticket'; readonly ticket: ReceivedTicket }
  /** TLS 1.2: a session goes on; `chain` is what the peer showed when it began. */
  | { readonly fact: 'resumed'; readonly chain: readonly Bytes[]; readonly shown: Shown }
  /** Client of TLS 1.2: a session that may be gone on with later. Told when the server's Finished is verified. */
  | { readonly fact: 'session'; readonly session: NewSession12 }
  | { readonly fact: 'key_update'; readonly direction: 'read' | 'write' }

/** A NewSessionTicket as the client keeps it (RFC 9846 §4.7.1). */
export interface ReceivedTicket {
  readonly ticket: Bytes
  /** HKDF-Expand-Label(resumption_secret, "resumption", ticket_nonce, Hash.length). */
  readonly psk: Bytes
  /** Seconds. */
  readonly lifetime: number
  readonly ageAdd: number
  readonly suite: CipherSuite
  /** Bytes of 0-RTT data that the server takes; 0 for none. */
  readonly maxEarlyData: number
  /** Of the connection that it came on: the server's, leaf first; empty where a key stood in for it. */
  readonly chain: readonly Bytes[]
  readonly shown: Shown
  /** What the session began with. */
  readonly authenticatedBy: 'certificate' | 'psk'
}
