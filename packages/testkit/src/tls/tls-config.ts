/** What a client and a server of TLS are set to, as plain data. */
import type { AeadName, CipherSuiteName, GroupName } from '@biopair/crypto'
import type { KeyKind } from '../keys.ts'

/** Both ends of a connection, and how far it goes. What a version does not have is left out by that version. */
export interface TlsConfig {
  readonly version: 'TLSv1.3' | 'TLSv1.2'
  /** Of TLS 1.3. */
  readonly suite: CipherSuiteName
  /** Of TLS 1.2: its suite has this, and the rest is as the certificate is. */
  readonly aead12: AeadName
  readonly group: GroupName
  /** The server's certificate. */
  readonly certificate: KeyKind
  /** The client's, where the server asks for one; `unasked` is that it does not ask. */
  readonly client: KeyKind | 'none' | 'unasked'
  /** The client sends a share of another group first, in vain. */
  readonly retry: boolean
  readonly cookie: 'never' | 'with_retry' | 'always'
  readonly alpn: boolean
  readonly tickets: number
  readonly middleboxCompat: boolean
  readonly maxFragment: number
  /** Whether a session before is gone on with, or a key that both were given takes the place of certificates. */
  readonly resume: 'no' | 'ticket' | 'psk'
  /** With a ticket: whether the client sends early data, and the server reads it, leaves it unread for as long as it can, or refuses it. */
  readonly early: 'no' | 'read' | 'unread' | 'refused'
  /** Bytes that the client says, and the server. */
  readonly says: readonly [client: number, server: number]
  /**
   * Until when both are stepped: until both have said goodbye, or the handshake alone. `tickets` is the handshake as OpenSSL counts it: a server is done
   * when its tickets are taken, and a client that is done does not read.
   */
  readonly until: 'goodbye' | 'handshake' | 'tickets'
}

/** A connection without anything special. */
export const plainTls: TlsConfig = {
  version: 'TLSv1.3',
  suite: 'TLS_AES_128_GCM_SHA256',
  aead12: 'aes-128-gcm',
  group: 'x25519',
  certificate: 'p256',
  client: 'unasked',
  retry: false,
  cookie: 'never',
  alpn: false,
  tickets: 2,
  middleboxCompat: true,
  maxFragment: 16_384,
  resume: 'no',
  early: 'no',
  says: [20, 30],
  until: 'goodbye',
}

/** What is other than plain. */
export function unlikePlain(config: TlsConfig): Partial<TlsConfig> {
  const same = (name: string, value: unknown) =>
    JSON.stringify(value) === JSON.stringify(plainTls[name as keyof TlsConfig])
  return Object.fromEntries(Object.entries(config).filter(([name, value]) => !same(name, value)))
}

/** Whether the client sends early data. */
export function sendsEarly({ version, resume, early }: TlsConfig): boolean {
  return version === 'TLSv1.3' && resume === 'ticket' && early !== 'no'
}
