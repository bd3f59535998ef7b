/** A test peer that plays a server which hears early data: accepts it, rejects it, or answers wrong. */
import { type CipherSuite, cipherSuites } from '@biopair/crypto'
import { certificates, type RawExtension, readExtension, writeExtension } from '@biopair/handshake'
import type { Session, SslContext } from '@biopair/ssl'
import { type Bytes, deriveSecret, digest, stages } from './key-schedule.ts'
import type { PeerIdentity } from './peer-identity.ts'
import { ServerPeer } from './server-peer.ts'

/** A session that permits early data, begun by a key, so that no chain has to be judged. */
export function earlySession(of: Partial<Session> = {}): Session {
  return {
    ticket: Uint8Array.of(1, 2, 3),
    psk: new Uint8Array(32).fill(7),
    suite: cipherSuites.TLS_AES_128_GCM_SHA256,
    received: Date.now(),
    lifetime: 7200,
    ageAdd: 5,
    maxEarlyData: 100,
    serverName: 'server.example',
    alpn: undefined,
    chain: [],
    shown: certificates,
    authenticatedBy: 'psk',
    ...of,
  }
}

export class EarlyServerPeer extends ServerPeer {
  readonly #session: Session
  #accepts = false

  constructor(context: SslContext, identity: PeerIdentity, session: Session) {
    super(context, identity, 'server.example', { session })
    this.#session = session
    this.suite = session.suite as CipherSuite
  }

  protected override onMessage(name: string, raw: Bytes): void {
    super.onMessage(name, raw)
    const { hash, handshakeSecrets } = this
    if (name === 'ClientHello' && this.offersEarlyData) {
      const { early } = stages(hash, new Uint8Array(32), this.#session.psk)
      this.read('early', deriveSecret(hash, early, 'c e traffic', digest(hash, raw)))
    }
    if (name === 'EndOfEarlyData' && handshakeSecrets)
      this.read('handshake', handshakeSecrets.client)
  }

  /** Whether the last ClientHello has early_data. */
  get offersEarlyData(): boolean {
    return readExtension('ClientHello', 'early_data', this.hello?.extensions ?? []) !== undefined
  }

  /** Our client goes on under its early key until EndOfEarlyData. */
  override takeHandshakeKeys(secret: Bytes): void {
    if (!this.#accepts) super.takeHandshakeKeys(secret)
    else this.write(this.deriveHandshake(secret).server)
  }

  /** ServerHello with one of the client's keys, or none. */
  answer(selected: number | undefined, psk: Uint8Array = this.#session.psk, accepts = true): void {
    this.#accepts = accepts
    this.psk = selected === undefined ? undefined : psk
    const extension =
      selected === undefined
        ? []
        : [writeExtension('ServerHello', 'pre_shared_key', { selected_identity: selected })]
    this.sendServerHello(hello => ({ ...hello, extensions: [...hello.extensions, ...extension] }))
  }
}

export const earlyData: RawExtension = writeExtension('EncryptedExtensions', 'early_data', {})
