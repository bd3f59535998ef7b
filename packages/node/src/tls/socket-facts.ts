/** The part of a TLS socket that says what was agreed on, in node:tls's words. */
import { X509Certificate } from 'node:crypto'
import type { CipherNameAndProtocol, DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import { type Ssl, sessionToBytes } from '@biopair/ssl'
import { nodeChain } from './certificates.ts'
import { coded } from './errors.ts'
import { misuse } from './misuse.ts'
import { SocketFace } from './socket-face.ts'

/** node:tls's types and sizes of groups. */
const groupKinds: Readonly<Record<string, { name: string; size: number }>> = {
  x25519: { name: 'X25519', size: 253 },
  x448: { name: 'X448', size: 448 },
  secp256r1: { name: 'prime256v1', size: 256 },
  secp384r1: { name: 'secp384r1', size: 384 },
  secp521r1: { name: 'secp521r1', size: 521 },
}

export abstract class SocketFacts extends SocketFace {
  /** The connection itself, for everything that node:tls has no word for. */
  abstract readonly ssl: Ssl
  readonly encrypted = true

  /** Whether the peer showed a certificate that is believed, for the name that was asked for; false until the handshake is over. */
  get authorized(): boolean {
    return this.ssl.authorized
  }

  /** Why not, as a code: `CERT_HAS_EXPIRED`, ...; null where there is nothing to say. */
  get authorizationError(): string | null {
    if (this.authorized || !this.ssl.connected) return null
    const { verdict } = this.ssl
    if (verdict && !verdict.ok) return verdict.code
    // Nothing was shown: node:tls calls it so where it was asked for.
    return this.ssl.role === 'server' && !this.ssl.context.options.requestCert
      ? null
      : 'UNABLE_TO_GET_ISSUER_CERT'
  }

  /** Null before the handshake is over; false where nothing was agreed on. */
  get alpnProtocol(): string | false | null {
    if (!this.ssl.connected) return null
    return this.ssl.alpnProtocol ?? false
  }

  /** Client: the name that is asked for. Server: that the client asked for, or false. */
  get servername(): string | false {
    return this.ssl.servername ?? false
  }

  getProtocol(): 'TLSv1.2' | 'TLSv1.3' | null {
    return (this.ssl.connected && this.ssl.version) || null
  }

  /** `name` is OpenSSL's, which TLS 1.2 has of its own; `{}` until a suite is agreed on. */
  getCipher(): CipherNameAndProtocol {
    const { cipher, version } = this.ssl
    if (!cipher) return {} as CipherNameAndProtocol
    const name = 'alias' in cipher ? cipher.alias : cipher.name
    return { name, standardName: cipher.name, version } as CipherNameAndProtocol
  }

  /** Client: the group of the key exchange; `{}` before, null for a server. */
  getEphemeralKeyInfo(): { type?: string; name?: string; size?: number } | null {
    if (this.ssl.role === 'server') return null
    const { group } = this.ssl
    if (group === undefined) return {}
    const known = groupKinds[group]
    return known ? { type: 'ECDH', ...known } : { type: 'KEM', name: group }
  }

  /** `{}` where the peer showed none. With `detailed`, `issuerCertificate` leads along the chain that it showed. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate
  getPeerCertificate(detailed?: boolean): PeerCertificate
  getPeerCertificate(detailed = false): PeerCertificate {
    return this.#object(this.ssl.peerCertificates, detailed) as PeerCertificate
  }

  /** Our own, as getPeerCertificate has the peer's. */
  getCertificate(): PeerCertificate | object {
    return this.#object(this.ssl.ownCertificates, false)
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const [leaf] = this.ssl.peerCertificates
    return leaf && new X509Certificate(leaf)
  }

  getX509Certificate(): X509Certificate | undefined {
    const [leaf] = this.ssl.ownCertificates
    return leaf && new X509Certificate(leaf)
  }

  /** Client: the last ticket that came, as bytes for the option `session`; the event 'session' tells of each. They want the care of a private key. */
  getSession(): Buffer | undefined {
    const { session } = this.ssl
    return session && Buffer.from(sessionToBytes(session))
  }

  isSessionReused(): boolean {
    return this.ssl.resumed
  }

  /** Keying material (RFC 9846 §7.5); no context and an empty one are the same in TLS 1.3. */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return Buffer.from(this.ssl.exportKeyingMaterial(length, label, context))
  }

  /** False: the size of records is the option `recordSizing`, or the peer's `recordSizeLimit`. */
  setMaxSendFragment(_size: number): boolean {
    return false
  }

  /** TypeError (ERR_STATE_MACHINE_STARTED): the name is in the ClientHello, which is out. */
  setServername(_name: string): never {
    throw misuse(
      'ERR_STATE_MACHINE_STARTED',
      'setServername: the handshake has begun; give the option servername',
    )
  }

  /** Client: the last ticket that came; undefined for none. It wants the care of a private key. */
  getTLSTicket(): Buffer | undefined {
    const { session } = this.ssl
    return session && Buffer.from(session.ticket)
  }

  /** There is no renegotiation in TLS 1.3, and none of ours in TLS 1.2: the callback is told, and false returned. `socket.keyUpdate()` changes keys. */
  renegotiate(_options: object, callback?: (error: Error) => void): false {
    const error = Object.assign(new Error('there is no renegotiation'), {
      code: 'ERR_SSL_WRONG_SSL_VERSION',
    })
    if (callback) process.nextTick(callback, error)
    return false
  }

  /** There is none to disable. */
  disableRenegotiation(): void {}

  /** TypeError (ERR_STATE_MACHINE_STARTED): a trace begins with the ClientHello. */
  enableTrace(): never {
    throw misuse(
      'ERR_STATE_MACHINE_STARTED',
      'enableTrace: the handshake has begun; give the option enableTrace',
    )
  }

  /** Error (ERR_METHOD_NOT_IMPLEMENTED): no use of it is safe in TLS 1.3. `ssl.channelBinding('tls-exporter')` (RFC 9266) is what binds something to a connection. */
  getFinished(): never {
    throw missing('getFinished', "ssl.channelBinding('tls-exporter')")
  }

  /** Error, as `getFinished`. */
  getPeerFinished(): never {
    throw missing('getPeerFinished', "ssl.channelBinding('tls-exporter')")
  }

  /** Error (ERR_METHOD_NOT_IMPLEMENTED): `clientHelloCallback` sees what a client offers, `ssl.peerSignatureScheme` is what was used. */
  getSharedSigalgs(): never {
    throw missing('getSharedSigalgs', 'clientHelloCallback, or ssl.peerSignatureScheme')
  }

  /** Error (ERR_METHOD_NOT_IMPLEMENTED): `SNICallback` or `certificateCallback` choose what is shown. */
  setKeyCert(_context: object): never {
    throw missing('setKeyCert', 'SNICallback or certificateCallback')
  }

  #object(chain: readonly Uint8Array[], detailed: boolean): PeerCertificate | object {
    return nodeChain(chain, this.ssl.context, detailed)
  }
}

function missing(name: string, instead: string): Error {
  return coded('ERR_METHOD_NOT_IMPLEMENTED', `${name}: there is none here, use ${instead}`)
}
